"""The part of the summary about the selected row."""

from __future__ import annotations

from rich.text import Text
from textual.widget import Widget

from tracer.analyze.groups import GroupRow, View
from tui.drawing.summary_details import summary_details
from tui.theme import palette_of


class SummaryDetails(Widget):
    """Its times, errors, copies, and histograms."""

    DEFAULT_CSS = "SummaryDetails { height: 45%; min-height: 7; background: $panel; padding: 0 1; }"

    def __init__(self) -> None:
        super().__init__()
        self._shown: tuple[GroupRow | None, View] = (None, View.CALL)
        self._empty = ""

    def show(self, row: GroupRow | None, view: View, empty: str) -> None:
        """Draw `row` of `view`; without one `empty` says why there is none."""
        if (row, view) != self._shown or empty != self._empty:
            self._shown, self._empty = (row, view), empty
            self.refresh()

    def render(self) -> Text:
        """The lines."""
        row, view = self._shown
        palette = palette_of(self)
        if row is None:
            return Text(self._empty, palette.faint)
        size = self.content_size
        lines = summary_details(row, view, size.width, size.height, palette)
        return Text("\n", no_wrap=True, end="").join(lines)
