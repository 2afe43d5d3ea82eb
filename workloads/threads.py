"""Blocking I/O with a thread for every client: each waits for its own.

    thread of client 0        thread of client 1        kernel
    read(fd) ───────────────────────────────────────▶   sleeps       phase 1, one per thread
                              read(fd) ─────────────▶   sleeps
                              ◀─────────────────────    copied       phase 2

Every thread is the textbook blocking loop of ``blocking``; together they serve all clients at once. What the
single thread lacked is bought with threads: a stack, a scheduler entry and a context switch each. A
thousand clients are a thousand threads, nearly all of them asleep.

What is copied: the payload, once per message. Beside it come the calls that make threads (clone3, mmap for
the stack, mprotect) and those that keep them apart (futex; here also Python's global interpreter lock,
which every read gives up and takes again).

When to use it: some dozens of clients, or libraries that can only block. Apache with mpm_worker, MySQL,
Tomcat before 8, and PostgreSQL (with processes) serve clients so.

What to look for in the trace: one lane per client, each one long dotted floor; no wasted call; the main
thread blocked in futex, waiting for the others to finish.
"""

import os
import threading

from workloads.errors import CannotRun, WorkloadError
from workloads.inbox import Inbox
from workloads.job import Job
from workloads.program import main


def receive(job: Job) -> None:
    failures: list[Exception] = []

    def serve(inbox: Inbox) -> None:
        try:
            while not inbox.complete:
                inbox.take(os.read(inbox.fd, inbox.wanted))
        except (WorkloadError, OSError) as error:
            failures.append(error)

    with job.measured():
        # Daemons, so that Ctrl-C in the main thread ends the program while the others are blocked in read.
        threads = [threading.Thread(target=serve, args=(inbox,), daemon=True) for inbox in job.inboxes]
        for number, thread in enumerate(threads):
            try:
                thread.start()
            except RuntimeError:
                raise CannotRun(f"the system allows no more than {number} threads (ulimit -u)") from None
        for thread in threads:
            thread.join()
    if failures:
        raise failures[0]


if __name__ == "__main__":
    main("threads", receive)
