"""The titles above a list."""

from __future__ import annotations

from collections.abc import Callable

from rich.text import Text
from textual import events
from textual.message import Message
from textual.widget import Widget


class Titles(Widget):
    """One line, drawn by a function of its width, that stays put while the list below it scrolls."""

    DEFAULT_CSS = "Titles { height: 1; background: $panel; }"

    class Clicked(Message):
        """The line was clicked at column `x`."""

        def __init__(self, x: int) -> None:
            super().__init__()
            self.x = x

    def __init__(self, draw: Callable[[int], Text]) -> None:
        super().__init__()
        self._draw = draw

    def render(self) -> Text:
        """The line; the list below has a scroll bar, one cell wide."""
        return self._draw(self.size.width - 1)

    def on_click(self, event: events.Click) -> None:
        """Tell the pane."""
        self.post_message(self.Clicked(event.x))
