"""Multiplexing with epoll, level-triggered: leave the set in the kernel and fetch only what is ready.

    application          kernel
    epoll_ctl(ADD) ───▶  one entry in the interest list, once per client
    epoll_wait ───────▶  the ready list is empty: the thread sleeps   phase 1: wait, for all at once
                         data arrives: its entry joins the ready list
             ◀─────────  the ready entries, nothing else
    read(fd) ─────────▶  data is there
             ◀─────────  the data is copied to the application        phase 2: copy data

The interest list is a red-black tree inside the kernel; it is told about a client once. A file that becomes
ready puts its own entry on the ready list, so epoll_wait looks at nothing that is idle, and its cost grows
with what is ready, not with what is watched. Level-triggered, the default, means: as long as there is
something left to read, every epoll_wait says so again. It is safe to read one message and come back.

What is copied: 12 bytes in for each epoll_ctl, 12 bytes out for each ready descriptor (struct epoll_event
on x86_64, epoll_ctl(2)), and the payload.

When to use it: many clients in one thread, on Linux. Redis, Node.js, Go's network poller, memcached and
asyncio stand on it (Go and nginx edge-triggered, see ``epoll-edge``).

What to look for in the trace: one epoll_ctl per client at the start, then epoll_wait and read. With more
clients the control bytes per message stay the same, where those of ``select`` and ``poll`` grow.
"""

import os
import select

from workloads.job import Job
from workloads.program import main


def receive(job: Job) -> None:
    with job.measured():
        waiting = {inbox.fd: inbox for inbox in job.inboxes}
        epoll = select.epoll()
        for fd in waiting:
            epoll.register(fd, select.EPOLLIN)
        while waiting:
            for fd, _ in epoll.poll():
                inbox = waiting[fd]
                inbox.take(os.read(fd, inbox.wanted))
                if inbox.complete:
                    del waiting[fd]


if __name__ == "__main__":
    main("epoll", receive)
