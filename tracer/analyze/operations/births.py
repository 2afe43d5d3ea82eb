"""Young threads that may turn out to be helpers of POSIX AIO, and who started them.

A thread's first stop may be recorded before or after the clone that made it, and only the clone says for sure which
thread that was.
"""

from __future__ import annotations

from typing import Final

from tracer.analyze.operations.helpers import Helper, born_by
from tracer.analyze.operations.rows import Event
from tracer.wire import Spawn

_MOST: Final = 1 << 10


class Births:
    """Helpers, and threads that may be, of all processes."""

    def __init__(self) -> None:
        self.threads: dict[int, Helper] = {}
        self._clones: dict[int, Event] = {}
        """By thread: the clone that made it, when its row came first."""
        self._ordinary: set[int] = set()
        """Threads that were seen to be no helpers."""
        self._open: dict[int, None] = {}
        """Threads that let signals in, and so are no helpers, whose clone is not recorded yet."""

    def helps(self, tid: int) -> bool:
        """Whether the thread is a helper, or looks like one: some start others before they do anything else."""
        helper = self.threads.get(tid)
        return helper is not None and (helper.sure or helper.masked)

    def is_sure(self, tid: int) -> bool:
        """Whether the thread has worked on a request."""
        helper = self.threads.get(tid)
        return helper is not None and helper.sure

    def spawned(self, event: Event) -> None:
        """A thread's first stop."""
        if event.nr != Spawn.CLONE or event.tid == event.pid:
            return
        young = self.threads[event.tid] = Helper(event.pid, event.tid, event.args[0], event.at_ns)
        self._open.pop(event.tid, None)
        self._ordinary.discard(event.tid)
        clone = self._clones.pop(event.tid, None)
        if clone is not None:
            self._made(young, clone)

    def cloned(self, event: Event) -> Helper | None:
        """A clone returned in the thread that made it; the thread it made, when that is no helper after all."""
        child = self.threads.get(event.result)
        if child is not None and child.born is None:
            self._made(child, event)
            return None if event.result in self.threads else child
        if event.result not in self._open:
            self._clones[event.result] = event
            _bound(self._clones)
        return None

    def lets_signals_in(self, helper: Helper) -> None:
        """It is none, then."""
        self.rule_out(helper)
        if helper.born is None:
            self._open[helper.tid] = None
            _bound(self._open)

    def rule_out(self, helper: Helper) -> None:
        """It is no helper, whatever it does from now on."""
        self.threads.pop(helper.tid, None)
        self._ordinary.add(helper.tid)

    def is_open(self, tid: int) -> bool:
        """Whether a thread let signals in before its clone was recorded."""
        return tid in self._open

    def seen_refused(self, event: Event) -> Helper | None:
        """A positioned call was tried on a pipe or socket: a helper, should nobody have seen the thread's birth."""
        if event.tid in self._ordinary or event.tid == event.pid:
            return None
        helper = self.threads[event.tid] = Helper(event.pid, event.tid, 0, event.at_ns)
        return helper

    def _made(self, child: Helper, clone: Event) -> None:
        child.born = born_by(clone)
        child.parent = clone.tid
        child.by_helper = self.helps(clone.tid)
        if child.rejected:
            self.rule_out(child)


def _bound(some: dict[int, Event] | dict[int, None]) -> None:
    if len(some) > _MOST:
        some.pop(next(iter(some)))
