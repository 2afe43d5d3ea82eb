"""A recording's batches with everything accounted: what all exporters read.

Rows of calls that were still running at some moment (ENTERED) are left out when the row of their return follows;
which ones do is found in a first pass over four columns.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tracer.account.calibration import Calibration
from tracer.account.times import column
from tracer.analyze.calls import CallCodes
from tracer.analyze.columns import Columns, columns_of
from tracer.analyze.descriptor_states import Used
from tracer.analyze.descriptors import Descriptors
from tracer.analyze.phases import MEASURE, Phases
from tracer.recording.header import Header
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
    """ENTERED rows whose return, or end, follows."""


def inside_ns(accounted: Accounted) -> Ints:
    """Corrected wall time inside each call: running, asleep, and waiting for a CPU."""
    times = accounted.columns.times
    return times.kernel + times.blocked + times.runnable


class Accounting:
    """Accounts the batches of one recording in order; `descriptors` and `codes` explain their numbers."""

    def __init__(self, header: Header, batches: Sequence[pa.RecordBatch]) -> None:
        self.codes = CallCodes()
        self.descriptors = Descriptors()
        self._batches = batches
        self._calibration = Calibration.from_json(header.calibration)
        self._phases = Phases()
        self._used: Used | None = None

    def __iter__(self) -> Iterator[Accounted]:
        finished = finished_later(self._batches)
        for batch in self._batches:
            yield self._account(batch, finished)

    def _account(self, batch: pa.RecordBatch, finished: frozenset[Call]) -> Accounted:
        columns = columns_of(batch, self._calibration, self.codes, self._follow)
        for row in np.flatnonzero(columns.kind == Kind.MARK).tolist():
            self._phases.mark(int(columns.at_ns[row]), columns.memory.text(row))
        self._calibrate(columns)
        _, within = self._phases.of(columns.at_ns)
        assert self._used is not None
        return Accounted(batch, columns, self._used, self._named(within), _superseded(columns, finished))

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
        names = [_name(members) for members in self._phases.members]
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


def _superseded(columns: Columns, finished: frozenset[Call]) -> Mask:
    answer = np.zeros(len(columns.kind), np.bool_)
    for row in np.flatnonzero((columns.kind == Kind.ENTERED) & ~_finished(columns)).tolist():
        answer[row] = (int(columns.tid[row]), int(columns.at_ns[row])) in finished
    return answer
