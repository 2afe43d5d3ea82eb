"""One thread's part of the timeline: which lines are its own, and running sums of them at every `BLOCK` lines.

A picture of any stretch needs sums up to any moment. They are kept for every 16th line only; the rest is added up
from the lines themselves when it is asked for. That costs 4 + 92/16 = 9.75 bytes a line (and up to a quarter more
of room to grow), and a picture of W cells costs W searches and at most 16 W lines, however long the run was.

One thread appends and others read: a block is published last, and what it stands for never changes.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

BLOCK: Final = 16
"""Lines from one kept sum to the next."""

SUMS: Final = (
    "user", "before_blocked", "before_runnable", "kernel", "blocked", "runnable",
    "bytes_in", "bytes_out", "calls", "failed", "wasted", "wakeups", "signals",
)  # fmt: skip
"""What is summed: times in ns, bytes, numbers of lines. All are whole numbers, so float64 sums are exact."""
TIMES: Final = SUMS[:6]
AMOUNTS: Final = 8
"""The first of SUMS may be large; the rest are numbers of lines."""


class Growing:
    """An array that grows at its end. Readers keep what they got."""

    def __init__(self, kind: Any, width: int | None = None) -> None:
        self.count = 0
        self._room = np.empty((0,) if width is None else (0, width), kind)

    def append(self, values: NDArray[Any]) -> None:
        """Add `values`; the count changes last."""
        count = self.count + len(values)
        if count > len(self._room):
            more = max(count + 16, len(self._room) * 5 // 4)
            room = np.empty((more, *self._room.shape[1:]), self._room.dtype)
            room[: self.count] = self._room[: self.count]
            self._room = room
        self._room[self.count : count] = values
        self.count = count

    @property
    def array(self) -> NDArray[Any]:
        """All so far; not to be changed."""
        count = self.count
        return self._room[:count]

    @property
    def bytes(self) -> int:
        """Memory it takes."""
        return int(self._room.nbytes)


class Track:
    """The lines of one thread in their order, which is that of time."""

    def __init__(self) -> None:
        self.lines = Growing(np.uint32)
        """Numbers of its lines."""
        self.amounts = Growing(np.float64, AMOUNTS)
        self.numbers = Growing(np.uint32, len(SUMS) - AMOUNTS)
        """Of every block: the sums of all lines before it, in the order of SUMS."""
        self.starts = Growing(np.int64)
        """Of every block: when its first line begins (CLOCK_MONOTONIC ns); ascending."""
        self.end_ns = 0
        """When its last line ended; later is not known."""
        self._total = np.zeros(len(SUMS))
        self._latest = -(1 << 62)

    @property
    def bytes(self) -> int:
        """Memory it takes."""
        return self.lines.bytes + self.amounts.bytes + self.numbers.bytes + self.starts.bytes

    def before(self, blocks: Ints) -> Floats:
        """The sums of all lines before each of `blocks`, by block and SUMS."""
        return np.concatenate((self.amounts.array[blocks], self.numbers.array[blocks]), axis=1)

    def segments(self, count: int) -> Ints:
        """Where the next `count` lines are to be cut so that no piece crosses a block; the first is 0."""
        first = -self.lines.count % BLOCK
        cuts = np.arange(first, count, BLOCK, dtype=np.int64)
        return cuts if first == 0 else np.concatenate((np.zeros(1, np.int64), cuts))

    def append(self, lines: Ints, starts: Ints, end_ns: int, cuts: Ints, sums: Floats) -> None:
        """Add `lines`, which begin at `starts` and of which the last ends at `end_ns`; `sums` are those of the
        pieces that begin at `cuts`."""
        opens = (self.lines.count + cuts) % BLOCK == 0
        upto = self._total + np.cumsum(sums, axis=0) - sums
        latest = np.maximum(np.maximum.accumulate(starts), self._latest)
        self.lines.append(lines.astype(np.uint32))
        self.amounts.append(upto[opens, :AMOUNTS])
        self.numbers.append(upto[opens, AMOUNTS:].astype(np.uint32))
        self.starts.append(latest[cuts[opens]])
        self.end_ns = max(self.end_ns, end_ns)
        self._total = self._total + sums.sum(axis=0)
        self._latest = int(latest[-1])
