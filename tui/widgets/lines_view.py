"""A scrolling list of lines with a cursor, drawn line by line so that millions of them cost nothing.

Textual asks for the visible lines only (its line API); what a line shows comes from the subclass. While the
cursor is on the last line the list follows what is added; anywhere else it keeps its place.
"""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tui.theme import palette_of


class LinesView(ScrollView, can_focus=True):
    """A virtual list; subclasses draw line `index` in `segments` and tell how many there are by `lay_out`."""

    DEFAULT_CSS = """
    LinesView { height: 1fr; overflow-x: hidden; overflow-y: scroll; scrollbar-size-vertical: 1; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Line up", show=False),
        Binding("down,j", "move(1)", "Line down", show=False),
        Binding("pageup,b", "page(-1)", "Page up", show=False),
        Binding("pagedown,space", "page(1)", "Page down", show=False),
        Binding("home,g", "first", "First line", show=False),
        Binding("end,G", "last", "Last line; follows what is added", show=False),
    ]

    marks_blurred = True
    """The cursor is seen while the keys go elsewhere, too."""

    class Moved(Message):
        """The cursor is on another line, or the line it is on has changed."""

        def __init__(self, view: LinesView, index: int) -> None:
            super().__init__()
            self.view = view
            self.index = index

        @property
        def control(self) -> LinesView:
            """The list it is about."""
            return self.view

    def __init__(self, *, follow: bool = False, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.count = 0
        self.cursor = 0
        self.following = follow
        self._follows = follow

    def lay_out(self, count: int) -> None:
        """There are `count` lines now."""
        if count != self.count:
            self.count = count
            self._hold(count)
        if self.following:
            self._go(count - 1)
        else:
            self.cursor = max(0, min(self.cursor, count - 1))
        self.refresh()

    def segments(self, index: int, width: int) -> list[Segment]:
        """Line `index` in `width` cells."""
        raise NotImplementedError

    @property
    def on_screen(self) -> range:
        """The lines on screen."""
        top = round(self.scroll_y)
        return range(top, min(self.count, top + self.scrollable_content_region.height))

    def render_line(self, y: int) -> Strip:
        """Line `y` of what is on screen."""
        index = self.scroll_offset.y + y
        width = self.scrollable_content_region.width
        style = self.rich_style
        if not 0 <= index < self.count:
            return Strip.blank(width, style)
        if index == self.cursor and (self.has_focus or self.marks_blurred):
            palette = palette_of(self)
            style += palette.cursor if self.has_focus else palette.cursor_blurred
        return Strip(self.segments(index, width)).adjust_cell_length(width).apply_style(style)

    def move_to(self, index: int) -> None:
        """Put the cursor on line `index` (or the nearest there is) and bring it into view."""
        self._go(index)
        self.following = self._follows and self.cursor == self.count - 1
        self.refresh()
        self.post_message(self.Moved(self, self.cursor))

    def action_move(self, lines: int) -> None:
        """Move the cursor."""
        self.move_to(self.cursor + lines)

    def action_page(self, pages: int) -> None:
        """Move the cursor by a screenful less one line."""
        self.move_to(self.cursor + pages * max(1, self.scrollable_content_region.height - 1))

    def action_first(self) -> None:
        """Go to the first line."""
        self.move_to(0)

    def action_last(self) -> None:
        """Go to the last line."""
        self.move_to(self.count - 1)

    def on_click(self, event: events.Click) -> None:
        """Put the cursor where the click was."""
        index = self.scroll_offset.y + event.y
        if index < self.count:
            self.move_to(index)

    def on_mouse_scroll_up(self) -> None:
        """Looking back means staying there."""
        self.following = False

    def on_resize(self) -> None:
        """Keep the cursor in view."""
        self._go(self.cursor)

    def _hold(self, count: int) -> None:
        """Room for `count` lines. Where the list stands nothing moves, so the screen need not be laid out again for
        it, which would cost more than the lines and paint the scroll bar once more."""
        if self.vertical_scrollbar.is_mounted and self.show_vertical_scrollbar and self.size:
            self.set_reactive(LinesView.virtual_size, Size(0, count))
            self.vertical_scrollbar.window_virtual_size = count
        else:
            self.virtual_size = Size(0, count)

    def _go(self, index: int) -> None:
        self.cursor = max(0, min(index, self.count - 1))
        height = max(1, self.scrollable_content_region.height)
        top = max(self.cursor - height + 1, min(round(self.scroll_y), self.cursor))
        top = max(0, min(top, self.count - height))
        if top != round(self.scroll_y):
            self.scroll_to(y=top, animate=False, immediate=True, force=True)
