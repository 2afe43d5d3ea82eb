"""The one screen of a recording: heading, time bar, totals, and a tab for each way to look at it."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import ContentSwitcher

from tui.drawing.heading import scope_notes
from tui.live import LiveRun
from tui.messages import GoTo, Polled, Printed, SetFilter
from tui.panes import CALLS, FINDINGS, OUTPUT, SUMMARY, TABS, panes_for
from tui.screens.stepping import STEP_ACTIONS, SteppingScreen
from tui.snapshot import Snapshot, Source
from tui.terminal import ProgramTerminal
from tui.widgets.calls_pane import CallsPane
from tui.widgets.details import DetailsPane
from tui.widgets.heading import Heading
from tui.widgets.key_line import KeyLine
from tui.widgets.output import Output
from tui.widgets.pane import Pane
from tui.widgets.step_panel import StepPanel
from tui.widgets.sums_only_pane import SumsOnlyPane
from tui.widgets.tab_line import Tab, TabLine
from tui.widgets.time_bar import TimeBar
from tui.widgets.totals_line import TotalsLine

ROOMY = 130
"""From this width on the details stand beside the list, and are open at first."""


class MainScreen(SteppingScreen):
    """Routes snapshots to the widgets and keys to the tabs."""

    CSS_PATH = "main.tcss"
    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012  # declared so by Textual
        (0, "-narrow"),
        (ROOMY, "-wide"),
    ]
    BINDINGS: ClassVar[list[BindingType]] = [
        *(Binding(tab.key, f"tab('{tab.pane}')", tab.title, show=False) for tab in TABS),
        Binding("p", "pause", "Pause", tooltip="Hold the view, or go on with the newest; the program runs on"),
    ]

    def __init__(self, source: Source, live: LiveRun | None, terminal: ProgramTerminal | None) -> None:
        super().__init__(source, live)
        self._panes = panes_for(source)
        self._output = (
            Output(live, terminal, self._leave_output) if live is not None and terminal is not None else None
        )
        self._tabs = (*self._panes, OUTPUT) if self._output else tuple(self._panes)
        self._sums_only = SumsOnlyPane()
        self._tab = CALLS
        self._newest: Snapshot | None = None
        self._held: Snapshot | None = None

    def compose(self) -> ComposeResult:
        """Top to bottom as on screen."""
        yield Heading()
        yield TimeBar()
        yield TotalsLine()
        yield TabLine(self._tabs)
        with ContentSwitcher(initial=CALLS.pane, id="panes"):
            yield from self._panes.values()
            yield self._sums_only
            if self._output:
                yield self._output
        yield self.step_panel
        yield KeyLine()

    def on_mount(self) -> None:
        """The details are open at first where there is room for them."""
        self.query_one(DetailsPane).display = self.app.size.width >= ROOMY
        self._panes[CALLS].take_focus()

    def on_polled(self, event: Polled) -> None:
        """A new snapshot: show it, or only count while the view is paused."""
        ended = not event.snapshot.live and (self._newest is None or self._newest.live)
        first, self._newest = self._newest is None, event.snapshot
        if first and event.snapshot.report.scope.summary:
            self._open(SUMMARY)
        self.step_panel.show(event.snapshot)
        if ended:
            if self._output:
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

    def on_step_panel_held_at(self, event: StepPanel.HeldAt) -> None:
        """The list of calls follows the held call."""
        self.refresh_bindings()
        calls = self._panes[CALLS]
        if self._tab is CALLS and self._held is None and isinstance(calls, CallsPane):
            calls.table.list.go_to_line(event.line)

    def action_pause(self) -> None:
        """Hold the view, or go on with the newest; the program runs on either way. Not offered after its end."""
        if self._newest is None:
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

    def on_go_to(self, event: GoTo) -> None:
        """Somebody wants to see a line of the list of calls."""
        self._open(CALLS)
        self._calls.go_to(event.line)

    def on_set_filter(self, event: SetFilter) -> None:
        """Somebody wants to see the calls that a filter lets through."""
        self._open(CALLS)
        self._calls.set_filter(event.text)

    def redraw(self) -> None:
        """Draw everything again, in another theme."""
        for pane in self._panes.values():
            pane.redraw()
        for widget in self.query("*"):
            widget.refresh()

    def on_resize(self, _: events.Resize) -> None:
        """Nothing keeps its old width, the program's terminal included, whether its tab is open or not."""
        self.redraw()
        self.call_after_refresh(self._fit_output)

    @property
    def _calls(self) -> CallsPane:
        return self.query_one(CallsPane)

    @property
    def open_pane(self) -> str:
        """The id of the pane of the open tab."""
        return self._tab.pane

    @property
    def typing(self) -> bool:
        """Keys go to the program's terminal."""
        return self._output is not None and self._output.takes_keys

    def _fit_output(self) -> None:
        if self._output:
            self._output.fit(self._switcher.size)

    def check_action(self, action: str, _parameters: tuple[object, ...]) -> bool | None:
        """While the program's terminal has the keys, ours are not offered."""
        if self.typing:
            return action not in {"pause", "tab", *STEP_ACTIONS}
        if action == "pause":
            return self._held is not None or self._newest is None or self._newest.live
        return self.may_step(action)

    @property
    def _switcher(self) -> ContentSwitcher:
        return self.query_one(ContentSwitcher)

    def _open(self, tab: Tab) -> None:
        self._tab = tab
        pane = self._pane_of(tab)
        self._switcher.current = tab.pane if pane is None else pane.id
        self.query_one(TabLine).show(tab)
        shown = self._held or self._newest
        if pane is not None:
            if shown is not None:
                pane.show(shown)
            pane.take_focus()
        elif self._output is not None:
            self._output.take_focus()

    def _pane_of(self, tab: Tab) -> Pane | None:
        """The tab's pane, or what stands for it where there are only sums; None for the program's terminal."""
        pane = self._panes.get(tab)
        if pane is None or tab is SUMMARY or self._newest is None or not self._newest.report.scope.summary:
            return pane
        self._sums_only.stand_for(tab.pane)
        return self._sums_only

    def _leave_output(self) -> None:
        self._open(CALLS)

    def _show(self, snapshot: Snapshot) -> None:
        self._show_heading(snapshot)
        self.query_one(TimeBar).show(snapshot.report)
        self.query_one(TotalsLine).show(snapshot.report.totals)
        found = {FINDINGS: len(snapshot.report.findings or ())}
        self.query_one(TabLine).tell(scope_notes(snapshot.report), found)
        pane = self._pane_of(self._tab)
        if pane is not None:
            pane.show(snapshot)

    def _show_heading(self, snapshot: Snapshot) -> None:
        since = None
        if self._held is not None and self._newest is not None:
            since = self._newest.report.totals.calls - self._held.report.totals.calls
        self.query_one(Heading).show(snapshot, since)
