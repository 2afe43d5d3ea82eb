"""Non-blocking I/O with a pause: ask, and after an empty round sleep, longer every time.

    application          kernel
    read(fd) ─────────▶  no data yet
             ◀─────────  EAGAIN                                       phase 1: wait for data,
    sleep 1 ms ───────▶  the thread sleeps, whatever arrives          asleep between the tries
    read(fd) ─────────▶  data is there (and was, for a while)
             ◀─────────  the data is copied to the application        phase 2: copy data

The pause gives the CPU back, at the price of latency: data that arrives during a pause waits for its end.
The first pause is 1 ms, every further empty round doubles it up to 16 ms, and a message brings it back to
1 ms. A short pause wastes calls, a long one wastes time; no value is right for both.

What is copied: the payload, once per message, and 16 bytes of timespec into the kernel for each sleep.

When to use it: where the kernel offers nothing to wait for, such as a file another program appends to on a
network file system, or a lock in a database. tail -f did it for years, and loops of "try, then sleep(1)" in
scripts do it still. If the descriptor can be polled, ``epoll`` has neither the waste nor the delay.

What to look for in the trace: clock_nanosleep and a failing read in turns, blocked near 100 %, and a
latency of about half the pause where ``blocking`` has some microseconds.
"""

import os
import time

from workloads.job import Job
from workloads.program import main

SHORTEST = 0.001
LONGEST = 0.016


def receive(job: Job) -> None:
    with job.measured():
        for fd in job.fds:
            os.set_blocking(fd, False)
        waiting = list(job.inboxes)
        pause = SHORTEST
        while waiting:
            idle = True
            for inbox in waiting:
                try:
                    inbox.take(os.read(inbox.fd, inbox.wanted))
                    idle = False
                except BlockingIOError:
                    continue
            if idle:
                job.work.some()
                time.sleep(pause)
                pause = min(pause * 2, LONGEST)
            else:
                pause = SHORTEST
                waiting = [inbox for inbox in waiting if not inbox.complete]


if __name__ == "__main__":
    main("nonblocking-backoff", receive)
