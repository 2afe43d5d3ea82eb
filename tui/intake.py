"""Reads a recording as it grows, into the totals and the indexes the screen is served from.

One worker thread takes in; what it changes only grows, so others may read at the same time up to what a snapshot
says is valid.
"""

from __future__ import annotations

import time
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tracer.account.calibration import Calibration
from tracer.analyze.descriptors.lives import DescriptorLives
from tracer.analyze.diagnosis import Diagnosis
from tracer.analyze.filter.known import Known
from tracer.analyze.lines.lines import Lines
from tracer.analyze.row_places import RowPlaces
from tracer.recording.reader import Recording
from tracer.recording.stretches import groups, joined
from tui.figures import Figures
from tui.surroundings import Surroundings

SLICE: Final = 0.1
"""Seconds one `take_in` may take in a long file before it lets the screen show what there is."""
LONG: Final = 1 << 16
"""Of a recording with more rows, the first ones are shown at once."""
_FIRST: Final = 1 << 12
"""So many of them: enough for a screen. Later stretches are longer, which is quicker by row."""
_NO_THINGS: Final = np.zeros(0, np.uint8)


class Intake:
    """All that is kept of one recording."""

    def __init__(self, recording: Recording) -> None:
        self.recording = recording
        self.diagnosis = Diagnosis(recording.header)
        self.tally = self.diagnosis.tally
        self.lines = Lines()
        self.firsts: list[int] = []
        """By batch: the number of its first row."""
        self.calibrations: list[Calibration] = []
        """By batch: the one in force."""
        self.objects: list[NDArray[np.uint8]] = []
        """What the descriptor of every row is, by batch: it depends on all batches before."""
        self.places = RowPlaces(recording.batches, self.firsts, self.lines)
        self.descriptors = DescriptorLives(self.places, self.tally)
        self.surroundings = Surroundings(self.tally, self.places, recording.header)
        self.figures = Figures(recording.header, recording.batches, self.places)
        self._known: Known | None = None

    @property
    def read(self) -> float | None:
        """Which part of the batches there are was taken in, 0 to 1; None when all of them."""
        read, there = len(self.firsts), len(self.recording.batches)
        return read / there if read < there else None

    @property
    def known(self) -> Known | None:
        """The lines with all that filters and jumps ask about; None before the first of them is there."""
        tally, lines, places = self.tally, self.lines, self.places
        if self._known is None and tally.began_ns is not None:
            self._known = Known(
                lines, tally.codes.facts, tally.descriptors.seen, tally.threads.lives, tally.phases.members,
                self.recording.header.began_ns or tally.began_ns, lambda line: places.row(lines.row_of(line)),
            )  # fmt: skip
        return self._known

    def take_in(self) -> None:
        """Take in what is new, for about `SLICE` seconds; the beginning of a long recording takes less."""
        self.recording.poll()
        until = time.monotonic() + SLICE
        new = self.recording.batches[len(self.firsts) :]
        soon = not self.firsts and self.recording.rows > LONG
        for group in [next(groups(new, _FIRST))] if soon else groups(new):
            self._take(group)
            if time.monotonic() >= until:
                break
        if self.known is not None:
            self.known.numbers.extend()
        if self.read is None:
            self.surroundings.settle(final=self.recording.ended)

    def _take(self, group: list[pa.RecordBatch]) -> None:
        """Take in the batches of one stretch."""
        stretch, calibration, first = joined(group), self.tally.calibration, self.lines.rows
        counted = self.diagnosis.add(stretch)
        things = counted.used.things if counted is not None else _NO_THINGS
        start = 0
        for batch in group:
            self.calibrations.append(calibration)
            self.objects.append(things[start : start + batch.num_rows])
            self.firsts.append(first + start)
            self.surroundings.add(batch)
            start += batch.num_rows
        if counted is not None:
            self.lines.add(stretch, counted)
