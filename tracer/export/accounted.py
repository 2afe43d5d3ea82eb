"""A recording's batches with everything accounted: what all exporters read.

Rows of calls that were still running at some moment (ENTERED) are left out when another row of the same call
follows; which ones do is found in a first pass over four columns. Times are told once: a row whose time a later
row of its thread covers again has none, so that sums over all rows are those of the report.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from typing import NamedTuple

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
from tracer.wire import Kind

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
    """ENTERED rows that another row of the same call follows, and LEFT rows that another row follows."""
    lasting: Mask
    """ENTERED and LEFT rows that say how far threads had come when the recording stopped."""


class Repeated(NamedTuple):
    """What more than one row tells of."""

    calls: frozenset[Call]
    rows: frozenset[int]
    """ENTERED rows, counted from the first of all batches, that another row of the same call follows."""


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
        repeated, lasting = told_again(self._batches).rows, _lasting(self._batches)
        for batch in stretches(self._batches) if self._joined else self._batches:
            yield self._account(batch, repeated, lasting)
            self._rows += batch.num_rows

    def _account(self, batch: pa.RecordBatch, repeated: frozenset[int], lasting: frozenset[int]) -> Accounted:
        columns = columns_of(batch, self._calibration, self.codes, self._follow)
        provisional = inside.provisional(columns.kind, columns.flags)
        inside_still, superseded = np.zeros((2, len(provisional)), np.bool_)
        if provisional.any():
            self._choose(inside_still, lasting)
            self._choose(superseded, repeated)
            superseded |= (columns.kind == Kind.LEFT) & ~inside_still
            columns = replace(columns, times=_without(columns.times, provisional & ~inside_still))
        for row in np.flatnonzero(columns.kind == Kind.MARK).tolist():
            self.phases.mark(int(columns.at_ns[row]), columns.memory.text(row))
        self._calibrate(columns)
        _, within = self.phases.of(columns.at_ns)
        assert self._used is not None
        named = self._named(within)
        return Accounted(batch, columns, self._used, named, superseded, inside_still)

    def _choose(self, mask: Mask, rows: frozenset[int]) -> None:
        """Set what of `rows` (of the recording) lies in the batch at hand."""
        mask[[row - self._rows for row in rows if 0 <= row - self._rows < len(mask)]] = True

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


def told_again(batches: Iterable[pa.RecordBatch]) -> Repeated:
    """What recordings tell more than once: that a call lasts, maybe several times, and maybe its end."""
    calls: set[Call] = set()
    rows: set[int] = set()
    entered: dict[Call, int] = {}
    first = 0
    for batch in batches:
        kind = column(batch, "kind")
        lasts = inside.provisional(kind, column(batch, "flags")) & (kind == Kind.ENTERED)
        if entered or lasts.any():
            tid = column(batch, "tid")
            threads = np.union1d(np.array([tid for tid, _ in entered], np.int64), tid[lasts])
            told = np.isin(kind, (Kind.CALL, Kind.ENTERED)) & np.isin(tid, threads)
            for row, call in zip(np.flatnonzero(told).tolist(), calls_at(batch, told), strict=True):
                before = entered.pop(call, None)
                if before is not None:
                    calls.add(call)
                    rows.add(before)
                if lasts[row]:
                    entered[call] = first + row
        first += batch.num_rows
    return Repeated(frozenset(calls), frozenset(rows))


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
