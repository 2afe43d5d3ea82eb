"""Multiplexing with select: hand over a bitmap of descriptors and sleep until one of them is ready.

    application          kernel
    select(set) ──────▶  looks at every descriptor up to the highest one
                         none is ready: the thread sleeps             phase 1: wait, for all at once
             ◀─────────  the set, with only the ready bits left
    read(fd) ─────────▶  data is there
             ◀─────────  the data is copied to the application        phase 2: copy data

One thread waits for many clients, at the price of a second call per message. The set has no memory in the
kernel: every call brings it in, every return overwrites it, and afterwards the application looks through
all its descriptors for those whose bit is set.

The set is a fixed array of 1024 bits (FD_SETSIZE in glibc, select(2)). A descriptor numbered 1024 or more
has no bit, and a C program that sets it all the same writes beyond the array; this one refuses to start
(``--clients 1100``). What counts is the number of the descriptor, not how many are watched.

What is copied: each of the three sets, readable, writable and exceptional, one bit per descriptor up to the
highest, in and out again, however few of them are ready; then the payload. This program waits for readable
descriptors only, and passes the other two sets empty, as the textbooks do: what is empty
is copied like what is not. (Python's own select.select passes NULL for an empty list and saves those two.)

When to use it: portable programs with a handful of small descriptors, or a wait of less than a millisecond
on an old system. Older network daemons, X clients and many libraries that wait for one descriptor use it.
Beyond some dozens of clients, ``poll`` has no limit and ``epoll`` no copying.

What to look for in the trace: pselect6 (glibc's select makes that call) and read in turns, and the same
bytes of set copied at every call. The Waiting sets tab shows the bitmap, asked and ready, and its end.
"""

import os

from workloads.errors import CannotRun
from workloads.fd_set import FD_SETSIZE, FdSet, select
from workloads.job import Job
from workloads.program import main


def receive(job: Job) -> None:
    highest = max(job.fds)
    if highest >= FD_SETSIZE:
        raise CannotRun(
            f"select cannot watch descriptor {highest}: its set ends at {FD_SETSIZE} "
            "(FD_SETSIZE, select(2)); take fewer --clients, or poll or epoll"
        )
    with job.measured():
        waiting = {inbox.fd: inbox for inbox in job.inboxes}
        watched = FdSet.of(waiting)
        while waiting:
            readable, writable, exceptional = watched.copy(), FdSet(), FdSet()
            if not select(highest + 1, readable, writable, exceptional):
                continue
            for fd, inbox in list(waiting.items()):
                if fd in readable:
                    inbox.take(os.read(fd, inbox.wanted))
                    if inbox.complete:
                        watched.remove(fd)
                        del waiting[fd]


if __name__ == "__main__":
    main("select", receive)
