"""The futex words of one process that POSIX AIO uses, told apart by who waits on them and how.

glibc 2.36, rt/aio_misc.c, nptl: idle helpers wait on a condition variable with a time limit by the wall clock; its
mutex is waited for without one, by helpers and callers alike; who sleeps in aio_suspend waits on a word of its own
that no helper ever waits on.
"""

from __future__ import annotations

from collections import deque
from typing import Final, NamedTuple

from tracer.analyze.operations.request import Request
from tracer.analyze.operations.rows import Event

_WAIT, _WAKE, _WAIT_BITSET, _WAKE_BITSET = 0, 1, 9, 10
_COMMAND: Final = 0x7F
_REALTIME: Final = 1 << 8
_MOST_WAKES: Final = 256
_MOST_WORDS: Final = 4096


class _Wake(NamedTuple):
    tid: int
    at_ns: int
    caller_ns: int


class Futexes:
    """The words of one process."""

    def __init__(self) -> None:
        self._idle: set[int] = set()
        """Where helpers wait for work."""
        self._helpers: set[int] = set()
        self._locks: set[int] = set()
        self._sleepers: set[int] = set()
        """Where threads that are no helpers sleep."""
        self._wakes: dict[int, deque[_Wake]] = {}
        """By word: wakes by threads that are no helpers, not taken for a submission yet."""
        self._begun: deque[Request] = deque()
        """Requests whose submission is to be found, in the order helpers went to work on them."""

    def add(self, event: Event, request: Request | None, *, helps: bool) -> None:
        """Take in a futex call; `request`: what the calling helper worked on last."""
        word, command = event.args[0], event.args[1] & _COMMAND
        if command in (_WAKE, _WAKE_BITSET):
            self._woke(word, event, request, helps=helps)
        elif command == _WAIT and not helps:
            self._locks.add(word)
        elif command in (_WAIT, _WAIT_BITSET) and helps:
            self._helpers.add(word)
            if command == _WAIT_BITSET and event.args[1] & _REALTIME:
                self._idle.add(word)
        elif command == _WAIT_BITSET:
            self._sleepers.add(word)

    def begun(self, request: Request) -> None:
        """A helper that was there before went to work on it."""
        self._begun.append(request)

    def drop(self, request: Request) -> None:
        """It was no request after all."""
        if request in self._begun:
            self._begun.remove(request)

    def settle(self, request: Request) -> None:
        """Find the submissions of all requests up to this one, first come first served."""
        if request not in self._begun:
            return
        while self._begun:
            each = self._begun.popleft()
            wake = self._oldest(each.began_ns)
            if wake is not None:
                each.handed_over(*wake)
            if each is request:
                return

    def woken_by(self, request: Request) -> int | None:
        """When the helper woke someone who sleeps in aio_suspend, ns; None: it did not."""
        own = self._sleepers - self._helpers - self._locks - self._idle
        return next((at_ns for word, at_ns in request.wakes if word in own), None)

    def _woke(self, word: int, event: Event, request: Request | None, *, helps: bool) -> None:
        if helps:
            if request is not None and request.over and event.result > 0:
                request.wakes.append((word, event.at_ns))
            return
        wakes = self._wakes.setdefault(word, deque(maxlen=_MOST_WAKES))
        wakes.append(_Wake(event.tid, event.at_ns, event.kernel_ns))
        if len(self._wakes) > _MOST_WORDS:
            self._wakes.pop(next(iter(self._wakes)))

    def _oldest(self, before_ns: int) -> _Wake | None:
        found = [
            (wakes[0].at_ns, word)
            for word, wakes in self._wakes.items()
            if word in self._idle and wakes and wakes[0].at_ns <= before_ns
        ]
        return self._wakes[min(found)[1]].popleft() if found else None
