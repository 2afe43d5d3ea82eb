"""Which rows of a recording are lines of a list, so that a line never changes its number.

A call still running when a row had to be written has an ENTERED row; the CALL row that comes later supersedes
it. Lines are therefore in two parts. First the *settled* rows in the order they were settled: calls that
returned, events, and calls that never returned, at the place where their thread ended. After them the calls
whose thread is *inside* at the moment, at most one a thread, or the LEFT row of a thread amid its own code, which
is a line only while nothing follows it. A settled line keeps its number for ever, so nothing on screen moves when a
long call returns, and an old snapshot stays valid.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tracer.account.times import column
from tracer.analyze.inside import provisional
from tracer.wire import Kind

Ids = NDArray[np.int64]

_NO_LINES: Final = (Kind.CALIBRATION, Kind.HELD, Kind.SUMS)


class _Amid(NamedTuple):
    """What a thread is amid at the moment."""

    since_ns: int
    row: int
    in_call: bool


class Settling:
    """Says of every batch which rows are settled by it. Batches must come in order."""

    def __init__(self) -> None:
        self.rows = 0
        """Rows taken in."""
        self._inside: dict[int, _Amid] = {}

    @property
    def inside(self) -> tuple[int, ...]:
        """Rows of the calls running at the moment and of threads amid their own code, the longest first."""
        return tuple(amid.row for amid in sorted(self._inside.values()))

    def add(self, batch: pa.RecordBatch) -> Ids:
        """The rows of the recording that are settled now, in the order of their lines.

        Most are rows of this batch; calls of earlier batches that turn out never to return are among them."""
        kind, tid = column(batch, "kind"), column(batch, "tid")
        entered = provisional(kind, column(batch, "flags"))
        settled = np.flatnonzero(~entered & ~np.isin(kind, _NO_LINES)) + self.rows
        ended: list[tuple[int, int]] = []
        if self._inside or entered.any():
            ended = self._follow(kind, tid, column(batch, "at_ns"), entered)
        self.rows += batch.num_rows
        return _merged(settled, ended)

    def _follow(self, kind: Ids, tid: Ids, at: Ids, entered: NDArray[np.bool_]) -> list[tuple[int, int]]:
        """Who is inside now; calls found never to return are given as (row they come before, their row)."""
        concerned = np.isin(tid, np.fromiter(self._inside, np.int64)) | np.isin(tid, tid[entered])
        moving = np.isin(kind, (Kind.CALL, Kind.ENTERED, Kind.EXIT, Kind.LEFT, Kind.SUMS))
        ended: list[tuple[int, int]] = []
        for row in np.flatnonzero(concerned & moving).tolist():
            thread, since = int(tid[row]), int(at[row])
            before = self._inside.pop(thread, None)
            if kind[row] == Kind.SUMS:  # it came back: what it was inside is among them
                continue
            if before is not None and before.in_call and (kind[row] == Kind.EXIT or before.since_ns != since):
                ended.append((self.rows + row, before.row))
            if entered[row]:
                self._inside[thread] = _Amid(since, self.rows + row, in_call=bool(kind[row] == Kind.ENTERED))
        return ended


def _merged(settled: Ids, ended: list[tuple[int, int]]) -> Ids:
    """`settled` with each call that never returned just before the row that showed it."""
    if not ended:
        return settled
    places = np.searchsorted(settled, [place for place, _ in ended])
    return np.insert(settled, places, [row for _, row in ended])
