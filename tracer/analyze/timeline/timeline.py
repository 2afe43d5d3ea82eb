"""The index behind the timeline: every thread's lines with running sums, extended as `Lines` grows.

`extend` runs in a worker; `cells`, `spans` and the rest may run in another thread at the same time and see what
was there before. Nothing here reads the recording.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tracer.analyze.lines.lines import CHUNK, FAILED, WAKEUP, WASTED, Chunk, Lines
from tracer.analyze.timeline.cells import Cells, Running, cells_of
from tracer.analyze.timeline.spans import Span, line_at, numbers_between, spans_between
from tracer.analyze.timeline.track import SUMS, Track
from tracer.wire import Kind

Ints = NDArray[np.int64]

EVENTS: Final = (Kind.SPAWN, Kind.EXEC, Kind.EXIT, Kind.MARK)
"""Kinds of lines that are marked one by one, beside signals and wake-ups, which are counted."""


class Timeline:
    """Lanes by thread code (`Threads.lives`)."""

    def __init__(self, lines: Lines) -> None:
        self.lines = lines
        self.count = 0
        """Lines taken in."""
        self.tracks: dict[int, Track] = {}
        self.events: dict[int, list[tuple[int, Kind, int]]] = {}
        """By thread: moment, kind and line of its births, execs, ends and marks."""

    def extend(self, stop: Callable[[], bool] = lambda: False, most: int | None = None) -> bool:
        """Take in what is new, at most `most` lines; whether there is more. `stop` is asked between chunks."""
        upto = self.lines.count if most is None else min(self.lines.count, self.count + most)
        while self.count < upto and not stop():
            for chunk in self.lines.chunks(self.count, min(upto, self.count + CHUNK)):
                self._add(chunk)
                self.count = chunk.last
        return self.count < self.lines.count

    def cells(self, threads: Sequence[int], edges: Ints, running: dict[int, Running] | None = None) -> Cells:
        """The sums of `threads` between each two of the moments `edges` (ascending); `running` calls too."""
        tracks = [self.tracks.get(thread) or _NOBODY for thread in threads]
        inside = [(running or {}).get(thread) for thread in threads]
        return cells_of(self.lines, tracks, np.asarray(edges, np.int64), inside)

    def spans(self, thread: int, begin_ns: int, end_ns: int, most: int) -> list[Span] | None:
        """The lines of `thread` that lie in a stretch, or None when they are more than `most`."""
        return spans_between(self.lines, self.tracks.get(thread) or _NOBODY, begin_ns, end_ns, most)

    def numbers(self, thread: int, begin_ns: int, end_ns: int, most: int) -> Ints | None:
        """The numbers of those lines."""
        return numbers_between(self.lines, self.tracks.get(thread) or _NOBODY, begin_ns, end_ns, most)

    def at(self, thread: int, moment_ns: int) -> int | None:
        """The position in its track of the line `thread` was in at a moment: the last that had begun."""
        position = line_at(self.lines, self.tracks.get(thread) or _NOBODY, moment_ns)
        return position if position >= 0 else None

    def span(self, thread: int, position: int) -> Span | None:
        """The line at a position of its track; None beyond the ends."""
        track = self.tracks.get(thread) or _NOBODY
        if not 0 <= position < track.lines.count:
            return None
        return Span.of(self.lines, track.lines.array[position : position + 1].astype(np.int64))[0]

    def position(self, thread: int, line: int) -> int | None:
        """The position of `line` in the track of `thread`."""
        numbers = (self.tracks.get(thread) or _NOBODY).lines.array
        position = int(np.searchsorted(numbers, line))
        return position if position < len(numbers) and numbers[position] == line else None

    def extent(self, thread: int) -> tuple[int, int] | None:
        """When the first line of `thread` begins and when its last ends; None without lines."""
        track = self.tracks.get(thread)
        if track is None or not track.starts.count:  # a track is there before its first lines are
            return None
        return int(track.starts.array[0]), track.end_ns

    @property
    def bytes(self) -> int:
        """Memory the tracks take."""
        return sum(track.bytes for track in self.tracks.values())

    def _add(self, chunk: Chunk) -> None:
        # numpy sorts 16 bits by radix, many times faster
        narrow = chunk.thread.astype(np.int16) if int(chunk.thread.max()) < 1 << 15 else chunk.thread
        order = np.argsort(narrow, kind="stable")
        threads, firsts = np.unique(chunk.thread[order], return_index=True)
        bounds = [*firsts.tolist(), len(order)]
        tracks = [self.tracks.setdefault(thread, Track()) for thread in threads.tolist()]
        cuts = [track.segments(bounds[n + 1] - bounds[n]) for n, track in enumerate(tracks)]
        all_cuts = np.concatenate([cut + bounds[n] for n, cut in enumerate(cuts)])
        sums = np.stack([np.add.reduceat(column[order], all_cuts) for column in _summed(chunk)], axis=1)
        before = chunk.user_ns.astype(np.int64) + chunk.before_blocked_ns.astype(np.int64)
        starts = (chunk.at_ns - before - chunk.before_runnable_ns.astype(np.int64))[order]
        ends = self.lines.ends(chunk)[order]
        done = 0
        for n, track in enumerate(tracks):
            here = slice(bounds[n], bounds[n + 1])
            end = int(ends[bounds[n + 1] - 1])
            track.append(order[here] + chunk.first, starts[here], end, cuts[n], sums[done : done + len(cuts[n])])
            done += len(cuts[n])
        for row in np.flatnonzero(np.isin(chunk.kind, EVENTS)).tolist():
            found = (int(chunk.at_ns[row]), Kind(int(chunk.kind[row])), chunk.first + row)
            self.events.setdefault(int(chunk.thread[row]), []).append(found)


def _summed(chunk: Chunk) -> list[NDArray[Any]]:
    """The columns of SUMS, in its order."""
    call = chunk.kind == Kind.CALL
    columns = [
        chunk.user_ns, chunk.before_blocked_ns, chunk.before_runnable_ns,
        chunk.kernel_ns, chunk.blocked_ns, chunk.runnable_ns,
        chunk.bytes_in, chunk.bytes_out,
        call, chunk.flags & FAILED != 0, chunk.flags & WASTED != 0, chunk.flags & WAKEUP != 0,
        chunk.kind == Kind.SIGNAL,
    ]  # fmt: skip
    assert len(columns) == len(SUMS), "one column a sum"
    return [column.astype(np.float64) for column in columns]


_NOBODY: Final = Track()
"""The track of a thread without lines."""
