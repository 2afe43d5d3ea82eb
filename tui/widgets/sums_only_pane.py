"""What stands in place of a tab that needs single calls, where a recording has only sums."""

from __future__ import annotations

from rich.text import Text
from textual.app import ComposeResult

from tui.drawing.sums_only import sums_only
from tui.snapshot import Snapshot
from tui.theme import palette_of
from tui.widgets.pane import Pane
from tui.widgets.text_block import TextBlock


class SumsOnlyPane(Pane, can_focus=True):
    """A sentence."""

    DEFAULT_CSS = "SumsOnlyPane TextBlock { padding: 1 2; }"

    def __init__(self) -> None:
        super().__init__(id="sums-only")
        self._text = TextBlock()
        self._instead_of = ""

    def compose(self) -> ComposeResult:
        """The text."""
        yield self._text

    def stand_for(self, pane: str) -> None:
        """Say why the tab `pane` is empty."""
        self._instead_of = pane
        self.redraw()

    def show(self, snapshot: Snapshot) -> None:
        """It is the same whatever comes."""
        del snapshot
        self.redraw()

    def take_focus(self) -> None:
        """There is nothing to do here, but the keys of the screen work."""
        self.focus()

    def redraw(self) -> None:
        """In the theme's colours."""
        self._text.put(Text(sums_only(self._instead_of), palette_of(self).text))
