"""The one screen of a recording: heading, time bar, totals, and a tab for each way to look at it."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widgets import ContentSwitcher, Footer

from tui.drawing.heading import scope_note
from tui.live import LiveRun
from tui.messages import Polled, Printed
from tui.snapshot import Snapshot, Source
from tui.terminal import ProgramTerminal
from tui.widgets.calls_pane import CallsPane
from tui.widgets.details import DetailsPane
from tui.widgets.heading import Heading
from tui.widgets.output import Output
from tui.widgets.summary_pane import SummaryPane
from tui.widgets.tab_line import Tab, TabLine
from tui.widgets.time_bar import TimeBar
from tui.widgets.totals_line import TotalsLine

CALLS = Tab("1", "Calls", "calls")
SUMMARY = Tab("2", "Summary", "summary")
OUTPUT = Tab("8", "Output", "output")
ROOMY = 130
"""From this width on the details stand beside the list, and are open at first."""


class MainScreen(Screen[None]):
    """Routes snapshots to the widgets and keys to the tabs."""

    CSS_PATH = "main.tcss"
    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012  # declared so by Textual
        (0, "-narrow"),
        (ROOMY, "-wide"),
    ]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("1", "tab('calls')", "Calls", show=False),
        Binding("2", "tab('summary')", "Summary", show=False),
        Binding("8", "tab('output')", "Output", show=False),
        Binding("p", "pause", "Pause"),
    ]

    def __init__(self, source: Source, live: LiveRun | None, terminal: ProgramTerminal | None) -> None:
        super().__init__()
        self._calls = CallsPane(source)
        self._summary = SummaryPane()
        self._output = (
            Output(live, terminal, self._leave_output) if live is not None and terminal is not None else None
        )
        self._tabs = (CALLS, SUMMARY, OUTPUT) if self._output else (CALLS, SUMMARY)
        self._newest: Snapshot | None = None
        self._held: Snapshot | None = None

    def compose(self) -> ComposeResult:
        """Top to bottom as on screen."""
        yield Heading()
        yield TimeBar()
        yield TotalsLine()
        yield TabLine(self._tabs)
        with ContentSwitcher(initial=CALLS.pane, id="panes"):
            yield self._calls
            yield self._summary
            if self._output:
                yield self._output
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        """The details are open at first where there is room for them."""
        self.query_one(DetailsPane).display = self.app.size.width >= ROOMY
        self._calls.take_focus()

    def on_polled(self, event: Polled) -> None:
        """A new snapshot: show it, or only count while the view is paused."""
        self._newest = event.snapshot
        if self._output and not event.snapshot.live:
            self._output.end()
            self.refresh_bindings()
        if self._held is None:
            self._show(event.snapshot)
        else:
            self._show_heading(self._held)

    def on_printed(self, event: Printed) -> None:
        """The program's terminal has changed."""
        if self._output:
            self._output.show(event.picture)

    def action_pause(self) -> None:
        """Hold the view, or go on with the newest; the program runs on either way."""
        if self._newest is None:
            return
        if self._held is None and not self._newest.live:
            self.notify("Nothing to pause: the recording has ended.", timeout=3)
            return
        self._held = self._newest if self._held is None else None
        self._show(self._newest)

    def action_tab(self, pane: str) -> None:
        """Open the tab of `pane`."""
        for tab in self._tabs:
            if tab.pane == pane:
                self._open(tab)

    def on_tab_line_picked(self, event: TabLine.Picked) -> None:
        """A tab was clicked."""
        self._open(event.tab)

    def redraw(self) -> None:
        """Draw everything again, in another theme."""
        self._calls.redraw()
        for widget in self.query("*"):
            widget.refresh()

    def on_resize(self, _: events.Resize) -> None:
        """Nothing keeps its old width, the program's terminal included, whether its tab is open or not."""
        self.redraw()
        self.call_after_refresh(self._fit_output)

    @property
    def typing(self) -> bool:
        """Keys go to the program's terminal."""
        return self._output is not None and self._output.takes_keys

    def _fit_output(self) -> None:
        if self._output:
            self._output.fit(self._panes.size)

    def check_action(self, action: str, _parameters: tuple[object, ...]) -> bool | None:
        """While the program's terminal has the keys, ours are not offered."""
        return not (action in {"pause", "tab"} and self.typing)

    @property
    def _panes(self) -> ContentSwitcher:
        return self.query_one(ContentSwitcher)

    def _open(self, tab: Tab) -> None:
        self._panes.current = tab.pane
        self.query_one(TabLine).show(tab)
        panes = {CALLS: self._calls, SUMMARY: self._summary, OUTPUT: self._output}
        pane = panes[tab]
        if pane is not None:
            pane.take_focus()

    def _leave_output(self) -> None:
        self._open(CALLS)

    def _show(self, snapshot: Snapshot) -> None:
        self._show_heading(snapshot)
        self.query_one(TimeBar).show(snapshot.report)
        self.query_one(TotalsLine).show(snapshot.report.totals)
        self.query_one(TabLine).tell(scope_note(snapshot.report))
        self._calls.show(snapshot)
        self._summary.show(snapshot)

    def _show_heading(self, snapshot: Snapshot) -> None:
        since = None
        if self._held is not None and self._newest is not None:
            since = self._newest.report.totals.calls - self._held.report.totals.calls
        self.query_one(Heading).show(snapshot, since)
