"""Which threads are held at the moment by whoever steps the program, and since when those went on that were.

A held thread's call does not count as blocked: it does nothing of its own. Its row says how long it ran before;
what a live view may add to that begins when it went on.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from tracer.analyze.columns import Columns
from tracer.wire import Held, Kind


class Hold(NamedTuple):
    """A thread that is held."""

    pid: int
    tid: int
    since_ns: int
    """CLOCK_MONOTONIC."""
    at_entry: bool
    """Before its call; else after it."""
    row: int
    """The call's row in the recording."""


class Holds:
    """Follows the HELD rows of a recording, batch by batch."""

    def __init__(self) -> None:
        self.now: tuple[Hold, ...] = ()
        """The held threads, in the order they stopped. Replaced, never changed."""
        self.steps = 0
        """How often a thread was held so far."""
        self._gone_on: dict[int, int] = {}
        self._rows = 0

    def add(self, columns: Columns) -> None:
        """Take in the next batch."""
        wanted = columns.kind == Kind.HELD
        if self.now:
            wanted |= columns.kind == Kind.EXIT
        if wanted.any():
            held = {hold.tid: hold for hold in self.now}
            for row in np.flatnonzero(wanted).tolist():
                self._take(columns, row, held)
            self.now = tuple(held.values())
        self._rows += len(columns.kind)

    def gone_on(self, tid: int) -> int:
        """When a thread last went on from being held (CLOCK_MONOTONIC ns); 0 when it never was."""
        return self._gone_on.get(tid, 0)

    def holds(self, tid: int) -> bool:
        """Whether a thread is held."""
        return any(hold.tid == tid for hold in self.now)

    def _take(self, columns: Columns, row: int, held: dict[int, Hold]) -> None:
        tid, at = int(columns.tid[row]), int(columns.at_ns[row])
        held.pop(tid, None)
        if columns.kind[row] == Kind.EXIT:
            return
        where = int(columns.nr[row])
        if where == Held.GOES_ON:
            self._gone_on[tid] = at
        else:
            held[tid] = Hold(int(columns.pid[row]), tid, at, where == Held.ENTRY, self._rows + row - 1)
            self.steps += 1
