"""A few lines that are drawn by a function of their width."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rich.text import Text
from textual.widget import Widget

from tui.drawing.timeline_glyphs import Glyphs, spelled_text


class Drawn(Widget):
    """Lines of text above or below something else."""

    DEFAULT_CSS = "Drawn { height: auto; }"

    def __init__(
        self,
        rows: int,
        draw: Callable[[int], Sequence[Text]],
        glyphs: Glyphs,
        *,
        id: str | None = None,  # noqa: A002
    ) -> None:
        super().__init__(id=id)
        self._draw = draw
        self._glyphs = glyphs
        self.styles.height = rows

    def render(self) -> Text:
        """The lines."""
        return Text("\n", no_wrap=True, end="").join(
            spelled_text(line, self._glyphs) for line in self._draw(self.size.width)
        )
