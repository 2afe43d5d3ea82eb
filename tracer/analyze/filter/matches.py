"""The lines a list shows, in its order: all of them, those that matched, or the first in another order.

All are frozen: more matches make a new view of the same memory.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, replace
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

LineNumbers = NDArray[np.uint32]
_BLOCK: Final = 1 << 16


class Shown(Protocol):
    """Lines in the order of a list."""

    @property
    def count(self) -> int:
        """How many."""
        ...

    def line(self, position: int) -> int:
        """The line at a position. Raises IndexError."""
        ...

    def position(self, line: int) -> int:
        """Where the line is; of one that is not shown, where the nearest one after it is (or the last)."""
        ...

    def lines(self, start: int, stop: int) -> NDArray[np.int64]:
        """The lines from position `start` up to `stop`."""
        ...


@dataclass(frozen=True)
class AllLines:
    """Every line, in order; it takes no memory."""

    count: int

    def line(self, position: int) -> int:
        """The position itself."""
        if not 0 <= position < self.count:
            raise IndexError(position)
        return position

    def position(self, line: int) -> int:
        """The line itself, or the last."""
        return max(0, min(line, self.count - 1))

    def lines(self, start: int, stop: int) -> NDArray[np.int64]:
        """Just these numbers."""
        return np.arange(start, max(start, min(stop, self.count)))


@dataclass(frozen=True)
class Matches:
    """Lines that match, ascending: four bytes each."""

    count: int
    searched: int
    """Lines looked at, from the first on."""
    _blocks: list[LineNumbers]
    """Full but the last; shared with older and newer views, which see more or less of it."""

    def line(self, position: int) -> int:
        """The line at a position. Raises IndexError."""
        if not 0 <= position < self.count:
            raise IndexError(position)
        return int(self._blocks[position // _BLOCK][position % _BLOCK])

    def position(self, line: int) -> int:
        """Of the line, or of the first match after it, or of the last match."""
        return max(0, min(self.below(line), self.count - 1))

    def below(self, line: int) -> int:
        """How many matches are before `line`."""
        return bisect_left(range(self.count), line, key=self.line)

    def lines(self, start: int, stop: int) -> NDArray[np.int64]:
        """The lines from position `start` up to `stop`."""
        stop = min(stop, self.count)
        parts = []
        while start < stop:
            block, at = self._blocks[start // _BLOCK], start % _BLOCK
            parts.append(block[at : at + stop - start])
            start += len(parts[-1])
        return np.concatenate(parts).astype(np.int64) if parts else np.zeros(0, np.int64)

    def upto(self, line: int) -> Matches:
        """Those before `line`: what a picture of an earlier moment shows."""
        return self if self.searched <= line else replace(self, count=self.below(line), searched=line)


class Collected:
    """Gathers matches; only one thread may."""

    def __init__(self) -> None:
        self._blocks: list[LineNumbers] = []
        self._count = 0
        self._searched = 0

    def add(self, lines: NDArray[np.int64], searched: int) -> None:
        """Take in further matches, ascending, after which lines up to `searched` have been looked at."""
        done = 0
        while done < len(lines):
            at = (self._count + done) % _BLOCK
            if at == 0:
                self._blocks.append(np.empty(_BLOCK, np.uint32))
            part = lines[done : done + _BLOCK - at]
            self._blocks[-1][at : at + len(part)] = part
            done += len(part)
        self._count += done
        self._searched = searched

    @property
    def matches(self) -> Matches:
        """Those so far."""
        return Matches(self._count, self._searched, self._blocks)


@dataclass(frozen=True)
class Backwards:
    """The last first."""

    forwards: Shown

    @property
    def count(self) -> int:
        """As many."""
        return self.forwards.count

    def line(self, position: int) -> int:
        """Counted from the other end. Raises IndexError."""
        if not 0 <= position < self.count:
            raise IndexError(position)
        return self.forwards.line(self.count - 1 - position)

    def position(self, line: int) -> int:
        """Of the line, or of the nearest."""
        return max(0, self.count - 1 - self.forwards.position(line))

    def lines(self, start: int, stop: int) -> NDArray[np.int64]:
        """The lines from position `start` up to `stop`."""
        stop = min(stop, self.count)
        return self.forwards.lines(self.count - stop, self.count - min(start, stop))[::-1]


@dataclass(frozen=True)
class Ranked:
    """Lines in the order of some column: the `ranking` of as many as are worth showing."""

    ranking: LineNumbers
    of: int
    """How many lines were compared."""

    @property
    def count(self) -> int:
        """How many are shown."""
        return len(self.ranking)

    def line(self, position: int) -> int:
        """The line at a position. Raises IndexError."""
        if not 0 <= position < self.count:
            raise IndexError(position)
        return int(self.ranking[position])

    def position(self, line: int) -> int:
        """Of the line; the first place when it is not among them."""
        found = np.flatnonzero(self.ranking == line)
        return int(found[0]) if len(found) else 0

    def lines(self, start: int, stop: int) -> NDArray[np.int64]:
        """The lines from position `start` up to `stop`."""
        return self.ranking[start:stop].astype(np.int64)
