"""Where the rows of a recording are: in which batch, and on which line of the list of calls.

For views that look at single rows of a recording that may have millions.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tracer.analyze.lines.lines import CHUNK, Lines
from tracer.recording.captured import Row, captured

Ints = NDArray[np.int64]


class RowPlaces:
    """The batches taken in so far. All three arguments may grow while this is used."""

    def __init__(self, batches: Sequence[pa.RecordBatch], firsts: Sequence[int], lines: Lines) -> None:
        """`firsts`: the number of the first row of every batch."""
        self._batches, self._firsts, self.lines = batches, firsts, lines

    def place(self, row: int) -> tuple[int, int]:
        """Number of the batch of a row, and its place there."""
        number = bisect_right(self._firsts, row) - 1
        return number, row - self._firsts[number]

    def batch(self, row: int) -> tuple[pa.RecordBatch, int]:
        """The batch of a row, and its place there."""
        number, offset = self.place(row)
        return self._batches[number], offset

    def row(self, row: int) -> Row:
        """A row as plain values."""
        batch, offset = self.batch(row)
        return captured(batch).row(offset)

    def at_ns(self, row: int) -> int:
        """CLOCK_MONOTONIC of a row: a call's entry, or the moment of an event."""
        batch, offset = self.batch(row)
        return int(batch.column("at_ns")[offset].as_py())

    def grouped(self, rows: Ints) -> Iterator[tuple[pa.RecordBatch, Ints, slice]]:
        """Ascending `rows` by batch: the batch, their places in it, and where they stand among `rows`."""
        if not len(rows):
            return
        first, last = self.place(int(rows[0]))[0], self.place(int(rows[-1]))[0]
        for number in range(first, last + 1):
            begin = self._firsts[number]
            end = begin + self._batches[number].num_rows
            here = slice(int(np.searchsorted(rows, begin)), int(np.searchsorted(rows, end)))
            if here.start < here.stop:
                yield self._batches[number], rows[here] - begin, here

    def line_of(self, row: int) -> int | None:
        """The line that shows a row; None for a row that is no line (a call that was still running, say).

        A line's number is not greater than its row's, and mostly a little smaller: it is searched from there back.
        """
        upto = min(row + 1, self.lines.count)
        while upto > 0:
            first = max(0, (upto - 1) // CHUNK * CHUNK)
            for chunk in self.lines.chunks(first, upto):
                found = np.flatnonzero(chunk.row == row)
                if len(found):
                    return first + int(found[0])
            upto = first
        return self._late(row)

    def _late(self, row: int) -> int | None:
        """Calls that never returned become lines late, when their thread has ended."""
        for chunk in self.lines.chunks(row + 1):
            found = np.flatnonzero(chunk.row == row)
            if len(found):
                return chunk.first + int(found[0])
        return None
