"""What the screen is served of a recording: snapshots, decoded lines, details, and the answers behind the tabs.

`poll` runs in a worker thread and is the only one to change anything (`tui.intake`); what it changes only grows,
and a snapshot says how much of it is valid. `rows` and `details` run in the screen's thread and only read.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from threading import Lock

import pyarrow as pa

from tracer.analyze.columns import Columns
from tracer.analyze.descriptors.lives import DescriptorLives
from tracer.analyze.filter.known import Known
from tracer.analyze.holds import Hold
from tracer.analyze.lines.sums import LineSummer, LineSums
from tracer.recording.errors import RecordingError
from tracer.recording.reader import Recording
from tui.accounted import AccountedBatches
from tui.figures import Drawn
from tui.held_call import HeldCall, held_call
from tui.intake import Intake
from tui.reporting import Reporting
from tui.row_details import details_of
from tui.row_text import row_text
from tui.snapshot import Details, RowText, Snapshot


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
        self._opened: tuple[Intake, AccountedBatches, Reporting] | None = None
        self._summer, self._summing = LineSummer(), Lock()
        self.whole_run = False
        """Show the totals of the whole run although a phase named `measure` is marked."""

    def poll(self) -> Snapshot | None:
        """Take in what is new and say how things stand; None while there is no recording yet.

        Raises RecordingError when the file is not a recording and nobody is about to make it one.
        """
        growing = self._growing()
        if self._opened is None:
            try:
                intake = Intake(Recording.open(self._path))
            except RecordingError:
                if growing:
                    return None
                raise
            self._opened = intake, AccountedBatches(intake), Reporting(intake.diagnosis)
        self._intake.take_in()
        return self._snapshot(growing)

    def rows(self, snapshot: Snapshot, start: int, stop: int) -> list[RowText]:
        """The lines from `start` up to `stop`, decoded."""
        alone = stop - start == 1
        return [self._row(snapshot, index, alone=alone)[0] for index in range(start, min(stop, snapshot.rows))]

    def details(self, snapshot: Snapshot, index: int) -> Details:
        """Everything about line `index`."""
        row, batch, offset, columns = self._row(snapshot, index)
        number = self._number(snapshot, index)
        line = index if index < snapshot.settled else None
        around = self._intake.surroundings.around(number, row.pid, line)
        return details_of(row, batch, offset, columns, around)

    def known(self) -> Known | None:
        """The lines with all that filters and jumps ask about; None before the first of them is there."""
        return self._opened[0].known if self._opened is not None else None

    def descriptors(self) -> DescriptorLives | None:
        """Every descriptor, and who waits for which; None while there is no recording yet. For workers, but where a
        method says otherwise."""
        return self._opened[0].descriptors if self._opened is not None else None

    def held_call(self, snapshot: Snapshot, hold: Hold) -> HeldCall:
        """The call a thread is held at, which is a line of `snapshot` unless its batch was read but in part."""
        places = self._intake.places
        around = self._intake.surroundings.around(hold.row, hold.pid, None)
        line = snapshot.settled + snapshot.inside.index(hold.row) if hold.row in snapshot.inside else None
        line = places.line_of(hold.row) if line is None else line
        return held_call(hold, places.row(hold.row), line, around.naming, around.watched)

    def line_sums(self, snapshot: Snapshot, stop: Callable[[], bool]) -> LineSums | None:
        """What the calls come to in the scope of `snapshot`, by name, thread, phase and error."""
        with self._summing:
            if self._opened is None or not self._summer.update(self._intake.lines, stop):
                return None
            tally, phase = self._intake.tally, snapshot.report.phase
            sets = None if phase is None else tally.phases.sets_with(phase)
            summed = snapshot.report.scope.summary
            summer = self._summer.with_summed(tally.summed) if summed else self._summer
            sums = summer.sums(tally.codes.facts, tally.threads.lives, tally.phases.members, sets)
            return replace(sums, settled=not summed or not snapshot.live)

    def figure(self, number: int | None, stop: Callable[[], bool], tell: Callable[[float], object]) -> Drawn | None:
        """The figure of message `number`, of a typical one when None."""
        figures = None if self._opened is None else self._intake.figures
        return None if figures is None else figures.figure(number, stop, tell, resting=self._growing())

    def line_of(self, row: int) -> int | None:
        """The line that shows row number `row`."""
        return None if self._opened is None else self._intake.places.line_of(row)

    @property
    def _intake(self) -> Intake:
        assert self._opened is not None, "there are snapshots only after the recording was opened"
        return self._opened[0]

    def _snapshot(self, growing: bool) -> Snapshot:
        assert self._opened is not None, "it was opened just now"
        intake, _, reporting = self._opened
        tally, header = intake.tally, intake.recording.header
        live = growing and not intake.recording.ended
        now = self._clock() if live else tally.last_ns
        phase = None if self.whole_run else tally.default_phase
        final = not live and intake.read is None
        report = reporting.report(intake.lines.rows, phase, now if live else None, final=final)
        start = header.began_ns or tally.began_ns or 0
        shared, apart = tally.calibration.shared, tally.calibration.apart
        return Snapshot(
            report=report,
            pid=header.pid or None,
            alive=tally.threads.alive,
            corrected=bool(shared.samples or apart.samples),
            live=live,
            settled=intake.lines.count,
            inside=intake.lines.inside,
            start_ns=start,
            now_ns=max(now, start),
            holds=tally.holds.now if live else (),
            capture_pid=header.capture_pid or None if live else None,
            loading=intake.read,
        )

    def _number(self, snapshot: Snapshot, index: int) -> int:
        """The row that line `index` shows."""
        settled = index < snapshot.settled
        return self._intake.lines.row_of(index) if settled else snapshot.inside[index - snapshot.settled]

    def _row(
        self, snapshot: Snapshot, index: int, *, alone: bool = False
    ) -> tuple[RowText, pa.RecordBatch, int, Columns]:
        """A row with its batch and its place there. `alone`: no others of its batch will be asked for."""
        assert self._opened is not None, "there are lines only after the recording was opened"
        intake, accounted, _ = self._opened
        number, place = intake.places.place(self._number(snapshot, index))
        batch, columns, offset = accounted.row(number, place, alone=alone)
        running = index >= snapshot.settled and snapshot.live
        watched = intake.surroundings.watched(number, place, int(columns.pid[offset]))
        row = row_text(index, batch, offset, columns, snapshot, running=running, watched=watched)
        if running:
            row = self._running(row, snapshot)
        known = intake.known if index < snapshot.settled else None
        if known is not None:
            row = replace(row, fd=known.descriptor_of(index), phase=known.phases_of(index))
        return row, batch, offset, columns

    def _running(self, row: RowText, snapshot: Snapshot) -> RowText:
        """A call that is running: it is inside from when it was let go on, if it was held before."""
        if any(hold.tid == row.tid for hold in snapshot.holds):
            return replace(row, result="held", inside_ns=0)
        gone_on = self._intake.tally.holds.gone_on(row.tid) - snapshot.start_ns
        return replace(row, inside_ns=max(0, min(row.inside_ns, snapshot.now_ns - snapshot.start_ns - gone_on)))
