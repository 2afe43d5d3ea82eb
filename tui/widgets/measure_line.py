"""The line below the list of calls that says what lies between the mark and the cursor."""

from __future__ import annotations

from tracer.analyze.lines.stretch import Stretches
from tui.drawing.measure import measure_text
from tui.snapshot import Source
from tui.theme import palette_of
from tui.widgets.text_block import TextBlock


class MeasureLine(TextBlock):
    """One line, there while a line of the list is marked."""

    DEFAULT_CSS = "MeasureLine { height: 1; display: none; background: $panel; }"

    def __init__(self, source: Source) -> None:
        super().__init__(id="measure")
        self._source = source
        self._sums: Stretches | None = None

    def show(self, mark: int | None, line: int | None) -> None:
        """Say what lies between the lines `mark` and `line`."""
        known = self._source.known()
        shown = known is not None and mark is not None and line is not None and line < known.lines.count
        self.display = shown
        if shown and known is not None and mark is not None and line is not None:
            self._sums = self._sums or Stretches(known.lines)
            self.put(measure_text(self._sums.between(mark, line), palette_of(self)))
