"""Batches of a recording with their accounted columns, for lines on screen: made when asked for, kept a while."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

import pyarrow as pa

from tracer.analyze.calls import CallCodes
from tracer.analyze.columns import Columns, columns_of
from tui.intake import Intake

_KEPT: Final = 16


class AccountedBatches:
    """Those of what an `Intake` has taken in. For the screen's thread."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake
        self._codes = CallCodes()
        self._kept: OrderedDict[int, Columns] = OrderedDict()

    def row(self, number: int, place: int, *, alone: bool) -> tuple[pa.RecordBatch, Columns, int]:
        """The row at `place` of batch `number`: a batch it is in, with its columns, and its place in that.

        `alone`: no others of its batch will be asked for; a list of matches shows rows of many batches."""
        batch = self._intake.recording.batches[number]
        columns = self._kept.get(number)
        if columns is not None:
            self._kept.move_to_end(number)
            return batch, columns, place
        if alone:
            batch = batch.slice(place, 1)
            return batch, self._accounted(number, batch, place), 0
        columns = self._kept[number] = self._accounted(number, batch, 0)
        if len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return batch, columns, place

    def _accounted(self, number: int, batch: pa.RecordBatch, first: int) -> Columns:
        things = self._intake.objects[number][first : first + batch.num_rows]
        return columns_of(batch, self._intake.calibrations[number], self._codes, lambda _columns: things)
