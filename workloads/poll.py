"""Multiplexing with poll: hand over an array of descriptors and sleep until one of them is ready.

    application          kernel
    poll(array) ──────▶  looks at every entry
                         none is ready: the thread sleeps             phase 1: wait, for all at once
             ◀─────────  an answer in every entry
    read(fd) ─────────▶  data is there
             ◀─────────  the data is copied to the application        phase 2: copy data

poll is select without the bitmap: an entry of eight bytes (struct pollfd, poll(2)) names a descriptor and
what is asked of it, so any descriptor number will do and there may be as many entries as open files. The
work stays the same: each call brings the whole array in, the kernel asks every file in it, and the
application looks through it afterwards. With n clients every message costs O(n).

What is copied: 8 bytes per client in at each call, and the 2 bytes of its answer out, ready or not; then
the payload.

When to use it: up to some hundred clients, or sets that change with every call. OpenSSH, curl and many
programs with a few descriptors wait so. With thousands of mostly idle clients use ``epoll``.

What to look for in the trace: poll and read in turns; with ``--clients 1000`` compare 8,000 bytes of
control for every wake-up with the 64 bytes of payload they are for, and the kernel time of the call.
"""

import os
import select

from workloads.job import Job
from workloads.program import main


def receive(job: Job) -> None:
    with job.measured():
        waiting = {inbox.fd: inbox for inbox in job.inboxes}
        poll = select.poll()
        for fd in waiting:
            poll.register(fd, select.POLLIN)
        while waiting:
            for fd, _ in poll.poll():
                inbox = waiting[fd]
                inbox.take(os.read(fd, inbox.wanted))
                if inbox.complete:
                    poll.unregister(fd)
                    del waiting[fd]


if __name__ == "__main__":
    main("poll", receive)
