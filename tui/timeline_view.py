"""Where the reader of the timeline is: stretch of time, lane, moment, selection; and how keys move that.

No widget here: the pane owns one `TimelineView`, tells it what happened and draws it.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from tracer.analyze.timeline.cells import Cells, Running
from tracer.analyze.timeline.spans import Span
from tracer.wire import Kind
from tui.drawing.timeline_layout import Layout, lay_out
from tui.drawing.timeline_window import Window
from tui.timeline_scene import Scene

_SEARCH: Final = 4096
"""Lines looked through for the next call."""


class TimelineView:
    """Made with the first scene; `scene` is replaced while the recording grows."""

    def __init__(self, scene: Scene, cells: int, phase: tuple[int, int] | None) -> None:
        """`phase`: from when to when the measured phase lasted, if there is one: that is what is shown first."""
        self.scene = scene
        self.window = Window.whole(scene.first_ns, scene.last_ns, cells)
        self.phase = phase
        threads = scene.threads()
        self.thread: int | None = threads[0] if threads else None
        """Whose lane the cursor is in: a place in `Threads.lives`."""
        self.anchor_ns: int | None = None
        """Where the selection begins; it ends at the cursor."""
        self.folded = False
        """Lanes in which nothing happens in this stretch of time are left out."""
        self.line: int | None = None
        """The line chosen by going from call to call; the cursor stands at its entry."""
        if phase is not None:
            self.window = self.window.to(*phase)
            self.thread = self._busiest()
        self.cursor_ns = self.window.middle_of(cells // 2)

    def follow(self, scene: Scene, cells: int) -> None:
        """The recording has grown, or the screen has another width."""
        self.scene = scene
        self.window = self.window.wide(cells).grown(scene.first_ns, scene.last_ns)
        if self.thread is None:
            self.thread = next(iter(scene.threads()), None)
        self._keep()

    def lay_out(self, rows: int) -> Layout:
        """The lanes to show in about `rows` rows."""
        everybody = self.scene.threads()
        threads = self.scene.active(self.window) if self.folded else everybody
        if self.folded and self.thread is not None and self.thread not in threads:
            threads = sorted([*threads, self.thread])
        return lay_out(self.scene.known.threads, threads, rows, folded=len(everybody) - len(threads))

    @property
    def cell(self) -> int:
        """The cell of the cursor."""
        return self.window.cell_of(self.cursor_ns)

    @property
    def chosen(self) -> range | None:
        """The selected cells, as far as they are shown."""
        if self.anchor_ns is None:
            return None
        first, last = sorted((self.window.cell_of(self.anchor_ns), self.cell))
        return range(max(first, 0), min(last, self.window.cells - 1) + 1)

    @property
    def stretch(self) -> tuple[int, int]:
        """The selected time, or that of the cursor's cell: from, to (not included)."""
        if self.anchor_ns is not None:
            begin, end = sorted((self.anchor_ns, self.cursor_ns))
        else:
            begin, end = self.window.begin_of(self.cell), self.window.begin_of(self.cell + 1)
        return begin, max(end, begin + 1)

    def sums(self) -> tuple[Cells, float]:
        """Of `stretch` in the cursor's lane: the sums, and what the tracer took."""
        edges = np.array(self.stretch)
        cells = self.scene.timeline.cells([self.thread or 0], edges, self.scene.running)
        return cells, float(cells.tracer(edges, [self.scene.life(self.thread or 0)]).sum())

    def selected(self) -> Span | Running | None:
        """The line at the cursor."""
        if self.thread is None:
            return None
        if self.line is not None:
            return self._span(self.line)
        return self.scene.at(self.thread, self.cursor_ns)

    def pan(self, part: float) -> None:
        """Move the window by a part of its width; the cursor stays where it is on screen."""
        cell = self.cell
        before, self.window = self.window, self.window.panned(round(part * self.window.cells))
        if self.window != before:
            self.move(self.window.middle_of(cell))

    def step(self, cells: int) -> None:
        """Move the cursor by cells; the window comes along."""
        target = self.cell + cells
        self.move(self.window.middle_of(target))

    def zoom(self, factor: float, cell: int | None = None) -> None:
        """`factor` times as much time, around the cursor or a cell."""
        around = self.cursor_ns if cell is None else self.window.middle_of(cell)
        self.window = self.window.zoomed(factor, around)
        self._keep()

    def whole(self) -> None:
        """All of the run; when that is what is shown, the measured phase."""
        first, last = self.scene.first_ns, self.scene.last_ns
        whole = Window.whole(first, last, self.window.cells)
        back = self.phase is not None and (self.window.begin_ns, self.window.end_ns) == (
            whole.begin_ns,
            whole.end_ns,
        )
        self.window = whole.to(*self.phase) if back and self.phase else whole
        self._keep()

    def edge(self, side: int) -> None:
        """The window to the beginning or the end of the run, in the same scale."""
        self.window = self.window.panned(side * (1 << 40))
        self.move(self.window.begin_ns if side < 0 else self.window.end_ns - 1)

    def zoom_to(self) -> None:
        """The selection, or the call at the cursor, in most of the width."""
        if self.anchor_ns is not None:
            begin, end = self.stretch
            self.anchor_ns = None
        else:
            call = self.selected()
            if call is None:
                return
            begin = call.at_ns - call.user_ns
            end = call.now_ns if isinstance(call, Running) else call.end_ns
        margin = max(1, (end - begin) // 8)
        self.window = self.window.to(begin - margin, end + margin)
        self._keep()

    def choose(self, thread: int | None) -> None:
        """Go to the lane of a thread."""
        if thread is not None and thread != self.thread:
            self.thread, self.line = thread, None

    def call(self, step: int) -> None:
        """Go to the call before or after the one at the cursor, in its lane."""
        if self.thread is None:
            return
        timeline = self.scene.timeline
        here = timeline.position(self.thread, self.line) if self.line is not None else None
        if here is None:
            here = timeline.at(self.thread, self.cursor_ns)
            here = -1 if here is None else here
            if step < 0 and isinstance(found := self.selected(), Span) and found.at_ns < self.cursor_ns:
                here += 1  # the call the cursor is in the middle of is the one before it
        for position in range(here + step, here + step * _SEARCH, step):
            span = timeline.span(self.thread, position) if position >= 0 else None
            if span is None:
                return
            if span.kind in (Kind.CALL, Kind.ENTERED):
                self.move(span.at_ns, span.line)
                return

    def select(self) -> None:
        """Begin a selection at the cursor; end it when there is one."""
        self.anchor_ns = self.cursor_ns if self.anchor_ns is None else None

    def deselect(self) -> None:
        """No selection."""
        self.anchor_ns = None

    def fold(self) -> None:
        """Leave out lanes in which nothing happens, or show all."""
        self.folded = not self.folded

    def show_line(self, line: int) -> None:
        """Put the cursor on a line of the list of calls."""
        span = self._span(line)
        self.thread = int(self.scene.timeline.lines.gather(np.array([line]), ("thread",))["thread"][0])
        self.move(span.at_ns, line)

    def move(self, moment_ns: int, line: int | None = None) -> None:
        """Put the cursor at a moment of the run, on `line` if one is chosen, and show it."""
        self.cursor_ns = max(self.window.first_ns, min(moment_ns, max(self.window.last_ns, self.window.end_ns - 1)))
        self.line = line
        self.window = self.window.showing(self.cursor_ns)

    def _keep(self) -> None:
        """The cursor stays in the window."""
        kept = max(self.window.begin_ns, min(self.cursor_ns, self.window.end_ns - 1))
        if kept != self.cursor_ns:
            self.cursor_ns, self.line = kept, None

    def _span(self, line: int) -> Span:
        return Span.of(self.scene.timeline.lines, np.array([line]))[0]

    def _busiest(self) -> int | None:
        """The thread that made most calls in the window."""
        threads = self.scene.active(self.window) or self.scene.threads()
        if not threads:
            return None
        edges = np.array([self.window.begin_ns, self.window.end_ns])
        calls = self.scene.timeline.cells(threads, edges).calls[:, 0]
        return threads[int(np.argmax(calls))]
