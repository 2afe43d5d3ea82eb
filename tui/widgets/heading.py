"""The first line of the screen."""

from __future__ import annotations

from rich.text import Text
from textual.widget import Widget

from tui.drawing.heading import heading
from tui.snapshot import Snapshot
from tui.theme import palette_of


class Heading(Widget):
    """What is traced, by which clock, and how it stands."""

    DEFAULT_CSS = "Heading { height: 1; background: $panel; }"

    def __init__(self) -> None:
        super().__init__()
        self._snapshot: Snapshot | None = None
        self._since_pause: int | None = None

    def show(self, snapshot: Snapshot, since_pause: int | None) -> None:
        """Draw `snapshot`; `since_pause` = calls that came since the view was paused."""
        self._snapshot, self._since_pause = snapshot, since_pause
        self.refresh()

    def render(self) -> Text:
        """The line."""
        if self._snapshot is None:
            return Text(" iotrace  opening …", style=palette_of(self).accent)
        return heading(self._snapshot, self._since_pause, self.size.width, palette_of(self))
