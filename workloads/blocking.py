"""Blocking I/O: ask for data and sleep until it is there.

    application          kernel
    read(fd) ─────────▶  no data yet: the thread is put to sleep      phase 1: wait for data
                         data arrives, the thread is woken
             ◀─────────  the data is copied to the application        phase 2: copy data

Both phases happen inside one call. The thread waits in the kernel and uses no CPU meanwhile, and nothing
else in it can happen either: with several clients this program reads the first to its end, then the next,
and what the others send waits in their channels.

What is copied: the payload, once, out of the kernel. Nothing else crosses the boundary.

When to use it: one source at a time, or a thread or process for each (see ``threads``). It is the simplest
and the cheapest way to wait. cat, dd, tar, most command line tools and database client libraries work so.

What to look for in the trace: one read per message and none that fails; almost all of its time is blocked;
its kernel time is the copy and the wake-up.
"""

import os

from workloads.job import Job
from workloads.program import main


def receive(job: Job) -> None:
    with job.measured():
        for inbox in job.inboxes:
            while not inbox.complete:
                inbox.take(os.read(inbox.fd, inbox.wanted))


if __name__ == "__main__":
    main("blocking", receive)
