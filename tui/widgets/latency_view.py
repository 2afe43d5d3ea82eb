"""The heat map of latencies, over the stretch of time that the timeline shows."""

from __future__ import annotations

from typing import ClassVar

from rich.style import Style
from rich.text import Text
from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.message_pump import MessagePump
from textual.strip import Strip
from textual.widget import Widget

from tracer.analyze.timeline.latency_map import LatencyMap, Wanted
from tui.drawing.latency_map import LatencyRows, cell_line, rows_of, segments, shades_line
from tui.drawing.timeline_glyphs import Glyphs
from tui.latency_counting import LatencyCounting
from tui.messages import GoTo
from tui.theme import palette_of
from tui.timeline_view import TimelineView


class LatencyView(Widget, can_focus=True):
    """One row for each power of two; the cursor is the timeline's, its row our own."""

    DEFAULT_CSS = "LatencyView { height: 1fr; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "row(-1)", "Longer latencies", show=False),
        Binding("down", "row(1)", "Shorter latencies", show=False),
        Binding(
            "less_than_sign", "name(-1)", "Which", key_display="< >", tooltip="The call before this one, or all"
        ),
        Binding("greater_than_sign", "name(1)", "The next call, or all", show=False),
        Binding("k", "kernel", "Kernel", tooltip="Kernel time alone, or all of the call"),
        Binding("enter", "go_to", "Its calls", tooltip="Go to a call of this cell; again: the next"),
    ]

    class Counted(Message):
        """The map, so far."""

        def __init__(self, latencies: LatencyMap) -> None:
            super().__init__()
            self.latencies = latencies

        def can_replace(self, message: Message | MessagePump) -> bool:
            """A newer one is better."""
            return isinstance(message, LatencyView.Counted)

    class Pressed(Message):
        """A cell was clicked, or the cursor has another row (the cell is None)."""

        def __init__(self, cell: int | None) -> None:
            super().__init__()
            self.cell = cell

    class Resized(Message):
        """There is room for more or fewer rows or cells."""

    def __init__(self, glyphs: Glyphs) -> None:
        super().__init__()
        self._glyphs = glyphs
        self._view: TimelineView | None = None
        self._counting: LatencyCounting | None = None
        self._map: LatencyMap | None = None
        self._rows = LatencyRows((), ())
        self._octave: int | None = None
        """The first octave of the row the cursor is in; before one is chosen that of the row with most calls."""
        self._call: str | None = None
        """The name of the call that is shown; None for all."""
        self._kernel_only = False
        self._shown: tuple[tuple[Wanted, int, range] | None, int] = None, -1
        """The cell that was asked for last, and the line that was shown of it."""
        self._room = 10

    def show(self, view: TimelineView, room: int) -> None:
        """Show the latencies in the window of `view`; `room` cells stand left of the map."""
        self._view, self._room = view, room
        self._counting = self._counting or LatencyCounting(view.scene.known)
        work = self._counting.ask(self._wanted(view), lambda latencies: self.post_message(self.Counted(latencies)))
        if work is not None:
            self.run_worker(work, thread=True)
        self._lay_out()

    def lines(self, width: int) -> list[Text]:
        """The read-out below the map."""
        view, palette = self._view, palette_of(self)
        if view is None or self._map is None:
            return [Text(" counting …", palette.running)]
        what = (
            f"{self._call or 'all calls'}, {'kernel time' if self._kernel_only else 'kernel + blocked + runnable'}"
        )
        done = f" ({self._map.done:.0%} counted)" if self._map.done < 1 else ""
        shades = shades_line(self._rows.bounds, what + done, self._glyphs, width, palette)
        if not self._rows.rows:
            return [
                Text(f" No call of this kind returned in this stretch of time{done}.", palette.faint),
                Text(),
                shades,
            ]
        row = self._rows.rows[self._place()]
        since = view.cursor_ns - view.scene.first_ns
        return [cell_line(row, view.cell, view.window.cell_ns, since, width, palette), Text(), shades]

    def on_unmount(self) -> None:
        """Let the worker go."""
        if self._counting is not None:
            self._counting.end()

    def on_latency_view_counted(self, event: Counted) -> None:
        """Draw it, unless something else is wanted by now."""
        if self._view is not None and event.latencies.wanted == self._wanted(self._view):
            self._map = event.latencies
            self._lay_out()

    def render_line(self, y: int) -> Strip:
        """Row `y` of the map; it stands on the floor."""
        width, style, view = self.size.width, self.rich_style, self._view
        place = y - max(0, self.size.height - len(self._rows.rows))
        if view is None or not 0 <= place < len(self._rows.rows):
            return Strip.blank(width, style)
        palette = palette_of(self)
        here: Style = palette.cursor if place == self._place() else palette.cursor_blurred
        over = {view.cell: here}
        drawn = segments(self._rows.rows[place], self._rows.bounds, self._room, self._glyphs, palette, over)
        return Strip(drawn).adjust_cell_length(width).apply_style(style)

    def action_row(self, step: int) -> None:
        """Another row."""
        if self._rows.rows:
            place = max(0, min(self._place() + step, len(self._rows.rows) - 1))
            self._octave = self._rows.rows[place].octaves.start
            self.refresh()
            self.post_message(self.Pressed(None))

    def on_resize(self) -> None:
        """The map must be laid out again."""
        self.post_message(self.Resized())

    def on_click(self, event: events.Click) -> None:
        """Put the cursor there."""
        place = event.y - max(0, self.size.height - len(self._rows.rows))
        if 0 <= place < len(self._rows.rows):
            self._octave = self._rows.rows[place].octaves.start
        self.refresh()
        self.post_message(self.Pressed(event.x - self._room))

    def action_name(self, step: int) -> None:
        """Another call, in alphabetical order after "all"."""
        if self._view is None:
            return
        names = [None, *sorted({fact.name for fact in self._view.scene.known.facts if fact.name})]
        place = names.index(self._call) if self._call in names else 0
        self._call = names[(place + step) % len(names)]
        self._again()

    def action_kernel(self) -> None:
        """Kernel time alone, or all of the call."""
        self._kernel_only = not self._kernel_only
        self._again()

    def action_go_to(self) -> None:
        """Show the first of the calls at the cursor in the list; asked again there, the next."""
        if self._view is None or self._counting is None or not self._rows.rows:
            return
        octaves = self._rows.rows[self._place()].octaves
        place = self._wanted(self._view), self._view.cell, octaves
        before, shown = self._shown
        line = self._counting.find(*place, after=shown if before == place else -1)
        if line is None:
            self.notify("No call here.", timeout=2)
        else:
            self._shown = place, line
            self.post_message(GoTo(line))

    def _again(self) -> None:
        if self._view is not None:
            self.show(self._view, self._room)
            self.post_message(self.Pressed(None))

    def _wanted(self, view: TimelineView) -> Wanted:
        window = view.window
        return Wanted(window.begin_ns, window.end_ns, window.cells, self._call, self._kernel_only)

    def _lay_out(self) -> None:
        if self._map is not None and self._map.wanted.cells:
            self._rows = rows_of(self._map, self.size.height, len(self._glyphs.shades) - 1)
        self.refresh()
        self.post_message(self.Pressed(None))

    def _place(self) -> int:
        """The row of the cursor: the one with its octave, or the nearest."""
        rows = self._rows.rows
        if self._octave is None:
            return max(range(len(rows)), key=lambda place: int(rows[place].counts.sum()))
        near = [abs(row.octaves.start - self._octave) if self._octave not in row.octaves else -1 for row in rows]
        return near.index(min(near))
