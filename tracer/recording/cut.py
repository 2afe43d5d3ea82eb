"""Reading a file that begins in the middle of a trace: what its first rows tell of the time before is taken off.

Such a file begins with a snapshot (`tracer.capture.snapshot`). The first timed row of each thread after it covers
a stretch that began earlier, maybe hours; the snapshot's SPAWN rows say how much of it. Rows stay raw in the file
and are cut when they are read, so every thread begins at the snapshot, as if we had attached there: its rows
add up to its life in this file. A call that was under way begins at the snapshot too and is marked NO_ENTRY.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tracer.recording.schema import COLUMNS
from tracer.wire import Flag, Kind

_USER: Final = ("user_wall_ns", "user_run_ns", "user_delay_ns", "user_switches", "user_stops")
_INSIDE: Final = ("wall_ns", "run_ns", "delay_ns", "switches", "stops")
_TOUCHED: Final = ("at_ns", "span_ns", "flags", *_USER, *_INSIDE)
_TIMED: Final = (Kind.CALL, Kind.ENTERED, Kind.EXIT, Kind.LEFT)

Columns = dict[str, NDArray[Any]]


@dataclass(frozen=True, slots=True)
class _Before:
    """What of a thread's next row lies before the cut."""

    span_ns: int
    clocks: tuple[int, ...]
    """wall, run, delay, switches and stops of the part under way."""
    call_ns: int | None
    """The entry of the call it was inside."""


class Cut:
    """Cuts the batches after a snapshot; they must come in order."""

    def __init__(self, snapshot: pa.RecordBatch) -> None:
        rows = _arrays(snapshot)
        kind, tids = snapshot.column("kind").to_numpy(), snapshot.column("tid").to_numpy()
        calls = {int(tids[row]): int(rows["at_ns"][row]) for row in np.flatnonzero(kind == Kind.ENTERED)}
        spawned = np.flatnonzero(kind == Kind.SPAWN)
        self.at_ns = int(rows["at_ns"][spawned].max()) if len(spawned) else 0
        """The moment, CLOCK_MONOTONIC."""
        self._before = {
            int(tids[row]): _Before(
                int(rows["span_ns"][row]), tuple(int(rows[name][row]) for name in _USER), calls.get(int(tids[row]))
            )
            for row in spawned
        }
        for name in ("span_ns", *_USER):
            rows[name][spawned] = 0
        self.snapshot = self._cut(_replaced(snapshot, rows), forget=False)
        """The snapshot's own rows without the time before it."""

    @property
    def done(self) -> bool:
        """True when no row that is still to come can tell of the time before."""
        return not self._before

    def apply(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The batch with its rows cut; the same batch when there is nothing to cut."""
        return batch if self.done else self._cut(batch, forget=True)

    def _cut(self, batch: pa.RecordBatch, *, forget: bool) -> pa.RecordBatch:
        kind, tids = batch.column("kind").to_numpy(), batch.column("tid").to_numpy()
        known = np.fromiter(self._before, np.int64, len(self._before))
        places = np.flatnonzero(np.isin(kind, _TIMED) & np.isin(tids, known))
        if not len(places):
            return batch
        rows = _arrays(batch)
        for row in places.tolist():
            tid = int(tids[row])
            before = self._before.get(tid)
            if before is None:
                continue
            self._one(rows, row, before)
            entered = kind[row] == Kind.ENTERED and not int(rows["flags"][row]) & Flag.FINAL
            if forget and not entered and kind[row] != Kind.LEFT:  # of those another row tells the same time again
                del self._before[tid]
        return _replaced(batch, rows)

    def _one(self, rows: Columns, row: int, before: _Before) -> None:
        _less(rows["span_ns"], row, before.span_ns)
        if before.call_ns is not None and int(rows["at_ns"][row]) == before.call_ns:
            rows["at_ns"][row] = max(self.at_ns, before.call_ns)
            rows["flags"][row] |= Flag.NO_ENTRY
            for name in _USER:
                rows[name][row] = 0
            part = _INSIDE
        else:
            part = _USER
        for name, amount in zip(part, before.clocks, strict=True):
            _less(rows[name], row, amount)


def _less(column: NDArray[Any], row: int, amount: int) -> None:
    column[row] = max(0, int(column[row]) - amount)


def _arrays(batch: pa.RecordBatch) -> Columns:
    return {name: batch.column(name).to_numpy().copy() for name in _TOUCHED}


def _replaced(batch: pa.RecordBatch, rows: Columns) -> pa.RecordBatch:
    arrays = [
        pa.array(rows[field.name], field.type) if field.name in rows else batch.column(field.name)
        for field in COLUMNS
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=batch.schema)
