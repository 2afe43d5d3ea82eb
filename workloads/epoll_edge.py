"""Multiplexing with epoll, edge-triggered: be told once per change, then drain until EAGAIN.

    application          kernel
    epoll_wait ───────▶  nothing new: the thread sleeps               phase 1: wait, for all at once
             ◀─────────  something new arrived on these
    read(fd) ─────────▶  data is there
             ◀─────────  the data is copied to the application        phase 2: copy data
    read(fd) ─────────▶  nothing left
             ◀─────────  EAGAIN: only now may epoll_wait be trusted again

With EPOLLET the kernel reports that data *arrived*, not that data *is there*. What was left unread at the
last report is not reported again, so a program that reads one message and goes back to waiting can sleep
for ever next to a full channel. The rule (epoll(7)): descriptors in non-blocking mode, and read until
EAGAIN. That last read fails on purpose. It buys fewer wake-ups, and with several threads on one epoll each
event wakes one of them only.

What is copied: as with ``epoll``: 12 bytes in per registration, 12 bytes out per ready descriptor, and the
payload. The read that ends with EAGAIN copies nothing.

When to use it: servers that read all they can anyway, or that share one epoll among threads. nginx, Go's
network poller and tokio do. Level-triggered is easier to get right and costs one wake-up more.

What to look for in the trace: exactly one EAGAIN per drained descriptor. If the feeder is faster than the
program (``--interval 0``), several payload reads come before each EAGAIN.
"""

import os
import select

from workloads.inbox import Inbox
from workloads.job import Job
from workloads.program import main


def receive(job: Job) -> None:
    with job.measured():
        waiting = {inbox.fd: inbox for inbox in job.inboxes}
        epoll = select.epoll()
        for fd in waiting:
            os.set_blocking(fd, False)
            epoll.register(fd, select.EPOLLIN | select.EPOLLET)
        while waiting:
            for fd, _ in epoll.poll():
                drain(waiting[fd])
                if waiting[fd].complete:
                    del waiting[fd]


def drain(inbox: Inbox) -> None:
    """Read until the kernel has nothing left."""
    try:
        while True:
            inbox.take(os.read(inbox.fd, inbox.wanted))
    except BlockingIOError:
        return


if __name__ == "__main__":
    main("epoll-edge", receive)
