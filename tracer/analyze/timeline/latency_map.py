"""How long calls took, over time: counts by moment of return and by power of two of their latency.

The latency of a call is what it would have taken untraced (kernel + blocked + runnable), or its kernel time alone.
Counting reads every line in the stretch of time; it is done chunk by chunk, can be stopped between two, and goes on
where it stopped when lines were added. Chunks that lie outside the stretch are skipped without being read.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tracer.analyze.lines.lines import CHUNK, Chunk, Lines
from tracer.wire import Kind

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]
OCTAVES: Final = 44
"""Octave n holds latencies from 2^n up to 2^(n+1) ns, the last more than two hours; octave 0 also those of 0."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be counted: a stretch of time in cells, which calls, which latency."""

    begin_ns: int
    end_ns: int
    cells: int
    name: str | None = None
    """Of the call; None for all."""
    kernel_only: bool = False


@dataclass(frozen=True, slots=True)
class LatencyMap:
    """The counts, by octave and cell."""

    wanted: Wanted
    counts: NDArray[np.uint32]
    done: float = 1.0
    """Which part of the lines has been looked at."""

    @property
    def octaves(self) -> range:
        """From the first to the last octave with a call."""
        seen = np.flatnonzero(self.counts.any(axis=1))
        return range(int(seen[0]), int(seen[-1]) + 1) if len(seen) else range(0)


class Latencies:
    """Counts for one picture after the other; keeps what the last one came to."""

    def __init__(self, lines: Lines, name_of: Callable[[int], str]) -> None:
        """`name_of`: the name of a call by its code."""
        self._lines = lines
        self._name_of = name_of
        self._wanted: Wanted | None = None
        self._counts = np.zeros((OCTAVES, 1), np.uint32)
        self._upto = 0
        self._times: dict[int, tuple[int, int]] = {}
        """First and last return of full chunks, by their number."""

    def count(
        self, wanted: Wanted, stop: Callable[[], bool] = lambda: False, most: int | None = None
    ) -> LatencyMap:
        """The map of `wanted`, of at most `most` lines more than before; `stop` is asked between chunks."""
        if wanted != self._wanted:
            self._wanted, self._upto = wanted, 0
            self._counts = np.zeros((OCTAVES, wanted.cells), np.uint32)
        there = self._lines.count
        upto = there if most is None else min(there, self._upto + most)
        while self._upto < upto and not stop():
            for chunk in self._lines.chunks(self._upto, min(upto, (self._upto // CHUNK + 1) * CHUNK)):
                if self._touches(chunk, wanted.begin_ns, wanted.end_ns):
                    self._add(chunk, wanted)
                self._upto = chunk.last
        return LatencyMap(wanted, self._counts.copy(), self._upto / there if there else 1.0)

    def find(self, wanted: Wanted, cell: int, octaves: range, after: int = -1) -> int | None:
        """The first line behind line `after` counted in these octaves of a cell; None if there is none."""
        span = wanted.end_ns - wanted.begin_ns
        begin = wanted.begin_ns - (cell * -span // wanted.cells)
        end = wanted.begin_ns - ((cell + 1) * -span // wanted.cells)
        first = after + 1 - (after + 1) % CHUNK  # whole chunks: their times are known
        for chunk in self._lines.chunks(first):
            if self._touches(chunk, begin, end):
                places, cells, octave = self._calls(chunk, wanted)
                hits = places[(cells == cell) & (octave >= octaves.start) & (octave < octaves.stop)]
                hits = hits[chunk.first + hits > after]
                if len(hits):
                    return chunk.first + int(hits[0])
        return None

    def _add(self, chunk: Chunk, wanted: Wanted) -> None:
        _, cells, octaves = self._calls(chunk, wanted)
        counts = np.bincount(octaves * wanted.cells + cells, minlength=OCTAVES * wanted.cells)
        self._counts += counts.reshape(OCTAVES, wanted.cells).astype(np.uint32)

    def _calls(self, chunk: Chunk, wanted: Wanted) -> tuple[Ints, Ints, Ints]:
        """The places in the chunk of the calls that are wanted, their cells and their octaves."""
        chosen: Mask = chunk.kind == Kind.CALL
        if wanted.name is not None:
            codes = np.unique(chunk.code)
            chosen &= np.isin(chunk.code, [code for code in codes.tolist() if self._name_of(code) == wanted.name])
        since = self._lines.ends(chunk) - wanted.begin_ns
        span = wanted.end_ns - wanted.begin_ns
        places = np.flatnonzero(chosen & (since >= 0) & (since < span))
        latency = chunk.kernel_ns[places]
        if not wanted.kernel_only:
            latency = latency + chunk.blocked_ns[places] + chunk.runnable_ns[places]
        octave = np.clip(np.frexp(latency)[1].astype(np.int64) - 1, 0, OCTAVES - 1)
        return places, since[places] * wanted.cells // span, octave

    def _touches(self, chunk: Chunk, begin_ns: int, end_ns: int) -> bool:
        """Whether calls of the chunk may have returned in a stretch of time; learns the times of full chunks."""
        number, part = divmod(chunk.first, CHUNK)
        if part or len(chunk.row) < CHUNK:
            return True
        if number not in self._times:
            ends = self._lines.ends(chunk)
            self._times[number] = (int(ends.min()), int(ends.max()))
        first, last = self._times[number]
        return last >= begin_ns and first < end_ns
