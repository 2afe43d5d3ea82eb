"""The three ways in which POSIX AIO tells that a read is complete: a thread, a signal, or being asked.

Each has ``event(index)``, what to put into the request, and ``completed(outstanding)``, the requests that
are complete. A patient one sleeps until there is one; otherwise it returns at once, so that work can go on.
"""

import signal
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from ctypes import c_void_p, cast
from queue import SimpleQueue
from types import FrameType

from workloads import suspending
from workloads.options import Notify
from workloads.posix_aio import SIGEV_NONE, SIGEV_SIGNAL, SIGEV_THREAD, Callback, Read, SigEvent, suspend

COMPLETED = signal.SIGRTMIN + 1
Outstanding = Mapping[int, Read]


class Asking:
    """SIGEV_NONE: nothing tells. The program looks, which is reading memory, or sleeps in aio_suspend."""

    def __init__(self, *, patient: bool) -> None:
        self.patient = patient

    def listening(self) -> AbstractContextManager[None]:
        """Around all the requests."""
        return nullcontext()

    def event(self, _index: int, /) -> SigEvent:
        return SigEvent(notify=SIGEV_NONE)

    def completed(self, outstanding: Outstanding, /) -> list[int]:
        if self.patient:
            suspend(list(outstanding.values()))
        return _finished(outstanding)


class ByThread(Asking):
    """SIGEV_THREAD: glibc starts a thread that calls a function of ours with the number of the request."""

    def __init__(self, *, patient: bool) -> None:
        super().__init__(patient=patient)
        self._done: SimpleQueue[int] = SimpleQueue()
        self._callback = Callback(self._done.put)

    def event(self, index: int, /) -> SigEvent:
        return SigEvent(value=index, notify=SIGEV_THREAD, function=cast(self._callback, c_void_p))

    def completed(self, _outstanding: Outstanding, /) -> list[int]:
        return [self._done.get()] if self.patient or not self._done.empty() else []


class BySignal(Asking):
    """SIGEV_SIGNAL: the helper thread queues a signal to the process.

    It carries the number of the request in si_value, which Python's handlers do not get to see; so after a
    signal every outstanding request is asked. aio_error reads memory and makes no system call.
    """

    def __init__(self, *, patient: bool) -> None:
        super().__init__(patient=patient)
        self._told = False

    def listening(self) -> AbstractContextManager[None]:
        signal.signal(COMPLETED, self._tell)
        return suspending.only_while_suspended([COMPLETED]) if self.patient else nullcontext()

    def event(self, index: int, /) -> SigEvent:
        return SigEvent(value=index, notify=SIGEV_SIGNAL, signo=COMPLETED)

    def completed(self, outstanding: Outstanding, /) -> list[int]:
        if self.patient:
            suspending.suspend()
        if not self._told:
            return []
        self._told = False
        return _finished(outstanding)

    def _tell(self, _number: int, _frame: FrameType | None) -> None:
        self._told = True


def _finished(outstanding: Outstanding) -> list[int]:
    return [index for index, read in outstanding.items() if not read.in_progress]


NOTICES: dict[Notify, Callable[..., Asking]] = {"thread": ByThread, "signal": BySignal, "suspend": Asking}
