"""The pane with everything about the selected call."""

from __future__ import annotations

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Static

from tui.drawing.details import details_lines
from tui.snapshot import Details
from tui.theme import palette_of


class DetailsPane(VerticalScroll, can_focus=True):
    """The lines of `tui.drawing.details`, wrapped to the pane."""

    DEFAULT_CSS = """
    DetailsPane { padding: 0 1; background: $panel; scrollbar-size-vertical: 1; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._details: Details | None = None

    def compose(self) -> ComposeResult:
        """One block of text."""
        yield Static(id="details-text", markup=False)

    def show(self, details: Details) -> None:
        """Show `details`, from its first line when it is about another row than before."""
        if details == self._details:
            return
        if self._details is None or self._details.row.index != details.row.index:
            self.scroll_home(animate=False)
        self._details = details
        self.draw()

    def draw(self) -> None:
        """Draw again, after a change of size or theme too."""
        if self._details is not None:
            lines = details_lines(self._details, self.size.width - 2, palette_of(self))
            self.query_one("#details-text", Static).update(Text("\n").join(lines))

    def on_resize(self) -> None:
        """The bar of times is as wide as the pane."""
        self.draw()
