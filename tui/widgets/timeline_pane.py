"""Tab 3: what every thread did in user space and in the kernel, over time, from the whole run to single calls."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Event
from typing import ClassVar, Final

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.message import Message
from textual.message_pump import MessagePump

from tracer.analyze.timeline.spans import Span
from tracer.analyze.timeline.timeline import Timeline
from tui.drawing.timeline_axis import axis, axis_note, no_axis
from tui.drawing.timeline_glyphs import Glyphs
from tui.drawing.timeline_layout import Layout
from tui.messages import GoTo
from tui.snapshot import Snapshot, Source
from tui.theme import palette_of
from tui.timeline_readout import readout, words_of
from tui.timeline_scene import scene_of
from tui.timeline_view import TimelineView
from tui.widgets.drawn import Drawn
from tui.widgets.latency_view import LatencyView
from tui.widgets.pane import Pane
from tui.widgets.timeline_keys import TIMELINE_KEYS
from tui.widgets.timeline_lanes import TimelineLanes, label_width

_WHEEL: Final = 1.4
_PAN: Final = 1 / 8
"""Part of the width one turn of the wheel pans."""
_SLICE: Final = 1 << 18
"""Lines taken into the index between two pictures, while a long recording is read."""


class TimelinePane(Pane):
    """The lanes with their axis and a read-out; `h` shows the heat map of latencies over the same time instead."""

    BINDINGS: ClassVar[list[BindingType]] = TIMELINE_KEYS
    DEFAULT_CSS = "TimelinePane LatencyView { display: none; }"

    class Extended(Message):
        """The index knows more lines."""

        def can_replace(self, message: Message | MessagePump) -> bool:
            """One is enough."""
            return isinstance(message, TimelinePane.Extended)

    def __init__(self, source: Source, glyphs: Glyphs) -> None:
        super().__init__(id="timeline")
        self._source = source
        self._glyphs = glyphs
        self._snapshot: Snapshot | None = None
        self._timeline: Timeline | None = None
        self._layout: Layout | None = None
        self._stop = Event()
        self._extending = False
        self._revealed: int | None = None
        """The thread whose lane was scrolled to last."""
        self._lanes = TimelineLanes(glyphs)
        self._latency = LatencyView(glyphs)
        self.view: TimelineView | None = None
        """None before the first lines are there."""

    def compose(self) -> ComposeResult:
        """Axis, lanes, read-out; and the heat map."""
        yield Drawn(1, self._draw_axis, self._glyphs)
        yield self._lanes
        yield self._latency
        yield Drawn(4, self._draw_readout, self._glyphs, id="timeline-readout")

    def on_unmount(self) -> None:
        """Let the worker go."""
        self._stop.set()

    def show(self, snapshot: Snapshot) -> None:
        """Draw `snapshot`; new lines go into the index in a worker."""
        self._snapshot = snapshot
        known = self._source.known()
        if known is None:
            return
        if self._timeline is None:
            self._timeline = Timeline(known.lines)
        timeline = self._timeline
        if timeline.count < known.lines.count and not self._extending:
            self._extending = True
            self.run_worker(lambda: self._extend(timeline), thread=True)
        self._update()

    def take_focus(self) -> None:
        """Keys go to the lanes, or to the heat map."""
        (self._latency if self._latency.display else self._lanes).focus()

    def redraw(self) -> None:
        """Another theme or width."""
        self.call_after_refresh(self._update)

    def on_timeline_lanes_resized(self, event: TimelineLanes.Resized) -> None:
        """The window keeps its stretch of time, the cursor its moment."""
        event.stop()
        self._update()

    def on_latency_view_resized(self, event: LatencyView.Resized) -> None:
        """So it does in the heat map."""
        event.stop()
        self._update()

    def on_timeline_pane_extended(self, event: Extended) -> None:
        """Draw what the index knows now; go on when there is more."""
        event.stop()
        if self._snapshot is not None:
            self.show(self._snapshot)

    def show_line(self, line: int) -> None:
        """Put the cursor on a line of the list of calls, and bring it into view."""
        if self.view is not None and line < self.view.scene.timeline.lines.count:
            self.view.show_line(line)
            self._draw()

    def on_timeline_lanes_pointed(self, event: TimelineLanes.Pointed) -> None:
        """The mouse: cursor, selection, zoom, pan."""
        event.stop()
        view = self.view
        if view is None:
            return
        if event.what == "zoom":
            view.zoom(_WHEEL if event.turns > 0 else 1 / _WHEEL, max(0, min(event.cell, view.window.cells - 1)))
        elif event.what == "pan":
            view.pan(event.turns * _PAN)
        else:
            view.choose(event.thread)
            if event.what == "press":
                view.anchor_ns = None
            elif view.anchor_ns is None:
                view.anchor_ns = view.cursor_ns
            if 0 <= event.cell < view.window.cells:
                view.move(view.window.middle_of(event.cell))
        self._draw()

    def action_do(self, what: str, *arguments: float) -> None:
        """Move the view: the name of one of its methods."""
        if self.view is not None:
            getattr(self.view, what)(*arguments)
            self._draw()

    def action_lane(self, step: int) -> None:
        """Choose the lane above or below."""
        threads = self._layout.threads if self._layout is not None else []
        if self.view is None or self.view.thread not in threads:
            return
        place = threads.index(self.view.thread) + step
        self.view.choose(threads[max(0, min(place, len(threads) - 1))])
        self._draw()

    def action_go_to(self) -> None:
        """Show the call at the cursor in the list."""
        found = self.view.selected() if self.view is not None else None
        if isinstance(found, Span):
            self.post_message(GoTo(found.line))

    def action_heat_map(self) -> None:
        """Latencies over time, or the lanes again."""
        shown = not self._latency.display
        self._latency.display, self._lanes.display = shown, not shown
        self.take_focus()
        self._draw()

    def on_latency_view_pressed(self, event: LatencyView.Pressed) -> None:
        """The cursor of the heat map has moved, or it has counted."""
        event.stop()
        if self.view is not None and event.cell is not None and 0 <= event.cell < self.view.window.cells:
            self.view.move(self.view.window.middle_of(event.cell))
            self._draw()
        self.query_one("#timeline-readout").refresh()

    def _extend(self, timeline: Timeline) -> None:
        """In a worker."""
        try:
            while timeline.extend(self._stop.is_set, _SLICE) and not self._stop.is_set():
                self.post_message(self.Extended())
        finally:
            self._extending = False
            self.post_message(self.Extended())

    def _update(self) -> None:
        """Follow the newest snapshot and the index as it is."""
        snapshot, timeline, known = self._snapshot, self._timeline, self._source.known()
        if snapshot is None or timeline is None or known is None or not timeline.count or not self.size:
            return
        scene = scene_of(timeline, known, words_of(self._source, snapshot), snapshot.now_ns, live=snapshot.live)
        cells = self._lanes.cells if self._lanes.display else self._latency.size.width - 1 - self._label_width
        if self.view is None:
            self.view = TimelineView(scene, cells, None if snapshot.live else _phase(snapshot))
        self.view.follow(scene, cells)
        self._draw()

    def _draw(self) -> None:
        view = self.view
        if view is None:
            return
        if self._latency.display:
            self._latency.show(view, self._label_width)
        else:
            before, self._layout = self._layout, view.lay_out(self._lanes.size.height)
            self._lanes.show(view.scene, view.window, self._layout, view.thread, view.cell, view.chosen)
            if before is None or (before.rows, self._revealed) != (self._layout.rows, view.thread):
                self._revealed = view.thread
                self._lanes.reveal(view.thread)
        for drawn in self.query(Drawn):
            drawn.refresh()

    @property
    def _label_width(self) -> int:
        return label_width(self.size.width)

    def _draw_axis(self, _width: int) -> Sequence[Text]:
        palette, view, timeline = palette_of(self), self.view, self._timeline
        if view is None or timeline is None or self._snapshot is None:
            return [no_axis(palette)]
        folded = self._layout.folded if self._layout is not None and not self._latency.display else 0
        read = timeline.count / timeline.lines.count
        note = axis_note(read, folded, self._label_width, palette)
        return [note + axis(view.window, self._snapshot.start_ns, palette, self._glyphs)]

    def _draw_readout(self, width: int) -> Sequence[Text]:
        view, palette = self.view, palette_of(self)
        if view is None or view.thread is None or self._snapshot is None:
            return []
        if self._latency.display:
            return self._latency.lines(width)
        return readout(view, self._snapshot.start_ns, width, palette, self._glyphs)


def _phase(snapshot: Snapshot) -> tuple[int, int] | None:
    """From when to when the measured phase lasted, if it is the one that is shown."""
    phases = [phase for phase in snapshot.report.phases if phase.name == snapshot.report.phase]
    return (phases[0].begin_ns, phases[0].end_ns or snapshot.now_ns) if phases else None
