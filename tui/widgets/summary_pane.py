"""Tab 2: what every syscall cost, sorted by any column."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical

from tui.drawing.summary import cells, summary_titles
from tui.drawing.summary_columns import summary_layout
from tui.snapshot import Snapshot
from tui.theme import palette_of
from tui.widgets.summary_table import SummaryTable
from tui.widgets.titles import Titles


class SummaryPane(Vertical):
    """The table with its titles; the titles carry the arrow of the sort order."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,<", "sort_by(-1)", "Sort by another column", key_display="←→"),
        Binding("right,>", "sort_by(1)", "… the next one", show=False),
        Binding("r", "reverse", "Reverse"),
    ]

    def __init__(self) -> None:
        super().__init__(id="summary")
        self._table = SummaryTable()

    def compose(self) -> ComposeResult:
        """Titles and table."""
        yield Titles(self._titles)
        yield self._table

    def show(self, snapshot: Snapshot) -> None:
        """Show the syscalls of `snapshot`."""
        self._table.show(snapshot.report.syscalls)

    def take_focus(self) -> None:
        """Keys go to the table."""
        self._table.focus()

    def action_sort_by(self, step: int) -> None:
        """Sort by the column beside the one it is sorted by, among those shown."""
        names = [column.what for column in summary_layout(self._table.scrollable_content_region.width)]
        here = names.index(self._table.sort) if self._table.sort in names else 0
        self._order(names[(here + step) % len(names)])

    def action_reverse(self) -> None:
        """Turn the order round."""
        self._table.order(self._table.sort, ascending=not self._table.ascending)
        self.query_one(Titles).refresh()

    def on_titles_clicked(self, event: Titles.Clicked) -> None:
        """Sort by the clicked column; a second click turns the order round."""
        width, left = self._table.scrollable_content_region.width, 0
        layout = summary_layout(width)
        for column in layout:
            room = cells(column, layout, width)
            if left <= event.x < left + room:
                self.action_reverse() if column.what == self._table.sort else self._order(column.what)
            left += room + 1

    def _order(self, what: str) -> None:
        """Numbers begin with the largest, names with A."""
        self._table.order(what, ascending=what == "name")
        self.query_one(Titles).refresh()

    def _titles(self, width: int) -> Text:
        table = self._table
        return summary_titles(summary_layout(width), width, table.sort, table.ascending, palette_of(self))
