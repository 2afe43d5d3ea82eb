"""A few paragraphs about what is selected, wrapped and scrollable."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import VerticalScroll

from tui.widgets.text_block import TextBlock


class Story(VerticalScroll, can_focus=True):
    """Lines of text; a new subject begins at its first line."""

    DEFAULT_CSS = """
    Story { padding: 0 1; background: $panel; scrollbar-size-vertical: 1; }
    """

    def __init__(self, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._text = TextBlock()
        self._about: object = None

    def compose(self) -> ComposeResult:
        """One block of text."""
        yield self._text

    def show(self, about: object, lines: Sequence[Text]) -> None:
        """Show `lines`, which are about `about`."""
        if about != self._about:
            self.scroll_home(animate=False)
        self._about = about
        self._text.put(Text("\n").join(lines))
