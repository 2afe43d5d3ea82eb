"""The lanes of the timeline: a virtual list, of which only the lanes on screen are ever computed."""

from __future__ import annotations

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tui.drawing.text import fit
from tui.drawing.timeline_glyphs import Glyphs, spelled
from tui.drawing.timeline_lane import Canvas, draw_lane
from tui.drawing.timeline_layout import Entry, Layout, labels
from tui.drawing.timeline_window import Window
from tui.theme import palette_of
from tui.timeline_scene import Scene


def label_width(width: int) -> int:
    """Cells left of the lanes for what they are called."""
    return 14 if width < 110 else 22


class TimelineLanes(ScrollView, can_focus=True, inherit_bindings=False):
    """Draws; what is selected and how it is zoomed is the pane's to say."""

    DEFAULT_CSS = """
    TimelineLanes { height: 1fr; overflow-x: hidden; overflow-y: auto; scrollbar-size-vertical: 1;
        scrollbar-gutter: stable; }
    """

    class Pointed(Message):
        """The mouse did something at a cell of a lane: press, drag, or wheel (`turns` below 0: up, closer)."""

        def __init__(self, cell: int, thread: int | None, what: str, turns: int = 0) -> None:
            super().__init__()
            self.cell = cell
            self.thread = thread
            self.what = what
            self.turns = turns

    class Resized(Message):
        """There is room for more or fewer lanes or cells."""

    def __init__(self, glyphs: Glyphs) -> None:
        super().__init__()
        self._glyphs = glyphs
        self._scene: Scene | None = None
        self._window: Window | None = None
        self._layout: Layout | None = None
        self._thread: int | None = None
        self._cursor = 0
        self._range: range | None = None
        self._drawn: dict[int, Canvas] = {}
        self._labels: dict[int, list[str]] = {}
        self._pressed = False

    @property
    def cells(self) -> int:
        """Cells a lane has."""
        return max(10, self.scrollable_content_region.width - label_width(self.size.width))

    def show(
        self, scene: Scene, window: Window, layout: Layout, thread: int | None, cursor: int, chosen: range | None
    ) -> None:
        """Draw `layout` of `scene`: the cursor is in cell `cursor` of the lane of `thread`, the cells `chosen` are
        selected."""
        picture = (scene, window, layout)
        same = scene is self._scene and window == self._window and layout == self._layout
        if not same or thread != self._thread:
            self._drawn.clear()
            self._labels.clear()
        self._scene, self._window, self._layout = picture
        self._thread, self._cursor, self._range = thread, cursor, chosen
        if self.virtual_size.height != layout.rows:
            self.virtual_size = Size(0, layout.rows)
        self.refresh()

    def reveal(self, thread: int | None) -> None:
        """Scroll so that the lane of `thread` is on screen."""
        if self._layout is None or thread not in self._layout.threads:
            return
        entry = self._layout.entry_of(thread)
        height = max(1, self.scrollable_content_region.height)
        top = max(entry.top + entry.rows - height, min(round(self.scroll_y), entry.top))
        if top != round(self.scroll_y):
            self.scroll_to(y=top, animate=False, immediate=True, force=True)

    def render_line(self, y: int) -> Strip:
        """Line `y` of what is on screen."""
        width, style = self.scrollable_content_region.width, self.rich_style
        row = self.scroll_offset.y + y
        entry = self._layout.entry_at(row) if self._layout is not None else None
        if entry is None:
            return Strip.blank(width, style)
        segments = (
            self._heading(entry) if entry.thread is None else self._lane(entry, entry.thread, row - entry.top)
        )
        return Strip(segments).adjust_cell_length(width).apply_style(style)

    def _heading(self, entry: Entry) -> list[Segment]:
        palette = palette_of(self)
        width = self.scrollable_content_region.width
        text = f" {entry.text} "
        rule = self._glyphs.border * max(0, width - len(text))
        return [Segment(spelled(text, self._glyphs), palette.accent), Segment(rule, palette.faint)]

    def _lane(self, entry: Entry, thread: int, row: int) -> list[Segment]:
        palette, room = palette_of(self), label_width(self.size.width)
        canvas = self._canvas(thread)
        assert self._layout is not None, "a lane is an entry of a layout"
        text = self._labels.setdefault(thread, labels(entry, self._layout.shape))[row]
        here = thread == self._thread
        mark = ("▸" if row == 0 else " ") if here else " "
        style = palette.strong if here and row == 0 else palette.text if row == 0 else palette.faint
        label = Segment(spelled(mark + fit(text, room - 2, right=row > 0) + " ", self._glyphs), style)
        return [label, *canvas.segments(row, palette, self._over(here=here))]

    def _over(self, *, here: bool) -> dict[int, Style]:
        """Styles laid over cells: the selection in the lane of the cursor, the cursor in all."""
        palette = palette_of(self)
        over: dict[int, Style] = {}
        if self._range is not None and here:
            over = {cell: palette.cursor_blurred for cell in self._range if 0 <= cell < self.cells}
        if 0 <= self._cursor < self.cells:
            over[self._cursor] = palette.cursor if here else palette.cursor_blurred
        return over

    def _canvas(self, thread: int) -> Canvas:
        """The drawn lane; all that are on screen are drawn at once."""
        if thread not in self._drawn:
            scene, window, layout = self._scene, self._window, self._layout
            assert scene is not None, "there is a lane"
            assert window is not None, "there is a lane"
            assert layout is not None, "there is a lane"
            top = self.scroll_offset.y
            rows = range(top, top + self.scrollable_content_region.height)
            seen = dict.fromkeys(
                entry.thread for row in rows if (entry := layout.entry_at(row)) and entry.thread is not None
            )
            missing = [each for each in seen if each not in self._drawn] or [thread]
            lanes = scene.lanes(missing, window, self._glyphs, self._thread)
            for each, lane in zip(missing, lanes, strict=True):
                self._drawn[each] = draw_lane(lane, layout.shape, self._glyphs)
        return self._drawn[thread]

    def on_resize(self) -> None:
        """The lanes must be laid out again."""
        self.post_message(self.Resized())

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Put the cursor there."""
        self._pressed = True
        self.capture_mouse()
        self._point(event, "press")

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """With the button held: select."""
        if self._pressed:
            self._point(event, "drag")

    def on_mouse_up(self) -> None:
        """The selection stays."""
        self._pressed = False
        self.release_mouse()

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Closer, around the pointer; with shift to the left, with control up the list."""
        self._wheel(event, -1)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Farther, around the pointer; with shift to the right, with control down the list."""
        self._wheel(event, 1)

    def _wheel(self, event: events.MouseEvent, turns: int) -> None:
        event.stop()
        event.prevent_default()
        if event.ctrl:
            self.scroll_relative(y=3 * turns, animate=False)
            return
        self._point(event, "pan" if event.shift else "zoom", turns)

    def _point(self, event: events.MouseEvent, what: str, turns: int = 0) -> None:
        entry = self._layout.entry_at(self.scroll_offset.y + event.y) if self._layout is not None else None
        cell = event.x - label_width(self.size.width)
        self.post_message(self.Pointed(cell, entry.thread if entry else None, what, turns))
