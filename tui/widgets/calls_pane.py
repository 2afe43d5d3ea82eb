"""Tab 1: the list of calls, and the details of the selected one beside or below it."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical

from tui.drawing.call_columns import column_titles, columns
from tui.snapshot import Snapshot, Source
from tui.theme import palette_of
from tui.widgets.call_list import CallList
from tui.widgets.details import DetailsPane
from tui.widgets.lines_view import LinesView
from tui.widgets.titles import Titles


class CallsPane(Container):
    """The list with its titles, and the details pane: open at first where there is room for both."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "toggle_details", "Details"),
    ]

    def __init__(self, source: Source) -> None:
        super().__init__(id="calls")
        self._source = source
        self._snapshot: Snapshot | None = None
        self._list = CallList(source)
        self._details = DetailsPane()

    def compose(self) -> ComposeResult:
        """List and details."""
        with Vertical(id="calls-table"):
            yield Titles(self._titles)
            yield self._list
        yield self._details

    def show(self, snapshot: Snapshot) -> None:
        """Show `snapshot` in both."""
        several = self._snapshot is not None and len(self._snapshot.report.threads)
        self._snapshot = snapshot
        self._list.show(snapshot)
        if several != len(snapshot.report.threads):
            self.query_one(Titles).refresh()

    def take_focus(self) -> None:
        """Keys go to the list."""
        self._list.focus()

    def redraw(self) -> None:
        """Draw again in another theme."""
        self._details.draw()

    def action_toggle_details(self) -> None:
        """Open or close the details."""
        self._details.display = not self._details.display
        self._show_details(self._list.cursor)

    def on_lines_view_moved(self, event: LinesView.Moved) -> None:
        """The details are those of the line below the cursor."""
        event.stop()
        self._show_details(event.index)

    def _show_details(self, index: int) -> None:
        if self._snapshot is not None and self._details.display and index < self._snapshot.rows:
            self._details.show(self._source.details(self._snapshot, index))

    def _titles(self, width: int) -> Text:
        return column_titles(columns(width, self._list.threads), width, palette_of(self))
