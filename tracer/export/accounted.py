"""A recording's batches with everything accounted: what all exporters read.

Rows of calls that were still running at some moment (ENTERED) are left out when the row of their return follows;
which ones do is found in a first pass over four columns. Times are told once: a row whose time a later row of its
thread covers again has none, so that sums over all rows are those of the report.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tracer.account.calibration import Calibration
from tracer.account.times import Times, column
from tracer.analyze import inside
from tracer.analyze.calls import CallCodes
from tracer.analyze.columns import Columns, columns_of
from tracer.analyze.descriptors.descriptors import Descriptors
from tracer.analyze.descriptors.states import Used
from tracer.analyze.phases import MEASURE, Phases
from tracer.recording.header import Header
from tracer.recording.stretches import stretches
from tracer.wire import Flag, Kind

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]
Call = tuple[int, int]
"""Thread, and when it entered: what an ENTERED row and the row of its return have in common."""


@dataclass(frozen=True, slots=True)
class Accounted:
    """One batch: its rows, and one entry per row in every other column."""

    batch: pa.RecordBatch
    columns: Columns
    used: Used
    phase: tuple[str | None, ...]
    """The phase each row belongs to: `measure` before others, else the first by name."""
    superseded: Mask
    """ENTERED rows whose return, or end, follows, and LEFT rows that another row follows."""
    lasting: Mask
    """ENTERED and LEFT rows that say how far threads had come when the recording stopped."""


def inside_ns(accounted: Accounted) -> Ints:
    """Corrected wall time inside each call: running, asleep, and waiting for a CPU."""
    times = accounted.columns.times
    return times.kernel + times.blocked + times.runnable


class Accounting:
    """Accounts the batches of one recording in order; `descriptors` and `codes` explain their numbers."""

    def __init__(self, header: Header, batches: Sequence[pa.RecordBatch], *, joined: bool = False) -> None:
        """`joined`: account the batches in long stretches, which is quicker (`tracer.recording.stretches`)."""
        self.codes = CallCodes()
        self.descriptors = Descriptors()
        self.phases = Phases()
        self._batches = batches
        self._joined = joined
        self._calibration = Calibration.from_json(header.calibration)
        self._used: Used | None = None
        self._rows = 0

    def __iter__(self) -> Iterator[Accounted]:
        finished, lasting = finished_later(self._batches), _lasting(self._batches)
        for batch in stretches(self._batches) if self._joined else self._batches:
            yield self._account(batch, finished, lasting)
            self._rows += batch.num_rows

    def _account(self, batch: pa.RecordBatch, finished: frozenset[Call], lasting: frozenset[int]) -> Accounted:
        columns = columns_of(batch, self._calibration, self.codes, self._follow)
        repeated = inside.provisional(columns.kind, columns.flags)
        inside_still = np.zeros(len(repeated), np.bool_)
        if repeated.any():
            inside_still[[row - self._rows for row in lasting if 0 <= row - self._rows < len(repeated)]] = True
            columns = replace(columns, times=_without(columns.times, repeated & ~inside_still))
        for row in np.flatnonzero(columns.kind == Kind.MARK).tolist():
            self.phases.mark(int(columns.at_ns[row]), columns.memory.text(row))
        self._calibrate(columns)
        _, within = self.phases.of(columns.at_ns)
        assert self._used is not None
        named = self._named(within)
        superseded = _superseded(columns, finished) | ((columns.kind == Kind.LEFT) & ~inside_still)
        return Accounted(batch, columns, self._used, named, superseded, inside_still)

    def _calibrate(self, columns: Columns) -> None:
        for row in np.flatnonzero(columns.kind == Kind.CALIBRATION).tolist():
            try:
                self._calibration = Calibration.from_json(json.loads(columns.memory.text(row)))
            except (ValueError, TypeError, AttributeError):
                continue  # a damaged row: the constants before it stay in force

    def _follow(self, columns: Columns) -> NDArray[np.uint8]:
        self._used = self.descriptors.of(columns, self.codes)
        return self._used.things

    def _named(self, within: Ints) -> tuple[str | None, ...]:
        names = [_name(members) for members in self.phases.members]
        return tuple([names[each] for each in within.tolist()])


def _name(members: frozenset[str]) -> str | None:
    return MEASURE if MEASURE in members else min(members, default=None)


def _finished(columns: Columns) -> Mask:
    """Rows after which nothing more comes of a call: its return, or the end of its thread inside it."""
    final = columns.flags & Flag.FINAL != 0
    finished: Mask = (columns.kind == Kind.CALL) | ((columns.kind == Kind.ENTERED) & final)
    return finished


def finished_later(batches: Iterable[pa.RecordBatch]) -> frozenset[Call]:
    """The calls that have a row of their beginning and, later, one of their end."""
    entered: set[Call] = set()
    finished: set[Call] = set()
    for batch in batches:
        kind, final = column(batch, "kind"), column(batch, "flags") & Flag.FINAL != 0
        inside = kind == Kind.ENTERED
        if entered or inside.any():
            entered.update(calls_at(batch, inside & ~final))
            finished |= entered.intersection(calls_at(batch, (kind == Kind.CALL) | (inside & final)))
    return frozenset(finished)


def calls_at(batch: pa.RecordBatch, rows: Mask) -> Iterator[Call]:
    """The calls of the rows where `rows` is true."""
    chosen = np.flatnonzero(rows)
    return zip(column(batch, "tid")[chosen].tolist(), column(batch, "at_ns")[chosen].tolist(), strict=True)


def _lasting(batches: Iterable[pa.RecordBatch]) -> frozenset[int]:
    """The rows, counted from the first of all batches, that say last of their thread that it is inside a call."""
    last: dict[int, int] = {}
    rows = 0
    for batch in batches:
        kind = column(batch, "kind")
        waiting = inside.provisional(kind, column(batch, "flags"))
        if last or waiting.any():
            tid = column(batch, "tid")
            for each in last.keys() & set(tid[inside.is_timed(kind)].tolist()):
                del last[each]
            for row in np.flatnonzero(inside.lasting(kind, tid, waiting)).tolist():
                last[int(tid[row])] = rows + row
        rows += batch.num_rows
    return frozenset(last.values())


def _without(times: Times, rows: Mask) -> Times:
    return Times(*(np.where(rows, 0, getattr(times, field.name)) for field in fields(Times)))


def _superseded(columns: Columns, finished: frozenset[Call]) -> Mask:
    answer = np.zeros(len(columns.kind), np.bool_)
    for row in np.flatnonzero((columns.kind == Kind.ENTERED) & ~_finished(columns)).tolist():
        answer[row] = (int(columns.tid[row]), int(columns.at_ns[row])) in finished
    return answer
