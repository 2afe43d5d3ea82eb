"""A block of text that is put up anew again and again while a run is watched."""

from __future__ import annotations

from rich.text import Text
from textual.widgets import Static


class TextBlock(Static):
    """Text whose screen is laid out again only when the text needs another height.

    A layout costs more than the text itself, and paints the scroll bars once more.
    """

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, markup=False)
        self._put: Text | None = None

    def put(self, text: Text) -> None:
        """Show `text`."""
        if text == self._put:
            return
        self._put = text
        self.update(text, layout=False)
        width, height = self.content_size
        if not width or self.visual.get_height(self.styles.get_rules(), width) != height:
            self.refresh(layout=True)
