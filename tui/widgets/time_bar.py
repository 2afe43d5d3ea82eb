"""The four-way time bar below the heading."""

from __future__ import annotations

from rich.text import Text
from textual.widget import Widget

from tracer.analyze.results import Report, Totals
from tui.drawing.time_bar import time_bar
from tui.theme import palette_of


class TimeBar(Widget):
    """User, kernel, blocked and runnable time of the program."""

    DEFAULT_CSS = "TimeBar { height: 4; }"

    def __init__(self) -> None:
        super().__init__()
        self._totals = Totals()
        self._uncertainty_ns = 0
        self._untraced = False

    def show(self, report: Report) -> None:
        """Draw the totals of `report`."""
        if (report.totals, report.uncertainty_ns) != (self._totals, self._uncertainty_ns):
            self._totals, self._uncertainty_ns = report.totals, report.uncertainty_ns
            self._untraced = report.scope.trace is not None
            self.refresh()

    def render(self) -> Text:
        """The four lines."""
        palette = palette_of(self)
        lines = time_bar(self._totals, self._uncertainty_ns, self.size.width, palette, untraced=self._untraced)
        return Text("\n", no_wrap=True, end="").join(lines)
