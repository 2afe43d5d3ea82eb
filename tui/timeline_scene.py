"""What the timeline shows of a recording: lanes with their names and marks, made from the index for one window.

Called in the screen's thread, for the visible lanes only; nothing here depends on how long the recording is.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tracer.analyze.filter.known import Known
from tracer.analyze.timeline.cells import Running
from tracer.analyze.timeline.spans import Span
from tracer.analyze.timeline.timeline import Timeline
from tracer.wire import Kind
from tui.drawing.timeline_glyphs import Glyphs
from tui.drawing.timeline_lane import Lane
from tui.drawing.timeline_window import Window
from tui.timeline_words import name_words, names_and_copies

_EVENTS: Final = {Kind.SPAWN: "spawn", Kind.EXEC: "exec", Kind.EXIT: "exit", Kind.MARK: "mark"}


@dataclass(frozen=True)
class Scene:
    """A recording's timeline at one moment of its growth."""

    timeline: Timeline
    known: Known
    text: Callable[[int], str]
    """A line in words."""
    first_ns: int
    last_ns: int
    running: dict[int, Running] = field(default_factory=dict)
    """Calls that are going on, by thread."""

    def threads(self) -> list[int]:
        """All there are: places in `known.threads`, without what belongs to no thread."""
        return [place for place, life in enumerate(self.known.threads) if life.tid > 0]

    def lanes(
        self, threads: Sequence[int], window: Window, glyphs: Glyphs, spelled: int | None = None
    ) -> list[Lane]:
        """The lanes of `threads`; calls of the thread `spelled` come with their arguments where there is room."""
        edges = window.edges
        cells = self.timeline.cells(threads, edges, self.running)
        found = []
        for row, thread in enumerate(threads):
            numbers = self.timeline.numbers(thread, window.begin_ns, window.end_ns, 2 * window.cells)
            names, copies = (
                ([], [])
                if numbers is None
                else names_and_copies(
                    self.timeline.lines,
                    numbers,
                    window,
                    glyphs,
                    self.name_of,
                    self.text if thread == spelled else None,
                )
            )
            call = self.running.get(thread)
            if call is not None:
                names += name_words((self.name_of(call.code),), call.at_ns, call.now_ns, window, "strong")
            found.append(
                Lane(
                    cells, row, self.alive(thread, edges), self._events(thread, window), tuple(names), tuple(copies)
                )
            )
        return found

    def life(self, thread: int) -> tuple[int, int]:
        """When a thread began and ended, or up to when it is known what it did; ns."""
        life, call = self.known.threads[thread], self.running.get(thread)
        first, last = self.timeline.extent(thread) or (self.last_ns, self.first_ns)
        if call is not None:
            first, last = min(first, call.at_ns - call.user_ns), max(last, call.now_ns)
        began = first if life.began_ns is None else min(first, life.began_ns)
        return began, max(last, life.ended_ns) if life.ended_ns is not None else last

    def alive(self, thread: int, edges: NDArray[np.int64]) -> NDArray[np.bool_]:
        """In which cells a thread lived."""
        began, ended = self.life(thread)
        alive: NDArray[np.bool_] = (edges[:-1] <= ended) & (edges[1:] > began)
        return alive

    def active(self, window: Window) -> list[int]:
        """The threads that did something in a window: ran, or returned from a call."""
        maybe: list[int] = []
        sure: list[int] = []
        for thread in self.threads():
            began, ended = self.life(thread)
            if began >= window.end_ns or ended < window.begin_ns:
                continue
            track = self.timeline.tracks.get(thread)
            blocks = (
                (0, 0) if track is None else np.searchsorted(track.starts.array, (window.begin_ns, window.end_ns))
            )
            (sure if blocks[0] != blocks[1] else maybe).append(thread)
        cells = (
            self.timeline.cells(maybe, np.array([window.begin_ns, window.end_ns]), self.running) if maybe else None
        )
        if cells is not None:
            did = (cells.calls + cells.user + cells.kernel + cells.signals)[:, 0] > 0
            sure += [thread for thread, active in zip(maybe, did.tolist(), strict=True) if active]
        return sorted(sure)

    def name_of(self, code: int) -> str:
        """The name of a call."""
        return self.known.facts[code].name

    def at(self, thread: int, moment_ns: int) -> Span | Running | None:
        """The line, or the running call, a thread was in at a moment."""
        call = self.running.get(thread)
        if call is not None and moment_ns >= call.at_ns - call.user_ns:
            return call
        position = self.timeline.at(thread, moment_ns)
        return self.timeline.span(thread, position) if position is not None else None

    def _events(self, thread: int, window: Window) -> tuple[tuple[int, str], ...]:
        events = self.timeline.events.get(thread, [])
        first, last = (
            bisect_left(events, moment, key=itemgetter(0)) for moment in (window.begin_ns, window.end_ns)
        )
        return tuple((window.cell_of(moment), _EVENTS[kind]) for moment, kind, _ in events[first:last])


def scene_of(timeline: Timeline, known: Known, text: Callable[[int], str], now_ns: int, *, live: bool) -> Scene:
    """The scene of a recording as it is; `now_ns` is that of the snapshot. While it is `live`, calls not returned
    have slept up to now; afterwards no longer than the recording knows."""
    running: dict[int, Running] = {}
    for row, value in known.lines.running().items():
        at, thread = int(value["at_ns"]), int(value["thread"])
        held = known.lines.held.inside(thread, at, now_ns)
        until = at + held + int(value["wall_ns"])
        running[thread] = Running(
            row=row,
            at_ns=at,
            now_ns=max(now_ns, until) if live and value["code"] else until,  # 0: amid its own code, no call
            code=int(value["code"]),
            user_ns=int(value["user_ns"]),
            before_blocked_ns=int(value["before_blocked_ns"]),
            before_runnable_ns=int(value["before_runnable_ns"]),
            kernel_ns=int(value["kernel_ns"]),
            runnable_ns=int(value["runnable_ns"]),
            bytes_in=int(value["bytes_in"]),
            held_ns=held,
        )
    return Scene(timeline, known, text, known.start_ns, max(now_ns, known.start_ns + 1), running)
