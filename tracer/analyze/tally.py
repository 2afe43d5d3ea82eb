"""Running totals of a recording: fed batch by batch, asked for a frozen report at any time.

What is kept grows with the number of different threads, calls, descriptors and sets of phases, not with the
number of events.
"""

from __future__ import annotations

import json
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tracer.account.calibration import Calibration
from tracer.account.distinct import distinct
from tracer.account.times import column
from tracer.analyze import inside, summary
from tracer.analyze.calls import CallCodes
from tracer.analyze.columns import MAX_ERRNO, Columns, columns_of
from tracer.analyze.cube import NOWHERE, Cube
from tracer.analyze.descriptors.descriptors import Descriptors
from tracer.analyze.descriptors.states import NOTHING_USED, Used
from tracer.analyze.histogram import Histograms
from tracer.analyze.holds import Holds
from tracer.analyze.phases import MEASURE, Phases
from tracer.analyze.results import Report
from tracer.analyze.scope import limited
from tracer.analyze.summed import SummedCalls
from tracer.analyze.summed_cells import SummedCells
from tracer.analyze.sums import ALL, BEFORE, COPIES, UNTIL_COPIES, Column, one_row, values_of
from tracer.analyze.threads import Threads
from tracer.analyze.wakeups import Wakeups
from tracer.recording.header import Header
from tracer.recording.rows import Ended, ended_of
from tracer.wire import Flag, Kind

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]


class Counted(NamedTuple):
    """What was found out about the rows of a batch; one entry per row."""

    columns: Columns
    within: Ints
    """The set of marked phases (`Phases.members`)."""
    thread: Ints
    """Place in `Threads.lives`."""
    used: Used
    before: Ints
    """The set of marked phases of the time before the call; the same array as `within` where no row differs."""


class Tally:
    """The totals of one recording."""

    def __init__(self, header: Header) -> None:
        self.header = header
        self.codes = CallCodes()
        self.phases = Phases()
        self.threads = Threads()
        self.descriptors = Descriptors()
        self.used = NOTHING_USED
        """The descriptor of every row of the batch that was added last."""
        self.wakeups = Wakeups()
        self.calls = Cube(len(ALL))
        """By set of phases, call and thread."""
        self.by_fd = Cube(2 + len(COPIES))
        """Calls, wasted and copies, by set of phases and descriptor."""
        self.errors = Cube(1)
        """Failed calls, by set of phases, call and errno."""
        self.events = Cube(2)
        """Signals and lost events, by set of phases."""
        self.kernel = Histograms()
        self.wall = Histograms()
        self.summed = SummedCells()
        self.sources = 0
        """Bit set of the clock sources seen."""
        self.began_ns: int | None = None
        self.last_ns = 0
        self.ended: Ended | None = None
        self.calibration = Calibration.from_json(header.calibration)
        """In force for the next batch: the header's, or that of the last CALIBRATION row before it."""
        self.older: set[tuple[int, int]] = set()
        """Calls entered before the attach: thread, and when they were seen."""
        self.holds = Holds()
        self.still_inside: dict[int, tuple[int, int, Ints]] = {}
        """By thread code: a call not returned yet: its key, how far its row knows its time, its numbers."""

    def add(self, batch: pa.RecordBatch) -> Counted | None:
        """Take in the next batch of the recording; batches must come in order. None for a batch without rows."""
        counted = self.account(batch)
        self.sum(counted)
        return counted

    def account(self, batch: pa.RecordBatch) -> Counted | None:
        """The first half of `add`: all that must be known before the next batch can be looked at. The second half,
        `sum`, may then be done in another thread, batch by batch in the same order."""
        if batch.num_rows == 0:
            return None
        columns = columns_of(batch, self.calibration, self.codes, self._follow)
        self._marks(columns)
        self._moments(batch, columns)
        before, within = self.phases.of(columns.at_ns)
        thread = self.threads.of(columns)
        self._calibrations(columns)
        self.ended = ended_of(batch) or self.ended
        return Counted(columns, within, thread, self.used, before)

    def sum(self, counted: Counted | None) -> None:
        """Add up what `account` found out about a batch."""
        if counted is None:
            return
        columns, within, thread, used, before = counted
        self._older_calls(columns)
        self.holds.add(columns)
        self._sum(columns, before, within, thread)
        self._histograms(columns, within)
        if columns.summed is not None:
            self._add_summed(columns.summed, within)
            self.summed.add(columns.summed, columns.times, within[columns.summed.rows], thread[columns.summed.rows])
        self._descriptors(columns, within, used.code)
        self._events(columns, within)
        self.wakeups.add(columns, self.codes, within, thread)

    def report(self, phase: str | None = None, now_ns: int | None = None) -> Report:
        """The results of the whole run, or of one phase of it.

        `now_ns` (CLOCK_MONOTONIC), for a live view: calls that have not returned count as blocked up to then.
        Raises UnknownPhase.
        """
        return limited(summary.report_of(self, phase, now_ns))

    @property
    def default_phase(self) -> str | None:
        """The phase to show when nobody asked for one: `measure` where it is marked."""
        return MEASURE if MEASURE in self.phases.names() else None

    def _older_calls(self, columns: Columns) -> None:
        rows = np.flatnonzero(columns.flags & Flag.NO_ENTRY)
        if len(rows):  # a call has two rows when it lasts: the same thread and time
            self.older.update(zip(columns.tid[rows].tolist(), columns.at_ns[rows].tolist(), strict=True))

    def _marks(self, columns: Columns) -> None:
        for row in np.flatnonzero(columns.kind == Kind.MARK).tolist():
            self.phases.mark(int(columns.at_ns[row]), columns.memory.text(row))

    def _moments(self, batch: pa.RecordBatch, columns: Columns) -> None:
        first = int(columns.at_ns.min())
        self.began_ns = first if self.began_ns is None else min(first, self.began_ns)
        self.last_ns = max(self.last_ns, int((columns.at_ns + columns.wall_ns).max()))
        source = column(batch, "source")[inside.is_timed(columns.kind)]
        self.sources |= int(np.bitwise_or.reduce(1 << (source & 7), initial=0))

    def _sum(self, columns: Columns, before: Ints, within: Ints, thread: Ints) -> None:
        waiting = inside.provisional(columns.kind, columns.flags)
        timed = inside.is_timed(columns.kind)
        values = values_of(columns)
        self._cells(columns.code, thread, before, within, timed & ~waiting, values)
        if self.still_inside:
            for code in distinct(thread[timed])[0].tolist():
                self.still_inside.pop(code, None)
        for row in np.flatnonzero(inside.lasting(columns.kind, columns.tid, waiting)).tolist():
            key = call_key(within[row : row + 1], columns.code[row : row + 1], thread[row : row + 1])
            began = max(int(columns.at_ns[row]), self.holds.gone_on(int(columns.tid[row])))
            known = began + int(columns.wall_ns[row])
            self.still_inside[int(thread[row])] = (int(key[0]), known, one_row(values, row))

    def _cells(
        self, code: Ints, thread: Ints, before: Ints, within: Ints, settled: Mask, values: tuple[Column, ...]
    ) -> None:
        """Sum the settled rows: what came before a call in its set of phases, what happened inside in the other.

        They differ on the row of a mark. The write to fd -1 copies nothing itself, so copies on its row are of
        io_uring completions that came since the call before it: they belong with what came before.
        """
        keys = np.where(settled, call_key(within, code, thread), NOWHERE)
        if before is within:
            self.calls.add(keys, values)
            return
        self.calls.add(keys, values[len(BEFORE) : UNTIL_COPIES], len(BEFORE))
        keys = np.where(settled, call_key(before, code, thread), NOWHERE)
        self.calls.add(keys, values[: len(BEFORE)])
        self.calls.add(keys, values[UNTIL_COPIES:], UNTIL_COPIES)

    def _histograms(self, columns: Columns, within: Ints) -> None:
        rows = columns.returned
        keys = pair_key(within[rows], columns.code[rows])
        times = columns.times
        found, where = distinct(keys)
        self.kernel.count(found, where, times.kernel[rows])
        self.wall.count(found, where, (times.kernel + times.blocked + times.runnable)[rows])
        failed = columns.failed
        errors = error_key(within[failed], columns.code[failed], -columns.result[failed])
        self.errors.add(errors, [np.ones(len(errors), dtype=np.bool_)])

    def _add_summed(self, summed: SummedCalls, within: Ints) -> None:
        """What of calls that were summed up is kept apart from the cells: spreads, errors, wake-ups."""
        sets = within[summed.rows]
        keys = pair_key(sets, summed.code)
        self.kernel.add_octaves(keys, summed.kernel)
        self.wall.add_octaves(keys, summed.whole)
        failed = summed.failed > 0
        self.errors.add(error_key(sets, summed.code, summed.error)[failed], [summed.failed[failed]])
        self.wakeups.sums.add(sets, [summed.ready, summed.counted_wakeups])

    def _follow(self, columns: Columns) -> NDArray[np.uint8]:
        self.used = self.descriptors.of(columns, self.codes)
        return self.used.things

    def _descriptors(self, columns: Columns, within: Ints, code: Ints) -> None:
        keys = np.where(columns.returned & (code >= 0), pair_key(within, code), NOWHERE)
        copies = [getattr(columns.copies, name) for name in COPIES]
        self.by_fd.add(keys, [columns.returned, columns.wasted, *copies])

    def _events(self, columns: Columns, within: Ints) -> None:
        signals, lost = columns.kind == Kind.SIGNAL, columns.kind == Kind.LOST
        rows = np.flatnonzero(signals | lost)
        number = np.where(lost[rows], columns.args[rows, 0].astype(np.int64), 0)
        self.events.add(within[rows], [signals[rows], number])

    def _calibrations(self, columns: Columns) -> None:
        for row in np.flatnonzero(columns.kind == Kind.CALIBRATION).tolist():
            try:
                document = json.loads(columns.memory.text(row))
                self.calibration = Calibration.from_json(document)
            except (ValueError, TypeError, AttributeError):
                continue  # a damaged row: the constants before it stay in force


def call_key(sets: Ints, code: Ints, thread: Ints) -> Ints:
    """One number for a set of phases, a call and a thread."""
    return sets << 44 | (code & 0xFFFFF) << 24 | (thread & 0xFFFFFF)


def pair_key(sets: Ints, code: Ints) -> Ints:
    """One number for a set of phases and the code of a call or a descriptor."""
    return sets << 32 | (code & 0xFFFFFFFF)


def error_key(sets: Ints, code: Ints, errno: Ints) -> Ints:
    """One number for a set of phases, a call and an errno."""
    return sets << 44 | (code & 0xFFFFFFFF) << 12 | (errno & MAX_ERRNO)
