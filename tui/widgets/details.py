"""The pane with everything about the selected call: a list with a cursor of its own, whose parts can be folded."""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from rich.text import Text
from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message

from tui.drawing.details import details_items
from tui.drawing.folding import Row, rows_of
from tui.snapshot import Details
from tui.theme import palette_of
from tui.widgets.lines_view import LinesView


class DetailsPane(LinesView):
    """The items of `tui.drawing.details`. What is folded stays folded from one call to the next."""

    DEFAULT_CSS = """
    DetailsPane { padding: 0 0 0 1; background: $panel; }
    """

    marks_blurred = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,space", "fold", "Fold or unfold", key_display="⏎"),
        Binding("left,h", "fold(False)", "Fold", show=False),
        Binding("right,l", "fold(True)", "Unfold", show=False),
        Binding("escape", "close", "Close the details"),
    ]

    class Closed(Message):
        """The keys are to go back to the list, and the pane away."""

    def __init__(self) -> None:
        super().__init__(id="details")
        self.details: Details | None = None
        """What is shown."""
        self._turned: frozenset[str] = frozenset()
        self._rows: list[Row] = []

    def show(self, details: Details) -> None:
        """Show `details`, from its first line when it is about another row than before."""
        if details == self.details:
            return
        another = self.details is None or self.details.row.index != details.row.index
        self.details = details
        if another:
            self.cursor = 0
        self.draw()
        if another:
            self._go(0)

    def draw(self) -> None:
        """Draw again, after a change of size or theme too."""
        if self.details is not None:
            width = max(20, self.scrollable_content_region.width)
            palette = palette_of(self)
            self._rows = rows_of(details_items(self.details, width, palette), width, palette, self._turned)
            self.lay_out(len(self._rows))

    def segments(self, index: int, _width: int) -> list[Segment]:
        """The line `index`."""
        return list(self._rows[index].text.render(self.app.console))

    def action_fold(self, opened: bool | None = None) -> None:
        """Fold what the cursor is on, or unfold it; nothing where there is nothing to fold."""
        row = self._rows[self.cursor] if self.cursor < len(self._rows) else Row(Text())
        if row.key and opened in {None, not row.opened}:
            self._turned ^= {row.key}
            self.draw()

    def action_close(self) -> None:
        """Give the keys back."""
        self.post_message(self.Closed())

    def on_lines_view_moved(self, event: LinesView.Moved) -> None:
        """The cursor in here is nobody else's business."""
        event.stop()

    def on_click(self, event: events.Click) -> None:
        """A click on what can be folded folds it."""
        index = self.scroll_offset.y + event.y
        if index < self.count:
            self.cursor = index
            self.action_fold()

    def on_resize(self) -> None:
        """Lines are as wide as the pane."""
        self.draw()
