"""The one place where the screen touches a recording: follows it, keeps the totals, decodes lines on demand.

`poll` runs in a worker thread and is the only one to change anything; what it changes only grows, and a
snapshot says how much of it is valid. `rows` and `details` run in the screen's thread and only read.
"""

from __future__ import annotations

import time
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from threading import Lock
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tracer.account.calibration import Calibration
from tracer.analyze.calls import CallCodes
from tracer.analyze.columns import Columns, columns_of
from tracer.analyze.descriptor_lives import DescriptorLives
from tracer.analyze.filter.known import Known
from tracer.analyze.holds import Hold
from tracer.analyze.line_sums import LineSummer, LineSums
from tracer.analyze.lines import Lines
from tracer.analyze.results import Report
from tracer.analyze.row_places import RowPlaces
from tracer.analyze.tally import Tally
from tracer.recording.errors import RecordingError
from tracer.recording.reader import Recording
from tracer.recording.stretches import groups, joined
from tui.figures import Drawn, Figures
from tui.held_call import HeldCall, held_call
from tui.row_details import details_of
from tui.row_text import row_text
from tui.snapshot import Details, RowText, Snapshot
from tui.surroundings import Surroundings

SLICE: Final = 0.1
"""Seconds one `poll` may take in a long file before it shows what it has."""
_ACCOUNTED: Final = 16
"""Batches whose accounted columns are kept for the lines on screen."""
_REST: Final = 9
"""While a long file is read, a report comes after so many times the time that the last one took."""
_NO_THINGS: Final = np.zeros(0, np.uint8)


class RecordingSource:
    """A recording, finished or growing."""

    def __init__(
        self,
        path: Path,
        growing: Callable[[], bool] = lambda: False,
        clock: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        """`growing` tells whether somebody still writes the file; `clock` is the recording's, CLOCK_MONOTONIC."""
        self._clock = clock
        self._path = path
        self._growing = growing
        self._recording: Recording | None = None
        self._tally: Tally | None = None
        self._surroundings: Surroundings | None = None
        self._figures: Figures | None = None
        self._places: RowPlaces | None = None
        self._descriptors: DescriptorLives | None = None
        self._known: Known | None = None
        self._lines = Lines()
        self._firsts: list[int] = []
        self._calibrations: list[Calibration] = []
        self._objects: list[NDArray[np.uint8]] = []
        """What the descriptor of every row is, by batch: it depends on all batches before."""
        self._accounted: OrderedDict[int, Columns] = OrderedDict()
        self._codes = CallCodes()
        self._summer, self._summing = LineSummer(), Lock()
        self._report: Report | None = None
        self._reported_of: tuple[int, str | None, int | None] | None = None
        self._report_due = 0.0
        self.whole_run = False
        """Show the totals of the whole run although a phase named `measure` is marked."""

    def poll(self) -> Snapshot | None:
        """Take in what is new and say how things stand; None while there is no recording yet.

        Raises RecordingError when the file is not a recording and nobody is about to make it one.
        """
        growing = self._growing()
        try:
            recording = self._open()
        except RecordingError:
            if growing:
                return None
            raise
        recording.poll()
        self._take_in(recording)
        return self._snapshot(recording, growing)

    def rows(self, snapshot: Snapshot, start: int, stop: int) -> list[RowText]:
        """The lines from `start` up to `stop`, decoded."""
        alone = stop - start == 1
        return [self._row(snapshot, index, alone=alone)[0] for index in range(start, min(stop, snapshot.rows))]

    def details(self, snapshot: Snapshot, index: int) -> Details:
        """Everything about line `index`."""
        row, batch, offset, columns = self._row(snapshot, index)
        assert self._surroundings is not None, "there are lines only after the recording was opened"
        number = self._number(snapshot, index)
        around = self._surroundings.around(number, row.pid, index if index < snapshot.settled else None)
        return details_of(row, batch, offset, columns, around)

    def known(self) -> Known | None:
        """The lines with all that filters and jumps ask about; None before the first of them is there."""
        tally, recording = self._tally, self._recording
        if self._known is None and tally is not None and recording is not None and tally.began_ns is not None:
            places, lines = RowPlaces(recording.batches, self._firsts, self._lines), self._lines
            self._known = Known(
                lines, tally.codes.facts, tally.descriptors.seen, tally.threads.lives, tally.phases.members,
                recording.header.began_ns or tally.began_ns, lambda line: places.row(lines.row_of(line)),
            )  # fmt: skip
        return self._known

    def descriptors(self) -> DescriptorLives | None:
        """Every descriptor, and who waits for which; None while there is no recording yet. For workers, but where a
        method says otherwise."""
        return self._descriptors

    def held_call(self, snapshot: Snapshot, hold: Hold) -> HeldCall:
        """The call a thread is held at, which is a line of `snapshot` unless its batch was read but in part."""
        places, surroundings = self._places, self._surroundings
        assert places is not None, "threads are held only after the recording was opened"
        assert surroundings is not None, "so are its surroundings known"
        around = surroundings.around(hold.row, hold.pid, None)
        line = snapshot.settled + snapshot.inside.index(hold.row) if hold.row in snapshot.inside else None
        line = places.line_of(hold.row) if line is None else line
        return held_call(hold, places.row(hold.row), line, around.naming, around.watched)

    def line_sums(self, snapshot: Snapshot, stop: Callable[[], bool]) -> LineSums | None:
        """What the calls come to in the scope of `snapshot`, by name, thread, phase and error."""
        tally = self._tally
        with self._summing:
            if tally is None or not self._summer.update(self._lines, stop):
                return None
            phase = snapshot.report.phase
            sets = None if phase is None else tally.phases.sets_with(phase)
            return self._summer.sums(tally.codes.facts, tally.threads.lives, tally.phases.members, sets)

    def figure(self, number: int | None, stop: Callable[[], bool], tell: Callable[[float], object]) -> Drawn | None:
        """The figure of message `number`, of a typical one when None."""
        return None if self._figures is None else self._figures.figure(number, stop, tell)

    def line_of(self, row: int) -> int | None:
        """The line that shows row number `row`."""
        return None if self._places is None else self._places.line_of(row)

    def _open(self) -> Recording:
        if self._recording is None:
            self._recording = Recording.open(self._path)
            self._tally = Tally(self._recording.header)
            places = RowPlaces(self._recording.batches, self._firsts, self._lines)
            self._descriptors = DescriptorLives(places, self._tally)
            self._surroundings = Surroundings(self._tally, places)
            self._figures = Figures(self._recording.header, self._recording.batches, places)
            self._places = places
        return self._recording

    def _take_in(self, recording: Recording) -> None:
        tally = self._tally
        assert tally is not None, "the tally is made when the recording is opened"
        assert self._surroundings is not None, "so are they"
        until = time.monotonic() + SLICE
        for group in groups(recording.batches[len(self._firsts) :]):
            self._take(group, tally)
            if time.monotonic() >= until:
                break
        if len(self._firsts) == len(recording.batches):
            self._surroundings.settle(final=recording.ended)

    def _take(self, group: list[pa.RecordBatch], tally: Tally) -> None:
        """Take in the batches of one stretch."""
        assert self._surroundings is not None, "they are made when the recording is opened"
        stretch, calibration, first = joined(group), tally.calibration, self._lines.rows
        counted = tally.add(stretch)
        things = counted.used.things if counted is not None else _NO_THINGS
        start = 0
        for batch in group:
            self._calibrations.append(calibration)
            self._objects.append(things[start : start + batch.num_rows])
            self._firsts.append(first + start)
            self._surroundings.add(batch)
            start += batch.num_rows
        if counted is not None:
            self._lines.add(stretch, counted)

    def _reported(self, phase: str | None, now_ns: int | None, *, complete: bool) -> Report:
        """The totals; those of a moment ago while a long file is read, or reports would take most of the time."""
        asked = self._lines.rows, phase, now_ns
        tally = self._tally
        assert tally is not None, "the tally is made when the recording is opened"
        if self._report is None or (
            asked != self._reported_of and (complete or time.monotonic() >= self._report_due)
        ):
            began = time.monotonic()
            self._reported_of = asked
            self._report = tally.report(phase, now_ns)
            ended = time.monotonic()
            self._report_due = ended + _REST * (ended - began)
        return self._report

    def _snapshot(self, recording: Recording, growing: bool) -> Snapshot:
        tally, header = self._tally, recording.header
        assert tally is not None, "the tally is made when the recording is opened"
        read, there = len(self._firsts), len(recording.batches)
        live = growing and not recording.ended
        now = self._clock() if live else tally.last_ns
        phase = None if self.whole_run else tally.default_phase
        report = self._reported(phase, now if live else None, complete=read == there)
        start = header.began_ns or tally.began_ns or 0
        shared, apart = tally.calibration.shared, tally.calibration.apart
        return Snapshot(
            report=report,
            pid=header.pid or None,
            alive=sum(thread.alive for thread in report.threads),
            corrected=bool(shared.samples or apart.samples),
            live=live,
            settled=self._lines.count,
            inside=self._lines.inside,
            start_ns=start,
            now_ns=max(now, start),
            holds=tally.holds.now if live else (),
            loading=read / there if read < there else None,
        )

    def _number(self, snapshot: Snapshot, index: int) -> int:
        """The row that line `index` shows."""
        settled = index < snapshot.settled
        return self._lines.row_of(index) if settled else snapshot.inside[index - snapshot.settled]

    def _row(
        self, snapshot: Snapshot, index: int, *, alone: bool = False
    ) -> tuple[RowText, pa.RecordBatch, int, Columns]:
        """A row with its batch and its place there. `alone`: no others of its batch will be asked for."""
        number = self._number(snapshot, index)
        batch_number = bisect_right(self._firsts, number) - 1
        place = offset = number - self._firsts[batch_number]
        if alone and batch_number not in self._accounted:
            batch, columns = self._one(batch_number, offset)
            offset = 0
        else:
            batch, columns = self._batch(batch_number)
        running = index >= snapshot.settled and snapshot.live
        assert self._surroundings is not None, "there are lines only after the recording was opened"
        watched = self._surroundings.watched(batch_number, place, int(columns.pid[offset]))
        row = row_text(index, batch, offset, columns, snapshot, running=running, watched=watched)
        if running:
            row = self._running(row, snapshot)
        known = self.known() if index < snapshot.settled else None
        if known is not None:
            row = replace(row, fd=known.descriptor_of(index), phase=known.phases_of(index))
        return row, batch, offset, columns

    def _running(self, row: RowText, snapshot: Snapshot) -> RowText:
        """A call that is running: it is inside from when it was let go on, if it was held before."""
        if any(hold.tid == row.tid for hold in snapshot.holds):
            return replace(row, result="held", inside_ns=0)
        assert self._tally is not None, "there are lines only after the recording was opened"
        gone_on = self._tally.holds.gone_on(row.tid) - snapshot.start_ns
        return replace(row, inside_ns=max(0, min(row.inside_ns, snapshot.now_ns - snapshot.start_ns - gone_on)))

    def _one(self, number: int, offset: int) -> tuple[pa.RecordBatch, Columns]:
        """One row of a batch as a batch of its own: a list of matches shows rows of many batches."""
        assert self._recording is not None, "there are lines only after the recording was opened"
        batch = self._recording.batches[number].slice(offset, 1)
        things = self._objects[number][offset : offset + 1]
        return batch, columns_of(batch, self._calibrations[number], self._codes, lambda _columns: things)

    def _batch(self, number: int) -> tuple[pa.RecordBatch, Columns]:
        """A batch and its accounted columns, which are kept for a while."""
        assert self._recording is not None, "there are lines only after the recording was opened"
        batch = self._recording.batches[number]
        columns = self._accounted.get(number)
        if columns is None:
            things = self._objects[number]
            columns = columns_of(batch, self._calibrations[number], self._codes, lambda _columns: things)
            self._accounted[number] = columns
            if len(self._accounted) > _ACCOUNTED:
                self._accounted.popitem(last=False)
        else:
            self._accounted.move_to_end(number)
        return batch, columns
