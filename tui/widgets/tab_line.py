"""The names of the tabs in one line."""

from __future__ import annotations

from dataclasses import dataclass

from rich.cells import cell_len
from rich.style import Style
from rich.text import Text
from textual import events
from textual.message import Message
from textual.widget import Widget

from tui.drawing.text import fit
from tui.theme import palette_of

_REVERSE = Style(reverse=True)


@dataclass(frozen=True, slots=True)
class Tab:
    """A tab: the key that opens it, its title, the id of its pane, and its title where room is short."""

    key: str
    title: str
    pane: str
    short: str = ""

    def label(self, count: int = 0, *, short: bool = False) -> str:
        """What the line shows for it; `count`: how many things there are in it, 0 = nothing to say."""
        many = f" ({count})" if count else ""
        return f"{self.key} {self.short or self.title}{many}" if short else f" {self.key} {self.title}{many} "


class TabLine(Widget):
    """One tab after the other; the open one stands out by reversal, not by colour alone."""

    DEFAULT_CSS = "TabLine { height: 1; }"

    class Picked(Message):
        """A tab was clicked."""

        def __init__(self, tab: Tab) -> None:
            super().__init__()
            self.tab = tab

    def __init__(self, tabs: tuple[Tab, ...]) -> None:
        super().__init__()
        self._tabs = tabs
        self._open = tabs[0]
        self._notes: tuple[str, ...] = ("",)
        self._counts: dict[Tab, int] = {}

    @property
    def labels(self) -> list[str]:
        """What is written for each tab: the short titles where the others do not fit."""
        whole = [tab.label(self._counts.get(tab, 0)) for tab in self._tabs]
        fits = sum(map(len, whole)) + len(whole) <= self.size.width
        return whole if fits else [tab.label(self._counts.get(tab, 0), short=True) for tab in self._tabs]

    def show(self, tab: Tab) -> None:
        """Mark `tab` as the open one."""
        self._open = tab
        self.refresh()

    def tell(self, notes: tuple[str, ...], counts: dict[Tab, int]) -> None:
        """Put the first of `notes` that fits at the right end of the line, if any does; `counts`: how many things
        there are in a tab, where that is worth saying."""
        if (notes, counts) != (self._notes, self._counts):
            self._notes, self._counts = notes, counts
            self.refresh()

    def render(self) -> Text:
        """The line."""
        palette = palette_of(self)
        line = Text(no_wrap=True, end="")
        for tab, label in zip(self._tabs, self.labels, strict=True):
            line.append(label, palette.strong + _REVERSE if tab is self._open else palette.text)
            line.append(" ")
        room = self.size.width - line.cell_len - 1
        note = next((note for note in self._notes if cell_len(note) <= room), "")
        line.append(fit(note, room, right=True), palette.faint)
        return line

    def on_click(self, event: events.Click) -> None:
        """Find the tab below the pointer."""
        left = 0
        for tab, label in zip(self._tabs, self.labels, strict=True):
            if left <= event.x < left + len(label):
                self.post_message(self.Picked(tab))
            left += len(label) + 1
