"""Tab 1: the list of calls, and the details of the selected one beside or below it."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from tracer.analyze.filter.errors import FilterError
from tracer.analyze.filter.listing import Order
from tracer.analyze.lines.jumps import at_time
from tracer.analyze.phases import MEASURE
from tui.drawing.call_columns import default_columns
from tui.screens.manual import ManualScreen
from tui.snapshot import RowKind, Snapshot, Source
from tui.widgets.call_jumps import JUMP_KEYS, CallJumps
from tui.widgets.call_table import ORDERS, CallTable
from tui.widgets.columns_dialog import ColumnsDialog
from tui.widgets.details import DetailsPane


class CallsPane(CallJumps):
    """The list with its titles, and the details pane: open at first where there is room for both."""

    BINDINGS: ClassVar[list[BindingType]] = [
        # With priority, that is before the next key is looked at: what is typed behind it is meant for the filter.
        Binding("slash", "filter", "Filter", key_display="/", tooltip="Type a filter", priority=True),
        Binding("x,ctrl+u", "clear_filter", "All calls again, in the order of time", show=False),
        Binding("enter", "toggle_details", "Details", tooltip="Open or close the details"),
        Binding("tab", "to_details", "To the details and back", show=False),
        Binding("escape", "close_details", "Close the details", show=False),
        Binding("S", "sort", "Sort by wall, kernel, blocked, ... and by time again", show=False),
        Binding("R", "reverse", "Reverse the order", show=False),
        Binding("c", "columns", "Choose the columns", show=False),
        Binding("m", "mark", "Measure from here to the cursor; again: no more", show=False),
        Binding("y", "copy", "Copy the call as text", show=False),
        Binding("M", "manual", "Manual page of the call", show=False),
        *JUMP_KEYS,
    ]

    def __init__(self, source: Source) -> None:
        super().__init__(source, id="calls")
        self._details = DetailsPane()
        self._opening = True
        """The cursor was not put where a finished recording is to open."""

    def compose(self) -> ComposeResult:
        """List and details."""
        yield self.table
        yield self._details

    def show(self, snapshot: Snapshot) -> None:
        """Show `snapshot` in both."""
        self.snapshot = snapshot
        self.table.show(snapshot)
        if self._opening:
            self._open_at_phase(snapshot)

    def take_focus(self) -> None:
        """Keys go to the list, at once."""
        self.screen.set_focus(self.table.list)

    def check_action(self, action: str, _parameters: tuple[object, ...]) -> bool | None:
        """A slash in a filter is part of it."""
        return not (action == "filter" and self.table.editing)

    def redraw(self) -> None:
        """Draw again in another theme."""
        self._details.draw()
        self.table.show_measure()

    def set_filter(self, text: str) -> None:
        """List only what the filter lets through; one that has an error is said to have it."""
        try:
            self.table.set_filter(text)
        except FilterError as error:
            self.notify(str(error), timeout=5, markup=False)

    def action_filter(self) -> None:
        """Type a filter."""
        self.table.edit_filter()

    def action_clear_filter(self) -> None:
        """Without filter and other order."""
        self.table.clear()

    def action_sort(self) -> None:
        """By the next of the orders, largest first."""
        place = ORDERS.index(self.table.order.field)
        self.table.set_order(Order(ORDERS[(place + 1) % len(ORDERS)]))

    def action_reverse(self) -> None:
        """Smallest first, or the latest."""
        self.table.set_order(Order(self.table.order.field, not self.table.order.reverse))

    def action_columns(self) -> None:
        """Ask which."""
        calls = self.table.list
        self.app.push_screen(ColumnsDialog(calls.chosen or default_columns(calls.threads)), self._chosen)

    def action_mark(self) -> None:
        """Measure from the line below the cursor; on the marked line itself, no more."""
        calls = self.table.list
        _, line = self._here()
        if line is not None:
            calls.marked = None if calls.marked == line else line
            calls.refresh()
            self.table.show_measure()

    def action_copy(self) -> None:
        """As strace would write it, to the terminal's clipboard (OSC 52)."""
        known, line = self._here()
        if known is not None and line is not None:
            text = known.text(line)
            self.app.copy_to_clipboard(text)
            self._say(f"Copied: {text[:60]}{'…' if len(text) > 60 else ''}")

    def action_toggle_details(self) -> None:
        """Open or close the details."""
        self._details.display = not self._details.display
        self._show_details()

    def action_to_details(self) -> None:
        """Keys go to the details, which open for it; or back to the list."""
        if self._details.has_focus:
            self.take_focus()
            return
        if not self._details.display:
            self.action_toggle_details()
        self._details.focus()

    def action_close_details(self) -> None:
        """Put the details away."""
        self._details.display = False
        self.take_focus()

    def on_details_pane_closed(self) -> None:
        """They ask for it themselves."""
        self.action_close_details()

    def action_manual(self) -> None:
        """Show what the manual says about the selected call."""
        if self.table.list.line is not None:
            row = self.table.list.row(self.table.list.cursor)
            if row.kind is RowKind.EVENT:
                self._say("This line is no call: it has no manual page.")
            else:
                self.app.push_screen(ManualScreen(row.name))

    def on_call_table_moved(self, event: CallTable.Moved) -> None:
        """The details are those of the line below the cursor."""
        event.stop()
        self._show_details()
        self.table.show_measure()

    def on_call_table_filter_left(self, event: CallTable.FilterLeft) -> None:
        """What the keys do has changed."""
        event.stop()
        self.refresh_bindings()

    def _open_at_phase(self, snapshot: Snapshot) -> None:
        """A finished run opens where its measured phase begins: what an interpreter does at its start is seldom
        what one looks for. Not when somebody has moved, or lists something else."""
        calls, known = self.table.list, self.source.known()
        phase = next((each for each in snapshot.report.phases if each.name == MEASURE), None)
        elsewhere = snapshot.live or calls.cursor > 0 or self.table.filter or self.table.editing
        self._opening = not elsewhere and phase is None and snapshot.loading is not None
        if phase is not None and known is not None and not elsewhere:
            calls.open_at(min(at_time(known, phase.begin_ns - known.start_ns), snapshot.settled - 1))

    def _chosen(self, chosen: tuple[str, ...] | None) -> None:
        if chosen is not None:
            self.table.list.chosen = chosen or None
            self.table.refresh_titles()

    def _show_details(self) -> None:
        line, snapshot = self.table.list.line, self.snapshot
        if snapshot is not None and self._details.display and line is not None and line < snapshot.rows:
            self._details.show(self.source.details(snapshot, line))
