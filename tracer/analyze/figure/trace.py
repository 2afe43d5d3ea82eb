"""Rows of a recording by their number, accounted when they are looked at.

A story needs a handful of rows out of millions, and the sums of whatever lies between them in one thread. So
only what is asked for is turned into columns, batch by batch, and the last batches looked at are kept.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tracer.account.calibration import Calibration
from tracer.analyze.calls import CallCodes
from tracer.analyze.columns import Columns, Objects, columns_of
from tracer.analyze.descriptors.descriptors import Descriptors
from tracer.analyze.figure.roles import Role, descriptors_of, roles_of
from tracer.analyze.figure.seen import Accounted, Seen, Stretch, joined
from tracer.analyze.results import Times
from tracer.recording.captured import Row, captured
from tracer.recording.header import Header
from tracer.wire import Kind

Ints = NDArray[np.int64]

_REMEMBERED: Final = 32
FARTHEST: Final = 1 << 20
"""No story reaches further than this many rows."""


class Trace:
    """The rows of one recording."""

    def __init__(self, header: Header) -> None:
        self.header = header
        self.codes = CallCodes()
        self.batches: list[pa.RecordBatch] = []
        self.rows = 0
        self._starts: list[int] = []
        self._calibrations: list[Calibration] = []
        self._calibration = Calibration.from_json(header.calibration)
        self._descriptors = Descriptors()
        self._things: list[Objects] = []
        """By batch: it depends on all batches before."""
        self._recent: OrderedDict[int, Accounted] = OrderedDict()

    @property
    def corrected(self) -> bool:
        """Whether a calibration was measured."""
        return any(each.samples for each in (self._calibration.shared, self._calibration.apart))

    def add(self, batch: pa.RecordBatch) -> Accounted:
        """Take in the next batch; its columns."""
        self._starts.append(self.rows)
        self._calibrations.append(self._calibration)
        self.batches.append(batch)
        self.rows += batch.num_rows
        accounted = self._account(len(self.batches) - 1, self._follow)
        columns = accounted.columns
        for row in np.flatnonzero(columns.kind == Kind.CALIBRATION).tolist():
            try:
                self._calibration = Calibration.from_json(json.loads(columns.memory.text(row)))
            except (ValueError, TypeError, AttributeError):
                continue  # a damaged row: the constants before it stay in force
        return accounted

    def accounted(self, index: int) -> Accounted:
        """Batch `index` as columns."""
        known = self._recent.get(index)
        if known is None:
            return self._account(index, lambda _columns: self._things[index])
        self._recent.move_to_end(index)
        return known

    def _account(self, index: int, objects: Callable[[Columns], Objects]) -> Accounted:
        columns = columns_of(self.batches[index], self._calibrations[index], self.codes, objects)
        roles, fd = roles_of(columns, self.codes), descriptors_of(columns, self.codes)
        made = self._recent[index] = Accounted(columns, roles, fd)
        if len(self._recent) > _REMEMBERED:
            self._recent.popitem(last=False)
        return made

    def _follow(self, columns: Columns) -> Objects:
        """What the descriptors of the next batch are, which some copies depend on."""
        self._things.append(self._descriptors.of(columns, self.codes).things)
        return self._things[-1]

    def place(self, number: int) -> tuple[int, int]:
        """In which batch row `number` is, and where in it."""
        index = bisect_right(self._starts, number) - 1
        return index, number - self._starts[index]

    def raw(self, number: int) -> Row:
        """Row `number` with its registers and memory."""
        index, offset = self.place(number)
        return captured(self.batches[index]).row(offset)

    def seen(self, number: int) -> Seen:
        """Row `number`."""
        index, offset = self.place(number)
        accounted = self.accounted(index)
        columns, times = accounted.columns, accounted.columns.times
        at_ns = int(columns.at_ns[offset])
        return Seen(
            number,
            Role(int(accounted.roles[offset])),
            int(columns.kind[offset]),
            self.codes.facts[int(columns.code[offset])].name,
            int(columns.pid[offset]),
            int(columns.tid[offset]),
            int(accounted.fd[offset]),
            at_ns,
            at_ns + int(columns.wall_ns[offset]),
            int(columns.result[offset]),
            Times(*(int(each[offset]) for each in (times.user, times.kernel, times.blocked, times.runnable))),
        )

    def after(self, number: int, tid: int | None) -> Iterator[Seen]:
        """The rows after row `number` that returned or begin a thread, in order: of thread `tid`, or of all."""
        index, offset = self.place(number)
        last = min(self.rows, number + FARTHEST)
        while index < len(self.batches) and self._starts[index] < last:
            for row in self._of(index, tid).tolist():
                if row > offset:
                    yield self.seen(self._starts[index] + row)
            index, offset = index + 1, -1

    def before(self, number: int, tid: int | None) -> Iterator[Seen]:
        """The rows before row `number`, last first."""
        index, offset = self.place(number)
        first = max(0, number - FARTHEST)
        while index >= 0 and self._starts[index] + self.batches[index].num_rows > first:
            for row in self._of(index, tid)[::-1].tolist():
                if row < offset:
                    yield self.seen(self._starts[index] + row)
            index, offset = index - 1, FARTHEST

    def back(self, number: int, tid: int, fd: int, since_ns: int) -> tuple[Seen | None, Stretch]:
        """What led up to row `number` in thread `tid`: the row it began with, and the rows in between.

        It began with the return of a wait, or with the last transfer on `fd`; None when neither is found after
        `since_ns`.
        """
        parts: list[Stretch] = []
        index, offset = self.place(number)
        while index >= 0 and number - self._starts[index] < FARTHEST:
            part = self._stretch(index, tid, offset, since_ns)
            moves = np.isin(part.role, (Role.ARRIVE, Role.DEPART)) & (part.fd == fd)
            found = np.flatnonzero((part.role == Role.WAIT) | moves)
            if len(found):
                rest = np.arange(len(part)) > found[-1]
                return self.seen(int(part.number[found[-1]])), joined([part.take(rest), *parts])
            parts.insert(0, part)
            if len(part) == 0 and self.accounted(index).columns.at_ns.max(initial=0) < since_ns:
                break
            index, offset = index - 1, FARTHEST
        return None, joined(parts)

    def _of(self, index: int, tid: int | None) -> Ints:
        accounted = self.accounted(index)
        columns = accounted.columns
        wanted = (accounted.roles != Role.NONE) | (columns.kind == Kind.SPAWN)
        return np.flatnonzero(wanted if tid is None else wanted & (columns.tid == tid))

    def _stretch(self, index: int, tid: int, before: int, since_ns: int) -> Stretch:
        accounted = self.accounted(index)
        columns, times = accounted.columns, accounted.columns.times
        wanted = (columns.tid == tid) & (accounted.roles != Role.NONE) & (columns.at_ns > since_ns)
        rows = np.flatnonzero(wanted[:before])
        every = np.stack([times.user[rows], times.kernel[rows], times.blocked[rows], times.runnable[rows]])
        return Stretch(
            rows + self._starts[index], accounted.roles[rows].astype(np.int64), accounted.fd[rows], every
        )
