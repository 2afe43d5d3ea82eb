"""The start screen: what `iotrace` shows when it is typed alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from rich.text import Text
from textual import events, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import Screen
from textual.widgets import Input, Static

from tui.drawing.text import clean
from tui.offers import Offer, Offers, Verdict
from tui.screens.current_size import CurrentSize
from tui.theme import palette_of
from tui.widgets.key_line import KeyLine
from tui.widgets.lines_view import LinesView
from tui.widgets.offer_list import OfferList
from tui.widgets.tab_line import Tab, TabLine

TABS = (Tab("1", "Run a model", "run"), Tab("2", "Recordings", "view"), Tab("3", "Attach", "attach"))
EMPTY = {
    "run": "No model has this in its name or sentence.",
    "view": "No recording yet. Run a model, or: iotrace run -- PROGRAM",
    "attach": "No process has this in its name or command.",
}
REFRESH = 1.5
"""Seconds between two looks at the running processes."""


class StartScreen(CurrentSize, Screen[Offer]):
    """Three lists to choose from, narrowed by typing; closes with what was chosen."""

    CSS_PATH = "start.tcss"
    VERTICAL_BREAKPOINTS = [(0, "-low"), (36, "-tall")]  # noqa: RUF012  # declared so by Textual
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "choose", "Open", priority=True),
        Binding("1,f1", "tab('run')", "Models", show=False),
        Binding("2,f2", "tab('view')", "Recordings", show=False),
        Binding("3,f3", "tab('attach')", "Attach", show=False),
        Binding("tab", "next_tab(1)", "Next list", priority=True),
        Binding("shift+tab", "next_tab(-1)", "Previous list", show=False, priority=True),
        Binding("slash", "search", "Search", priority=True),  # at once: what is typed next is meant for it
        Binding("escape", "forget", "Back", show=False),
    ]

    def __init__(self, offers: Offers) -> None:
        super().__init__()
        self._offers = offers
        self._open = "run"
        self._list = OfferList()

    def compose(self) -> ComposeResult:
        """Title, tabs, what is typed, the list, more about the selected line, and the doctor's verdict."""
        yield Static("iotrace: where a program's time goes in its system calls, and what they copy", id="title")
        yield TabLine(TABS)
        yield Input(placeholder="/ to search", id="words", select_on_focus=False)
        yield self._list
        with VerticalScroll(id="about", can_focus=False):
            yield Static(id="about-text", markup=False)
        yield Static("checking what works here ...", id="verdict", markup=False)
        yield KeyLine()

    def on_mount(self) -> None:
        """Fill the first list and ask the doctor."""
        self._fill()
        self._ask_doctor()
        self.set_interval(REFRESH, self._refill)
        self.set_focus(self._list)

    def check_action(self, action: str, _parameters: tuple[object, ...]) -> bool | None:
        """While searching, / is a letter like others."""
        return not (action == "search" and self.query_one(Input).has_focus)

    def action_tab(self, tab: str) -> None:
        """Open a list."""
        self._open = tab
        self.query_one(TabLine).show(next(each for each in TABS if each.pane == tab))
        self.query_one(Input).value = ""
        self._list.show(())
        self._fill()

    def action_next_tab(self, step: int) -> None:
        """Open the list beside this one."""
        names = [tab.pane for tab in TABS]
        self.action_tab(names[(names.index(self._open) + step) % len(names)])

    def action_search(self) -> None:
        """Type to narrow the list."""
        self.set_focus(self.query_one(Input))

    def action_forget(self) -> None:
        """Stop searching."""
        self.query_one(Input).value = ""
        self.set_focus(self._list)

    def action_choose(self) -> None:
        """Close with the selected line."""
        if self._list.selected is not None:
            self.dismiss(self._list.selected)

    def on_tab_line_picked(self, event: TabLine.Picked) -> None:
        """A tab was clicked."""
        self.action_tab(event.tab.pane)

    def on_input_changed(self, event: Input.Changed) -> None:
        """What is typed narrows the list at once."""
        self._list.narrow(event.value)

    def on_key(self, event: events.Key) -> None:
        """While searching, up and down still move in the list."""
        if self.query_one(Input).has_focus and event.key in ("up", "down"):
            self._list.action_move(-1 if event.key == "up" else 1)
            event.stop()

    def on_lines_view_moved(self, _event: LinesView.Moved) -> None:
        """More about the line below the cursor."""
        self._explain(self._list.selected)

    def on_offer_list_narrowed(self, _event: OfferList.Narrowed) -> None:
        """An empty list says what would be there."""
        if self._list.selected is None:
            self._about(EMPTY[self._open])

    def _refill(self) -> None:
        if self._open == "attach":
            self._fill()

    def _fill(self) -> None:
        asked: dict[str, Callable[[], tuple[Offer, ...]]] = {
            "run": self._offers.models,
            "view": self._offers.recordings,
            "attach": self._offers.processes,
        }
        self._ask(self._open, asked[self._open])

    @work(thread=True, group="offers", exclusive=True)
    def _ask(self, tab: str, question: Callable[[], tuple[Offer, ...]]) -> None:
        self.app.call_from_thread(self._answered, tab, question())

    def _answered(self, tab: str, offers: tuple[Offer, ...]) -> None:
        if tab == self._open:
            self._list.show(offers)

    def _explain(self, offer: Offer | None) -> None:
        if offer is not None:
            self._ask_about(offer)

    @work(thread=True, group="about", exclusive=True)
    def _ask_about(self, offer: Offer) -> None:
        text = self._offers.explanation(offer)
        self.app.call_from_thread(self._explained, offer, text)

    def _explained(self, offer: Offer, text: str) -> None:
        if offer == self._list.selected:
            self._about(text)

    def _about(self, text: str) -> None:
        lines = Text("\n").join(Text(clean(line)) for line in text.splitlines())
        self.query_one("#about-text", Static).update(lines)

    @work(thread=True, group="doctor")
    def _ask_doctor(self) -> None:
        self.app.call_from_thread(self._judged, self._offers.verdict())

    def _judged(self, verdict: Verdict) -> None:
        palette = palette_of(self)
        style = palette.accent if verdict.works else palette.failed
        self.query_one("#verdict", Static).update(Text(clean(verdict.text), style))
