"""What lies between two lines, quick enough to be asked at every key: full chunks are added up once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tracer.analyze.lines.lines import CHUNK, FAILED, WASTED, Chunk, Lines


@dataclass(frozen=True, slots=True)
class Stretch:
    """What lies between two lines, both included."""

    elapsed_ns: int
    """From the entry of the first to the entry of the last; negative when the later line began earlier."""
    calls: int
    failed: int
    wasted: int
    user_ns: int
    kernel_ns: int
    blocked_ns: int
    runnable_ns: int
    """The four times, of all threads together."""
    bytes_in: int
    bytes_out: int


_SUMMED: Final = ("user_ns", "kernel_ns", "blocked_ns", "runnable_ns", "bytes_in", "bytes_out")


class Stretches:
    """Sums over the lines of one recording. Calls that never returned count among the calls."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self._full: dict[int, NDArray[np.float64]] = {}
        """By the number of a full chunk's first line."""

    def between(self, one: int, other: int) -> Stretch:
        """Sums from line `one` to line `other` (either may be first), both included. Raises IndexError."""
        first, last = sorted((one, other))
        if not 0 <= first <= last < self._lines.count:
            raise IndexError(f"lines {first} to {last} of {self._lines.count}")
        sums = np.zeros(3 + len(_SUMMED))
        for chunk in self._lines.chunks(first, last + 1):
            sums += self._of(chunk)
        moments = [int(next(self._lines.chunks(line, line + 1)).at_ns[0]) for line in (first, last)]
        calls, failed, wasted, *values = np.rint(sums).astype(np.int64).tolist()
        return Stretch(moments[1] - moments[0], calls, failed, wasted, *values)

    def _of(self, chunk: Chunk) -> NDArray[np.float64]:
        if len(chunk.row) < CHUNK:
            return _sums(chunk)
        if chunk.first not in self._full:
            self._full[chunk.first] = _sums(chunk)
        return self._full[chunk.first]


def _sums(chunk: Chunk) -> NDArray[np.float64]:
    counts = [np.count_nonzero(mask) for mask in (chunk.code, chunk.flags & FAILED, chunk.flags & WASTED)]
    values = [getattr(chunk, name).sum(dtype=np.float64) for name in _SUMMED]
    return np.array([*counts, *values], np.float64)
