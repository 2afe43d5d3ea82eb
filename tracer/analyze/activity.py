"""What each thread did over time, in a fixed number of cells: summed beside the totals, in memory that is bounded.

For pictures of a whole recording that are made once. (The timeline of the screen can be asked for any stretch at
any zoom, and keeps an index of every line for it: `tracer.analyze.timeline`.) The convention of where a row's times
lie is the same: user time before the entry; inside the call half the kernel time, then asleep, then waiting for a
CPU, then the other half. What the tracer took lies wherever nothing else does.

A stretch of time that covers whole cells is kept as a step up and a step down, so a thread that sleeps for an hour
costs as little as one that sleeps for a millisecond: what is kept grows with the cells in which something began or
ended, at most one for each thread and cell.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tracer.account.times import column
from tracer.analyze import inside
from tracer.analyze.sums import INDEX
from tracer.analyze.tally import Counted
from tracer.wire import Kind

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

CELLS: Final = 2048
STATES: Final = ("user", "kernel", "blocked", "runnable")
_PARTS: Final = ("user", "before_blocked", "before_runnable", "kernel", "blocked", "runnable")
_CALLS: Final = len(STATES)
_STEPS: Final = _CALLS + 1
_COLUMNS: Final = _STEPS + len(STATES)
_DENSE: Final = 1 << 22
"""Places of a table that is filled by number instead of by sorting."""
_PENDING: Final = 1 << 18


@dataclass(frozen=True, slots=True)
class ThreadActivity:
    """One thread: arrays with an entry for each cell. Times in ns."""

    user: Floats
    kernel: Floats
    blocked: Floats
    runnable: Floats
    calls: Floats
    """Calls that returned in the cell."""

    @property
    def own(self) -> Floats:
        """The program's own time: all but the tracer's."""
        own: Floats = self.user + self.kernel + self.blocked + self.runnable
        return own


class Activity:
    """Sums by thread (place in `Threads.lives`) and cell."""

    def __init__(self, begin_ns: int, end_ns: int, cells: int = CELLS) -> None:
        """Cells from `begin_ns` to `end_ns` (CLOCK_MONOTONIC); what lies outside counts in the nearest."""
        self.begin_ns = begin_ns
        self.end_ns = max(end_ns, begin_ns + 1)
        self.cells = cells
        self._keys: Ints = np.zeros(0, np.int64)
        self._sums: NDArray[np.float32] = np.zeros((0, _COLUMNS), np.float32)
        self._new: list[tuple[Ints, NDArray[np.float32]]] = []
        self._waiting = 0

    @property
    def cell_ns(self) -> float:
        """Width of a cell."""
        return (self.end_ns - self.begin_ns) / self.cells

    def add(self, counted: Counted | None) -> None:
        """Take in what the tally found out about its next batch."""
        if counted is None:
            return
        columns, times = counted.columns, counted.columns.times
        timed = inside.is_timed(columns.kind) & (columns.kind != Kind.SUMS)
        rows = np.flatnonzero(timed & ~inside.provisional(columns.kind, columns.flags))
        parts = [getattr(times, name)[rows] for name in _PARTS]
        at = columns.at_ns[rows]
        self._take(counted.thread[rows], at, parts, at + columns.wall_ns[rows], columns.returned[rows])

    def add_running(self, still_inside: Mapping[int, tuple[int, int, Ints]]) -> None:
        """Take in the calls that had not returned at the end of the recording (`Tally.still_inside`)."""
        for thread, (_, known_ns, sums) in still_inside.items():
            parts = [sums[INDEX[name]].reshape(1).astype(np.int64) for name in _PARTS]
            at = known_ns - parts[3] - parts[4] - parts[5]
            self._take(np.array([thread]), at, parts, np.array([known_ns]), np.zeros(1, np.bool_))

    def of(self, thread: int) -> ThreadActivity:
        """What one thread did."""
        self._compact()
        first = thread * self.cells
        here = slice(*np.searchsorted(self._keys, (first, first + self.cells)).tolist())
        dense = np.zeros((self.cells, _COLUMNS))
        dense[self._keys[here] - first] = self._sums[here]
        dense[:, : len(STATES)] += np.cumsum(np.rint(dense[:, _STEPS:]), axis=0) * self.cell_ns
        return ThreadActivity(*(dense[:, place] for place in range(_STEPS)))

    @property
    def bytes(self) -> int:
        """Memory it takes."""
        return self._keys.nbytes + self._sums.nbytes + sum(k.nbytes + s.nbytes for k, s in self._new)

    def _take(self, thread: Ints, at: Ints, parts: list[Ints], end: Ints, returned: Mask) -> None:
        """Rows: the parts (`_PARTS`) around their entry `at`, and their return."""
        user, slept, queued, kernel, blocked, runnable = parts
        halves = np.where(blocked + runnable > 0, kernel // 2, kernel)
        stretches = (
            (0, at - user - slept - queued, user), (2, at - slept - queued, slept), (3, at - queued, queued),
            (1, at, halves), (2, at + halves, blocked), (3, at + halves + blocked, runnable),
            (1, at + halves + blocked + runnable, kernel - halves),
        )  # fmt: skip
        found: list[tuple[Ints, int, Floats]] = [
            part for state, start, length in stretches for part in self._stretch(thread, state, start, length)
        ]
        some = np.flatnonzero(returned)
        found.append((thread[some] * self.cells + self._cell(end[some]), _CALLS, np.ones(len(some))))
        self._sum(found)

    def _stretch(self, thread: Ints, state: int, start: Ints, length: Ints) -> Iterator[tuple[Ints, int, Floats]]:
        """A stretch in its first and last cell, and steps for the cells between."""
        some = np.flatnonzero(length > 0)
        if not len(some):
            return
        begin = np.clip(start[some] - self.begin_ns, 0, self.end_ns - self.begin_ns).astype(np.float64)
        upto = np.clip(start[some] + length[some] - self.begin_ns, 0, self.end_ns - self.begin_ns).astype(
            np.float64
        )
        base = thread[some] * self.cells
        first, last = self._place(begin), self._place(upto)
        alone = first == last
        width = self.cell_ns
        yield base + first, state, np.where(alone, upto - begin, (first + 1) * width - begin)
        across = np.flatnonzero(~alone)
        if len(across):
            first, last, base = first[across], last[across], base[across]
            yield base + last, state, upto[across] - last * width
            wide = np.flatnonzero(last > first + 1)
            one = np.ones(len(wide))
            yield (base + first + 1)[wide], _STEPS + state, one
            yield (base + last)[wide], _STEPS + state, -one

    def _cell(self, moments: Ints) -> Ints:
        return self._place(np.clip(moments - self.begin_ns, 0, self.end_ns - self.begin_ns).astype(np.float64))

    def _place(self, since: Floats) -> Ints:
        return np.minimum((since / self.cell_ns).astype(np.int64), self.cells - 1)

    def _sum(self, found: list[tuple[Ints, int, Floats]]) -> None:
        key = np.concatenate([keys for keys, _, _ in found])
        place = np.concatenate([np.full(len(keys), place) for keys, place, _ in found])
        value = np.concatenate([values for _, _, values in found])
        if not len(key):
            return
        low, span = int(key.min()), int(key.max()) - int(key.min()) + 1
        if span * _COLUMNS <= _DENSE:
            table = np.bincount((key - low) * _COLUMNS + place, value, span * _COLUMNS).reshape(span, _COLUMNS)
            there = np.flatnonzero(table.any(axis=1))
            self._keep(there + low, table[there].astype(np.float32))
            return
        there, where = np.unique(key, return_inverse=True)
        table = np.bincount(where * _COLUMNS + place, value, len(there) * _COLUMNS).reshape(-1, _COLUMNS)
        self._keep(there, table.astype(np.float32))

    def _keep(self, keys: Ints, sums: NDArray[np.float32]) -> None:
        self._new.append((keys, sums))
        self._waiting += len(keys)
        if self._waiting > _PENDING + len(self._keys):
            self._compact()

    def _compact(self) -> None:
        if not self._new:
            return
        keys = np.concatenate([self._keys, *(keys for keys, _ in self._new)])
        sums = np.concatenate([self._sums, *(sums for _, sums in self._new)])
        order = np.argsort(keys, kind="stable")
        self._keys, firsts = np.unique(keys[order], return_index=True)
        self._sums = np.add.reduceat(sums[order], firsts, axis=0)
        self._new, self._waiting = [], 0


def extent_of(batches: Iterable[pa.RecordBatch]) -> tuple[int, int]:
    """When the first row of a recording begins and when the last ends (CLOCK_MONOTONIC ns); 0, 0 without rows."""
    firsts, lasts = [], []
    for batch in batches:
        if batch.num_rows:
            at = column(batch, "at_ns")
            firsts.append(int(at.min()))
            lasts.append(int((at + column(batch, "wall_ns")).max()))
    return min(firsts, default=0), max(lasts, default=0)
