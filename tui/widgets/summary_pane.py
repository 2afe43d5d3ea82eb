"""Tab 2: what calls cost, by name, thread, phase or error, sorted by any column; below, more about one."""

from __future__ import annotations

from threading import Event
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message

from tracer.analyze.groups import View, group_rows
from tracer.analyze.lines.sums import LineSums
from tui.drawing.summary import cells, summary_titles
from tui.drawing.summary_columns import summary_layout
from tui.messages import SetFilter
from tui.snapshot import Snapshot, Source
from tui.theme import palette_of
from tui.widgets.lines_view import LinesView
from tui.widgets.pane import Pane
from tui.widgets.summary_details import SummaryDetails
from tui.widgets.summary_table import SummaryTable
from tui.widgets.titles import Titles
from tui.widgets.view_line import ViewLine

AGAIN = 0.5
"""Seconds between two sums of a growing recording."""
_EMPTY = {
    View.CALL: "No call has returned yet.",
    View.THREAD: "No thread was seen yet.",
    View.PHASE: 'No phase is marked. A program marks one with write(-1, "iotrace:begin NAME", …) and '
    'write(-1, "iotrace:end NAME", …); bundled models mark theirs.',
    View.ERROR: "No call failed.",
}


class SummaryPane(Pane):
    """The table with its titles; the titles carry the arrow of the sort order."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("v", "view(1)", "View", tooltip="The next view: by call, thread, phase, error"),
        Binding("V", "view(-1)", "The view before this one", show=False),
        Binding("left,<", "sort_by(-1)", "Sort", key_display="←→", tooltip="Sort by the column to the left"),
        Binding("right,>", "sort_by(1)", "Sort by the column to the right", show=False),
        Binding("r", "reverse", "Reverse", tooltip="Reverse the order"),
        Binding("enter", "calls", "Its calls", tooltip="List the calls that this line sums up"),
    ]

    class Summed(Message):
        """The sums of a scope are there (None: they were interrupted)."""

        def __init__(self, sums: LineSums | None, phase: str | None) -> None:
            super().__init__()
            self.sums = sums
            self.phase = phase

    def __init__(self, source: Source) -> None:
        super().__init__(id="summary")
        self._source = source
        self._table = SummaryTable()
        self._views = ViewLine()
        self._details = SummaryDetails()
        self._snapshot: Snapshot | None = None
        self._sums: tuple[LineSums, str | None] = (LineSums(), None)
        self._busy = False
        self._stop = Event()

    @property
    def view(self) -> View:
        """The view that is open."""
        return self._views.view

    def compose(self) -> ComposeResult:
        """Views, titles, table, details."""
        yield self._views
        yield Titles(self._titles)
        yield self._table
        yield self._details

    def on_unmount(self) -> None:
        """Let the worker go."""
        self._stop.set()

    def show(self, snapshot: Snapshot) -> None:
        """Show the figures of `snapshot`, and have the rest worked out."""
        self._snapshot = snapshot
        self._fill()
        self._work_out()

    def take_focus(self) -> None:
        """Keys go to the table."""
        self._table.focus()

    def action_view(self, step: int) -> None:
        """Open another view."""
        views = list(View)
        self._open(views[(views.index(self.view) + step) % len(views)])

    def action_sort_by(self, step: int) -> None:
        """Sort by the column beside the one it is sorted by, among those shown."""
        names = [column.what for column in summary_layout(self._table.scrollable_content_region.width)]
        here = names.index(self._table.sort) if self._table.sort in names else 0
        self._order(names[(here + step) % len(names)])

    def action_reverse(self) -> None:
        """Turn the order round."""
        self._table.order(self._table.sort, ascending=not self._table.ascending)
        self._redraw()

    def action_calls(self) -> None:
        """Show the calls that the selected row is the sum of."""
        if self._table.row is not None:
            self.post_message(SetFilter(self._table.row.filter))

    def on_view_line_picked(self, event: ViewLine.Picked) -> None:
        """A view was clicked."""
        self._open(event.view)

    def on_titles_clicked(self, event: Titles.Clicked) -> None:
        """Sort by the clicked column; a second click turns the order round."""
        width, left = self._table.scrollable_content_region.width, 0
        layout = summary_layout(width)
        for column in layout:
            room = cells(column, layout, width)
            if left <= event.x < left + room:
                self.action_reverse() if column.what == self._table.sort else self._order(column.what)
            left += room + 1

    def on_lines_view_moved(self, event: LinesView.Moved) -> None:
        """The details are those of the row below the cursor."""
        event.stop()
        self._redraw()

    def on_summary_pane_summed(self, event: Summed) -> None:
        """Show them; when more has come meanwhile, have that summed in a while."""
        self._busy = False
        if event.sums is not None:
            self._sums = (event.sums, event.phase)
            self._fill()
        if self._snapshot is not None and self._snapshot.live:
            self.set_timer(AGAIN, self._work_out)
        else:
            self._work_out()

    def _open(self, view: View) -> None:
        self._views.view = view
        self._table.cursor = 0
        self._fill()
        self._views.refresh()

    def _fill(self) -> None:
        if self._snapshot is not None:
            report = self._snapshot.report
            sums, phase = self._sums
            self._table.show(group_rows(self.view, report, sums if phase == report.phase else LineSums()))
        self._redraw()

    def _redraw(self) -> None:
        working = self.view is View.ERROR and not self._up_to_date
        empty = "Being worked out …" if working else _EMPTY[self.view]
        self._details.show(self._table.row, self.view, empty)
        for titles in self.query(Titles):
            titles.refresh()

    @property
    def _up_to_date(self) -> bool:
        sums, phase = self._sums
        snapshot = self._snapshot
        if snapshot is None or not sums.settled:
            return False
        return sums.lines >= snapshot.settled and phase == snapshot.report.phase

    def _work_out(self) -> None:
        snapshot = self._snapshot
        if self._busy or snapshot is None or self._up_to_date:
            return
        self._busy = True
        phase = snapshot.report.phase
        self.run_worker(
            lambda: self.post_message(self.Summed(self._source.line_sums(snapshot, self._stop.is_set), phase)),
            thread=True,
        )

    def _order(self, what: str) -> None:
        """Numbers begin with the largest, names with A."""
        self._table.order(what, ascending=what == "name")
        self._redraw()

    def _titles(self, width: int) -> Text:
        table = self._table
        layout = summary_layout(width)
        return summary_titles(self.view, layout, width, table.sort, table.ascending, palette_of(self))
