"""Which lines are calls that were held at their entry by whoever stepped the program, and for how long.

A held call begins its work when it is let go on: its `wall_ns` does not include the hold, so without this its
return would be placed too early, by as long as somebody looked at it. Few calls are held, so they are kept apart
from the columns of `Lines`.

One thread adds and others read: what they read is replaced, never changed.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tracer.analyze.tally import Counted
from tracer.wire import Held, Kind

Ints = NDArray[np.int64]
_NONE = np.zeros(0, np.int64)


class HeldLines:
    """The lines of calls that were held, and the calls held that are no line yet. Times in ns."""

    def __init__(self) -> None:
        self._lines: tuple[Ints, Ints] = _NONE, _NONE
        """Numbers, ascending, and how long each was held."""
        self._begun: dict[int, tuple[int, int]] = {}
        """By thread: at_ns of the call it is held at, and since when."""
        self._over: dict[int, tuple[int, int]] = {}
        """By thread: at_ns of the call it is inside, and how long it was held there."""

    def add(self, counted: Counted) -> None:
        """Take in the HELD rows of a batch."""
        columns = counted.columns
        for row in np.flatnonzero(columns.kind == Kind.HELD).tolist():
            thread, at, call = int(counted.thread[row]), int(columns.at_ns[row]), int(columns.args[row, 0])
            begun = self._begun.pop(thread, None)
            if int(columns.nr[row]) == Held.ENTRY:
                self._begun[thread] = call, at
            elif begun is not None and begun[0] == call:
                self._over[thread] = call, at - begun[1]

    def settle(self, first: int, kind: NDArray[np.uint8], thread: NDArray[np.int32], at: Ints) -> None:
        """The lines from `first` on are these: some may be calls that were held."""
        calls = (kind == Kind.CALL) | (kind == Kind.ENTERED)
        found: list[tuple[int, int]] = []
        for code, (call, held) in list(self._over.items()):
            places = np.flatnonzero(calls & (thread == code) & (at == call))
            if len(places):
                del self._over[code]
                found.append((first + int(places[0]), held))
        if found:
            new = np.array(sorted(found), np.int64)
            numbers, times = self._lines
            self._lines = np.concatenate((numbers, new[:, 0])), np.concatenate((times, new[:, 1]))

    @property
    def waiting(self) -> bool:
        """A call that was held is still to become a line."""
        return bool(self._over)

    @property
    def any(self) -> bool:
        """Some line was held."""
        return len(self._lines[0]) > 0

    def of(self, numbers: Ints) -> Ints:
        """How long each of the lines `numbers` was held before it began."""
        lines, times = self._lines
        held = np.zeros(len(numbers), np.int64)
        if len(lines):
            places = np.minimum(np.searchsorted(lines, numbers), len(lines) - 1)
            here = lines[places] == numbers
            held[here] = times[places[here]]
        return held

    def inside(self, thread: int, at_ns: int, now_ns: int) -> int:
        """How long the call that `thread` entered at `at_ns` was held up to `now_ns`; 0 when it was not."""
        call, since = self._begun.get(thread, (0, 0))
        if call == at_ns and since:
            return max(0, now_ns - since)
        call, held = self._over.get(thread, (0, 0))
        return held if call == at_ns else 0
