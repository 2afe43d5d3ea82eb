"""The list of those who wait."""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical

from tracer.analyze.waiting_sets.waiting_sets import Waiter
from tui.drawing.grid import grid_titles
from tui.drawing.waiting_list import waiter_columns, waiter_line
from tui.theme import palette_of
from tui.widgets.lines_view import LinesView
from tui.widgets.titles import Titles

UP_AND_DOWN: list[BindingType] = [
    Binding("up,k", "move(-1)", "Line up", show=False),
    Binding("down,j", "move(1)", "Line down", show=False),
    Binding("pageup,b", "page(-1)", "Page up", show=False),
    Binding("pagedown,space", "page(1)", "Page down", show=False),
]
"""Keys of the lists of this tab: home and end go through the returns instead."""


class WaiterRows(LinesView, inherit_bindings=False):
    """One line per waiter. The cursor stays on its waiter while numbers and order change."""

    BINDINGS: ClassVar[list[BindingType]] = UP_AND_DOWN

    def __init__(self) -> None:
        super().__init__(id="waiter-rows")
        self.waiters: tuple[Waiter, ...] = ()

    def show(self, waiters: tuple[Waiter, ...]) -> None:
        """List `waiters`."""
        selected = self.selected
        self.waiters = waiters
        self.lay_out(len(waiters))
        for place, waiter in enumerate(waiters):
            if selected is not None and waiter.number == selected.number and place != self.cursor:
                self._go(place)

    @property
    def selected(self) -> Waiter | None:
        """The waiter the cursor is on."""
        return self.waiters[self.cursor] if self.cursor < len(self.waiters) else None

    def segments(self, index: int, width: int) -> list[Segment]:
        """The line `index`."""
        return waiter_line(self.waiters[index], waiter_columns(width), width, palette_of(self))


class WaiterList(Vertical):
    """The lines with their titles, as high as they need to be where the picture stands below."""

    def __init__(self) -> None:
        super().__init__(id="waiter-list")
        self.rows = WaiterRows()

    def compose(self) -> ComposeResult:
        """Titles and lines."""
        yield Titles(self._titles)
        yield self.rows

    def _titles(self, width: int) -> Text:
        return grid_titles(waiter_columns(width), width, palette_of(self))
