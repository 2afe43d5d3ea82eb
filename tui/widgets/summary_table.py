"""The lines of the summary."""

from __future__ import annotations

from rich.segment import Segment

from tracer.analyze.groups import GroupRow
from tui.drawing.summary import DEFAULT_SORT, sort_rows, summary_row
from tui.drawing.summary_columns import summary_layout
from tui.theme import palette_of
from tui.widgets.lines_view import LinesView


class SummaryTable(LinesView):
    """One line a row. The cursor stays on its row while numbers and order change."""

    def __init__(self) -> None:
        super().__init__(id="summary-table")
        self.sort = DEFAULT_SORT
        self.ascending = False
        self._rows: list[GroupRow] = []

    def show(self, rows: list[GroupRow]) -> None:
        """List `rows` in the chosen order."""
        selected = self.selected
        on_top = self.cursor == 0
        self._rows = sort_rows(rows, self.sort, ascending=self.ascending)
        keys = [row.key for row in self._rows]
        self.lay_out(len(keys))
        # On the first line the eye is on "whatever is worst", further down on the row it picked.
        if selected in keys and not on_top:
            self._go(keys.index(selected))

    @property
    def row(self) -> GroupRow | None:
        """The row the cursor is on."""
        return self._rows[self.cursor] if self.cursor < len(self._rows) else None

    @property
    def selected(self) -> str | None:
        """What names it."""
        return self.row.key if self.row is not None else None

    def order(self, what: str, *, ascending: bool) -> None:
        """Sort by the column `what`."""
        self.sort, self.ascending = what, ascending
        self.show(self._rows)

    def segments(self, index: int, width: int) -> list[Segment]:
        """The line `index`."""
        longest = max((row.times.own_ns for row in self._rows), default=0)
        return summary_row(self._rows[index], summary_layout(width), width, longest, palette_of(self))
