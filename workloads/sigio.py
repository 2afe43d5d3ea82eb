"""Signal-driven I/O: go on with something else, and let the kernel send a signal when data is there.

    application          kernel
    F_SETOWN, F_SETSIG, O_ASYNC: "send this process signal 36 when descriptor 5 has data"
    ... works, or sleeps in rt_sigsuspend ...                         phase 1: wait, without asking
             ◀─────────  signal 36 {si_fd=5, POLL_IN}, with a frame
    read(fd) ─────────▶  data is there
             ◀─────────  the data is copied to the application        phase 2: copy data
    read(fd) ─────────▶  EAGAIN: drained

The kernel interrupts the program wherever it is. F_SETSIG (fcntl(2)) asks for a real-time signal instead of
SIGIO: those are queued, one for every arrival, and carry the descriptor in si_fd. Like an edge of epoll, a
signal says that something arrived, so the descriptor is non-blocking and drained until EAGAIN.

A C program reads si_fd in its handler. Python's handlers get the number of the signal only, and a handler
written with ctypes could interrupt the interpreter half-way through anything. So each channel gets a signal
number of its own, which is just as exact, for as many channels as there are numbers (30 on x86_64); with
more of them several share one, and poll tells which it was. With ``--work 0`` the signals are blocked but
inside rt_sigsuspend, otherwise they interrupt the work.

The queue is bounded (RLIMIT_SIGPENDING). When it is full the kernel sends a plain SIGIO that names nobody:
signals were lost, and the only way to go on is to poll the whole set.

What is copied: the payload; and a signal frame out for every signal, about 3 KiB on a CPU with AVX-512, and
in again with rt_sigreturn: far more than the 64 bytes it announces.

When to use it: hardly ever. Signals are slow to deliver and hard to program; ntpd used them to time-stamp
packets at arrival. ``epoll`` replaced them in servers, ``io-uring`` where nothing shall be asked for.

What to look for in the trace: for each message one signal with its si_fd, an rt_sigreturn, a read with the
data and one with EAGAIN; and no call between them while the program works.
"""

import fcntl
import os
import select
import signal
from collections import deque
from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from types import FrameType

from workloads.epoll_edge import drain
from workloads.inbox import Inbox
from workloads.job import Job
from workloads.program import main
from workloads.suspending import only_while_suspended, suspend

NUMBERS = range(signal.SIGRTMIN + 1, signal.SIGRTMAX + 1)


def receive(job: Job) -> None:
    told_by: dict[int, list[Inbox]] = {signal.SIGIO: job.inboxes}
    for position, inbox in enumerate(job.inboxes):
        told_by.setdefault(NUMBERS[position % len(NUMBERS)], []).append(inbox)
    arrived: deque[int] = deque()

    def note(number: int, _frame: FrameType | None) -> None:
        arrived.append(number)

    with job.measured(), nullcontext() if job.work else only_while_suspended(told_by):
        for number, inboxes in told_by.items():
            signal.signal(number, note)
            if number != signal.SIGIO:
                for inbox in inboxes:
                    arm(inbox.fd, number)
        arrived.append(signal.SIGIO)  # nobody was told of what came before
        while not all(inbox.complete for inbox in job.inboxes):
            if arrived:
                for inbox in ready(told_by[arrived.popleft()]):
                    drain(inbox)
            elif job.work:
                job.work.some()
            else:
                suspend()


def arm(fd: int, number: int) -> None:
    """Have the kernel send this process the signal whenever something arrives on ``fd``."""
    fcntl.fcntl(fd, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(fd, fcntl.F_SETSIG, number)
    fcntl.fcntl(fd, fcntl.F_SETFL, os.O_NONBLOCK | os.O_ASYNC)


def ready(inboxes: Sequence[Inbox]) -> Iterable[Inbox]:
    """Those with data. A signal can mean one channel; where it may mean several, ask the kernel."""
    if len(inboxes) == 1:
        return inboxes
    poll = select.poll()
    for inbox in inboxes:
        poll.register(inbox.fd, select.POLLIN)
    found = {fd for fd, _ in poll.poll(0)}
    return [inbox for inbox in inboxes if inbox.fd in found]


if __name__ == "__main__":
    main("sigio", receive)
