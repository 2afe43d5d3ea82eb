"""Non-blocking I/O, spinning: ask again and again, and never sleep.

    application          kernel
    read(fd) ─────────▶  no data yet
             ◀─────────  EAGAIN                                       phase 1: wait for data,
    read(fd) ─────────▶  no data yet                                  in the application, on the CPU
             ◀─────────  EAGAIN
    read(fd) ─────────▶  data is there
             ◀─────────  the data is copied to the application        phase 2: copy data

O_NONBLOCK turns "sleep until there is data" into "say that there is none". The thread keeps control, so one
thread can serve many clients and do other work (``--work``) between two tries. Without other work it burns
a whole CPU to learn, some hundred thousand times a second, that nothing has happened.

What is copied: the payload, once per message. A read that fails with EAGAIN copies nothing; its price is
the way into the kernel and back.

When to use it: only with a reason to own the CPU, such as packet processing with a core of its own (DPDK
and other poll-mode drivers, spinning for a microsecond before sleeping). Otherwise let the kernel wait:
``epoll``. As an accident it is the most common cause of a program that uses 100 % CPU and does nothing.

What to look for in the trace: a dense square wave, thousands of wasted reads per message, blocked near
0 %, user and kernel together near 100 %.
"""

import os

from workloads.job import Job
from workloads.program import main


def receive(job: Job) -> None:
    with job.measured():
        for fd in job.fds:
            os.set_blocking(fd, False)
        waiting = list(job.inboxes)
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
            else:
                waiting = [inbox for inbox in waiting if not inbox.complete]


if __name__ == "__main__":
    main("nonblocking", receive)
