"""The line of totals between the time bar and the tabs."""

from __future__ import annotations

from rich.text import Text
from textual.widget import Widget

from tracer.analyze.results import Totals
from tui.drawing.totals import totals_line
from tui.theme import palette_of


class TotalsLine(Widget):
    """Calls, failed and wasted ones, and copies."""

    DEFAULT_CSS = "TotalsLine { height: 1; }"

    def __init__(self) -> None:
        super().__init__()
        self._totals = Totals()

    def show(self, totals: Totals) -> None:
        """Draw `totals`."""
        if totals != self._totals:
            self._totals = totals
            self.refresh()

    def render(self) -> Text:
        """The line."""
        return totals_line(self._totals, self.size.width, palette_of(self))
