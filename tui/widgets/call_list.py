"""The virtual list of calls: only lines on screen are decoded."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from rich.segment import Segment

from tui.drawing.call_columns import columns
from tui.drawing.call_row import call_row
from tui.snapshot import RowText, Snapshot, Source
from tui.theme import palette_of
from tui.widgets.lines_view import LinesView

_KEPT: Final = 2_000
"""Decoded lines kept: some screenfuls to scroll back over without decoding again."""


class CallList(LinesView):
    """All calls and events of the recording, one a line."""

    def __init__(self, source: Source) -> None:
        super().__init__(follow=True, id="calls-list")
        self._source = source
        self._snapshot: Snapshot | None = None
        self._settled: OrderedDict[int, RowText] = OrderedDict()
        self._inside: dict[int, RowText] = {}

    @property
    def threads(self) -> int:
        """How many threads the recording knows; the list has a column for them when there are several."""
        return len(self._snapshot.report.threads) if self._snapshot else 0

    def show(self, snapshot: Snapshot) -> None:
        """List the calls of `snapshot`; follows the end when the cursor is there, else keeps its place."""
        if not snapshot.live and self._snapshot is None:
            self.following = False
        self._snapshot = snapshot
        self._inside.clear()
        self.lay_out(snapshot.rows)
        self.post_message(self.Moved(self, self.cursor))

    def segments(self, index: int, width: int) -> list[Segment]:
        """The line `index`."""
        return call_row(self.row(index), columns(width, self.threads), palette_of(self))

    def row(self, index: int) -> RowText:
        """Line `index`, decoded now or before."""
        known = self._settled.get(index) or self._inside.get(index)
        if known is None:
            self._decode(index)
            known = self._settled.get(index) or self._inside[index]
        return known

    def _decode(self, index: int) -> None:
        """Decode line `index` and the unknown ones below it that are on screen too."""
        snapshot = self._snapshot
        assert snapshot is not None, "there are no lines before the first snapshot"
        stop = index + 1
        while stop < self.on_screen.stop and stop not in self._settled and stop not in self._inside:
            stop += 1
        for row in self._source.rows(snapshot, index, min(stop, snapshot.rows)):
            settled = row.index < snapshot.settled
            (self._settled if settled else self._inside)[row.index] = row
        while len(self._settled) > _KEPT:
            self._settled.popitem(last=False)
