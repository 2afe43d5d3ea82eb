"""The one place where the screen touches a recording: follows it, keeps the totals, decodes lines on demand.

`poll` runs in a worker thread and is the only one to change anything; what it changes only grows, and a
snapshot says how much of it is valid. `rows` and `details` run in the screen's thread and only read.
"""

from __future__ import annotations

import time
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tracer.account.calibration import Calibration
from tracer.analyze.calls import CallCodes
from tracer.analyze.columns import Columns, columns_of
from tracer.analyze.tally import Tally
from tracer.recording.errors import RecordingError
from tracer.recording.reader import Recording
from tui.row_details import details_of
from tui.row_index import RowIndex
from tui.row_text import row_text
from tui.snapshot import Details, RowText, Snapshot

SLICE: Final = 0.1
"""Seconds one `poll` may take in a long file before it shows what it has."""
_ACCOUNTED: Final = 16
"""Batches whose accounted columns are kept for the lines on screen."""


class RecordingSource:
    """A recording, finished or growing."""

    def __init__(self, path: Path, growing: Callable[[], bool] = lambda: False) -> None:
        """`growing` tells whether somebody still writes the file."""
        self._path = path
        self._growing = growing
        self._recording: Recording | None = None
        self._tally: Tally | None = None
        self._index = RowIndex()
        self._firsts: list[int] = []
        self._calibrations: list[Calibration] = []
        self._objects: list[NDArray[np.uint8]] = []
        """What the descriptor of every row is, by batch: it depends on all batches before."""
        self._accounted: OrderedDict[int, Columns] = OrderedDict()
        self._codes = CallCodes()
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
        return [self._row(snapshot, index)[0] for index in range(start, min(stop, snapshot.rows))]

    def details(self, snapshot: Snapshot, index: int) -> Details:
        """Everything about line `index`."""
        row, batch, offset, columns = self._row(snapshot, index)
        return details_of(row, batch, offset, columns)

    def _open(self) -> Recording:
        if self._recording is None:
            self._recording = Recording.open(self._path)
            self._tally = Tally(self._recording.header)
        return self._recording

    def _take_in(self, recording: Recording) -> None:
        tally = self._tally
        assert tally is not None, "the tally is made when the recording is opened"
        until = time.monotonic() + SLICE
        while len(self._firsts) < len(recording.batches) and time.monotonic() < until:
            batch = recording.batches[len(self._firsts)]
            calibration = tally.calibration
            tally.add(batch)
            first = self._index.rows
            self._calibrations.append(calibration)
            self._objects.append(tally.used.things)
            self._firsts.append(first)
            self._index.add(batch)

    def _snapshot(self, recording: Recording, growing: bool) -> Snapshot:
        tally, header = self._tally, recording.header
        assert tally is not None, "the tally is made when the recording is opened"
        read, there = len(self._firsts), len(recording.batches)
        live = growing and not recording.ended
        now = time.monotonic_ns() if live else tally.last_ns
        report = tally.report(None if self.whole_run else tally.default_phase, now if live else None)
        start = header.began_ns or tally.began_ns or 0
        shared, apart = tally.calibration.shared, tally.calibration.apart
        return Snapshot(
            report=report,
            pid=header.pid or None,
            alive=sum(thread.alive for thread in report.threads),
            corrected=bool(shared.samples or apart.samples),
            live=live,
            settled=self._index.settled,
            inside=self._index.inside,
            start_ns=start,
            now_ns=max(now, start),
            loading=read / there if read < there else None,
        )

    def _row(self, snapshot: Snapshot, index: int) -> tuple[RowText, pa.RecordBatch, int, Columns]:
        settled = index < snapshot.settled
        number = self._index.row_of(index) if settled else snapshot.inside[index - snapshot.settled]
        batch_number = bisect_right(self._firsts, number) - 1
        offset = number - self._firsts[batch_number]
        batch, columns = self._batch(batch_number)
        running = not settled and snapshot.live
        row = row_text(index, batch, offset, columns, snapshot, running=running)
        return row, batch, offset, columns

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
