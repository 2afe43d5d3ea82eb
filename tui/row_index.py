"""Which rows of a recording are lines of the list, so that a line never changes its number.

A call still running when a row had to be written has an ENTERED row; the CALL row that comes later supersedes
it. Lines are therefore in two parts. First the *settled* rows in the order they were settled: calls that
returned, events, and calls that never returned, at the place where their thread ended. After them the calls
whose thread is *inside* at the moment, at most one a thread. A settled line keeps its number for ever, so
nothing on screen moves when a long call returns, and an old snapshot stays valid.

Stretches of rows without exceptions cost nothing: ten million calls need a few thousand entries.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tracer.wire import Flag, Kind

Ids = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Lines from one batch: either `first`, `first` + 1, … or, where there were exceptions, `ids`."""

    first: int
    ids: Ids | None


class RowIndex:
    """Line number ↔ row number. `add` batches in order; what was said before stays true."""

    def __init__(self) -> None:
        self.settled = 0
        """Lines whose number is final."""
        self.rows = 0
        """Rows added."""
        self._begins: list[int] = []
        self._stretches: list[_Stretch] = []
        self._inside: dict[int, tuple[int, int]] = {}

    @property
    def inside(self) -> tuple[int, ...]:
        """Rows of the calls running at the moment, the longest first."""
        return tuple(row for _, row in sorted(self._inside.values()))

    def add(self, batch: pa.RecordBatch) -> None:
        """Take in the next batch."""
        kind, tid = _column(batch, "kind"), _column(batch, "tid")
        entered = (kind == Kind.ENTERED) & (_column(batch, "flags") & Flag.FINAL == 0)
        lines = np.flatnonzero(~entered & (kind != Kind.CALIBRATION)) + self.rows
        ended: list[tuple[int, int]] = []
        if self._inside or entered.any():
            ended = self._follow(kind, tid, _column(batch, "at_ns"), entered)
        self._append(_merged(lines, ended))
        self.rows += batch.num_rows

    def row_of(self, line: int) -> int:
        """The row number of the settled line `line`. Raises IndexError beyond the last."""
        if not 0 <= line < self.settled:
            raise IndexError(f"line {line} of {self.settled}")
        number = bisect_right(self._begins, line) - 1
        stretch, offset = self._stretches[number], line - self._begins[number]
        return stretch.first + offset if stretch.ids is None else int(stretch.ids[offset])

    def _follow(self, kind: Ids, tid: Ids, at: Ids, entered: NDArray[np.bool_]) -> list[tuple[int, int]]:
        """Who is inside now; calls found never to return are given as (row they come before, their row)."""
        concerned = np.isin(tid, np.fromiter(self._inside, np.int64)) | np.isin(tid, tid[entered])
        moving = np.isin(kind, (Kind.CALL, Kind.ENTERED, Kind.EXIT))
        ended: list[tuple[int, int]] = []
        for row in np.flatnonzero(concerned & moving).tolist():
            thread, since = int(tid[row]), int(at[row])
            before = self._inside.pop(thread, None)
            if before is not None and (kind[row] == Kind.EXIT or before[0] != since):
                ended.append((self.rows + row, before[1]))
            if entered[row]:
                self._inside[thread] = (since, self.rows + row)
        return ended

    def _append(self, ids: Ids) -> None:
        if not len(ids):
            return
        unbroken = int(ids[-1]) - int(ids[0]) == len(ids) - 1 and bool((np.diff(ids) == 1).all())
        self._stretches.append(_Stretch(int(ids[0]), None if unbroken else ids))
        self._begins.append(self.settled)
        self.settled += len(ids)


def _merged(lines: Ids, ended: list[tuple[int, int]]) -> Ids:
    """`lines` with each call that never returned just before the row that showed it."""
    if not ended:
        return lines
    places = np.searchsorted(lines, [place for place, _ in ended])
    return np.insert(lines, places, [row for _, row in ended])


def _column(batch: pa.RecordBatch, name: str) -> Ids:
    values: Ids = batch.column(name).to_numpy(zero_copy_only=False).astype(np.int64, copy=False)
    return values
