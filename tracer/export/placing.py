"""Where on a time line the parts of every row lie, so that those of one thread never overlap.

What is known: the time before a call lies before its entry, the time inside begins there. The order within the two
parts is a convention, that of the screen's timeline (`tracer.analyze.timeline.cells`):

    before the entry:  user, blocked, runnable           (ends at the entry)
    inside the call:   half the kernel time, blocked, runnable, the other half

Between them lies what the tracer took. The clocks that count running time and the clock on the wall are not the
same; where their sums do not fit the wall (by nanoseconds), or a damaged recording's rows lie over one another,
what comes later is cut.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tracer.analyze.columns import Columns
from tracer.wire import Held, Kind

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]


class Part(NamedTuple):
    """A stretch of time of every row, ns; begin = end where there is none."""

    begin: Ints
    end: Ints


@dataclass(frozen=True, slots=True)
class Placed:
    """The parts of some rows, on the clock of their `at_ns`; all arrays have one entry per row."""

    row: Ints
    """Their places in the batch, ascending."""
    call: Part
    user: Part
    before_blocked: Part
    before_runnable: Part
    kernel: Part
    blocked: Part
    runnable: Part
    kernel_after: Part
    """The second half of the kernel time; where the call did not sleep the first is all of it."""


class Placing:
    """Places the batches of one recording, in order."""

    def __init__(self, origin_ns: int) -> None:
        self._origin_ns = origin_ns
        self._ended: dict[int, int] = {}
        """By thread: when its last row so far ends."""
        self._held: dict[int, int] = {}
        """By thread: at_ns of the call at whose entry it is held."""
        self._began: dict[tuple[int, int], int] = {}
        """By thread and at_ns: when a call that was held at its entry began."""

    def place(self, columns: Columns, rows: Ints) -> Placed:
        """The parts of `rows` (ascending) of a batch: calls, and ends of threads."""
        times = columns.times
        tid, at = columns.tid[rows], columns.at_ns[rows]
        entry = self._entries(columns, rows)
        halves = np.where(
            times.blocked[rows] + times.runnable[rows] > 0, times.kernel[rows] // 2, times.kernel[rows]
        )
        inside = (halves, times.blocked[rows], times.runnable[rows], times.kernel[rows] - halves)
        before = (times.user[rows], times.before_blocked[rows], times.before_runnable[rows])
        since, end = self._in_order(tid, entry + sum(inside), at)
        began = np.maximum(entry, since)
        first = np.maximum(at - sum(before), since)
        between = _one_after_another(first, before, np.maximum(np.minimum(at, began), since))
        return Placed(rows, Part(began, end), *between, *_one_after_another(began, inside, end))

    def _in_order(self, tid: Ints, ends: Ints, at: Ints) -> tuple[Ints, Ints]:
        """For every row when the one before it of its thread ends, and when it ends itself: never earlier."""
        order = np.argsort(tid, kind="stable")
        sorted_tid = tid[order]
        latest = np.maximum(ends, at)[order]
        starts = np.flatnonzero(np.r_[True, sorted_tid[1:] != sorted_tid[:-1]][: len(tid)])
        since = np.empty_like(latest)
        for first, last in pairwise([*starts.tolist(), len(tid)]):
            each = int(sorted_tid[first])
            known = self._ended.get(each, self._origin_ns)
            upto = np.maximum.accumulate(np.maximum(latest[first:last], known))
            since[first], since[first + 1 : last] = known, upto[:-1]
            latest[first:last] = upto
            self._ended[each] = int(upto[-1])
        answer = np.empty_like(since), np.empty_like(latest)
        answer[0][order], answer[1][order] = since, latest
        return answer

    def _entries(self, columns: Columns, rows: Ints) -> Ints:
        """When each row's call began to work: at its entry, or when it went on that somebody held there."""
        for row in np.flatnonzero(columns.kind == Kind.HELD).tolist():
            tid, call = int(columns.tid[row]), int(columns.args[row, 0])
            if columns.nr[row] == Held.ENTRY:
                self._held[tid] = call
            elif self._held.pop(tid, None) == call:
                self._began[tid, call] = int(columns.at_ns[row])
        entry = columns.at_ns[rows]
        for (tid, call), began in list(self._began.items()):
            these = np.flatnonzero((columns.tid[rows] == tid) & (entry == call))
            if len(these):
                entry[these] = began
                del self._began[tid, call]
        return entry


def _one_after_another(begin: Ints, lengths: tuple[Ints, ...], end: Ints) -> list[Part]:
    """Parts of these lengths from `begin` on, cut at `end`."""
    parts = []
    upto = np.minimum(begin, end)
    for length in lengths:
        since, upto = upto, np.minimum(upto + length, end)
        parts.append(Part(since, upto))
    return parts
