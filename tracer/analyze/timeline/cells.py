"""What each thread did in each cell of a picture: exact sums between moments, at any zoom.

Every sum is a difference of two sums "from the beginning up to a moment", so the cells of a picture always add up
to the whole, and nothing is counted twice or lost between two cells.

Where within a line its times lie is known only in part: the time in user space lies before the call's entry
(`at_ns`), the rest after it. The order within the two parts is a convention:

    before the entry:  user, blocked, runnable      (ends at at_ns)
    inside the call:   half the kernel time, blocked, runnable, the other half
                       (begins at at_ns, or when the call went on that somebody held at its entry)

which is right for a call that sleeps once, in its middle. What the tracer took lies wherever nothing else does: it
is left blank. A call that returned is counted, with what it copied out, where it returned; what it copied in
where it was entered; a signal where it came.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tracer.account.group import ragged
from tracer.analyze.lines.lines import FAILED, WAKEUP, WASTED, Lines
from tracer.analyze.timeline.track import BLOCK, SUMS, TIMES, Track
from tracer.wire import Kind

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
_COLUMNS: Final = (
    "at_ns", "wall_ns", "user_ns", "before_blocked_ns", "before_runnable_ns", "kernel_ns", "blocked_ns",
    "runnable_ns", "bytes_in", "bytes_out", "kind", "flags",
)  # fmt: skip
_STARTS: Final = ("at_ns", "user_ns", "before_blocked_ns", "before_runnable_ns")
_NEVER: Final = 1 << 62


@dataclass(frozen=True, slots=True)
class Running:
    """A call its thread is inside now. What is not accounted for yet it has slept. Times in ns."""

    row: int
    at_ns: int
    now_ns: int
    code: int
    user_ns: int = 0
    before_blocked_ns: int = 0
    before_runnable_ns: int = 0
    kernel_ns: int = 0
    runnable_ns: int = 0
    bytes_in: int = 0
    held_ns: int = 0
    """Held at its entry so far."""

    @property
    def blocked_ns(self) -> int:
        """Asleep so far."""
        return max(0, self.now_ns - self.at_ns - self.held_ns - self.kernel_ns - self.runnable_ns)


@dataclass(frozen=True, slots=True)
class Cells:
    """Sums by thread and cell: arrays of shape (threads, cells); ns, numbers, bytes (`SUMS`)."""

    user: Floats
    before_blocked: Floats
    """Asleep between calls."""
    before_runnable: Floats
    kernel: Floats
    blocked: Floats
    runnable: Floats
    bytes_in: Floats
    bytes_out: Floats
    calls: Floats
    failed: Floats
    wasted: Floats
    wakeups: Floats
    signals: Floats

    @property
    def own(self) -> Floats:
        """The program's own time: all but the tracer's."""
        outside: Floats = self.user + self.before_blocked + self.before_runnable
        own: Floats = outside + self.kernel + self.blocked + self.runnable
        return own

    def tracer(self, edges: Ints, lives: list[tuple[int, int]]) -> Floats:
        """What the threads were held: their lives (begin, end) as far as nothing else accounts for them."""
        began, ended = np.array(lives, np.int64).reshape(-1, 2).T
        alive = np.minimum(edges[None, 1:], ended[:, None]) - np.maximum(edges[None, :-1], began[:, None])
        held: Floats = np.maximum(np.maximum(alive, 0) - self.own, 0.0)
        return held


class Upto(NamedTuple):
    """Lines and moments, one each; what `_part` needs of the lines."""

    at: Ints
    wall: Ints
    held: Ints
    times: Floats
    """By time, in the order of TIMES, and line."""
    counts: Floats
    """By the rest of SUMS and line, each in full."""


def cells_of(lines: Lines, tracks: list[Track], edges: Ints, running: list[Running | None]) -> Cells:
    """The sums of each track between each two of `edges`."""
    upto = np.zeros((len(tracks), len(edges), len(SUMS)))
    places = [np.searchsorted(track.starts.array, edges, side="left") - 1 for track in tracks]
    numbers, counts, where = _begun(lines, tracks, places, edges)
    if len(numbers):
        lane, edge = np.nonzero(np.stack(places) >= 0)
        upto[lane, edge] = _settled(lines, numbers, counts, where, edges[edge])
        for number, (track, place) in enumerate(zip(tracks, places, strict=True)):
            upto[number, place >= 0] += track.before(place[place >= 0])
    for number, call in enumerate(running):
        if call is not None:
            upto[number] += _part(_alone(call, len(edges)), edges)
    sums = np.diff(upto, axis=1)
    return Cells(*(sums[:, :, place] for place in range(len(SUMS))))


def _begun(lines: Lines, tracks: list[Track], places: list[Ints], edges: Ints) -> tuple[Ints, Ints, Ints]:
    """Runs of lines: those of a block that had begun by an edge.

    Given as the lines of all runs one after the other, the length of every run (never 0), and the run of every
    edge that lies in a block. Edges close together share one."""
    rows, owners, moments, first = [], [], [], 0
    for track, place in zip(tracks, places, strict=True):
        blocks, inverse = np.unique(place[place >= 0], return_inverse=True)
        rows.append(_lines_of(track, blocks))
        owners.append(first + inverse)
        moments.append(edges[place >= 0])
        first += len(blocks)
    numbers, owner, moment = np.concatenate(rows), np.concatenate(owners), np.concatenate(moments)
    there = numbers >= 0
    columns = lines.gather(np.maximum(numbers, 0).ravel(), _STARTS)
    before = columns["user_ns"].astype(np.int64) + columns["before_blocked_ns"].astype(np.int64)
    starts = (columns["at_ns"] - before - columns["before_runnable_ns"].astype(np.int64)).reshape(numbers.shape)
    starts = np.maximum.accumulate(np.where(there, starts, _NEVER), axis=1)
    counts = np.maximum((starts[owner] < moment[:, None]).sum(axis=1), 1)
    runs, where = np.unique(owner * BLOCK + counts - 1, return_inverse=True)
    owner, counts = runs // BLOCK, runs % BLOCK + 1
    return numbers[np.repeat(owner, counts), ragged(np.zeros_like(counts), counts)], counts, where


def _lines_of(track: Track, blocks: Ints) -> Ints:
    """The line numbers of all `blocks`, one block a row; -1 where a block is not full."""
    own = track.lines.array
    index = blocks[:, None] * BLOCK + np.arange(BLOCK)
    if not len(own):
        return np.zeros((0, BLOCK), np.int64)
    return np.where(index < len(own), own[np.minimum(index, len(own) - 1)].astype(np.int64), -1)


def _settled(lines: Lines, numbers: Ints, counts: Ints, where: Ints, moments: Ints) -> Floats:
    """What the run `where` came to up to its moment: all but its last line are over by then."""
    line = _whole(lines.gather(numbers, _COLUMNS), lines.held.of(numbers))
    ends = np.cumsum(counts)
    passed = np.stack([np.add.reduceat(column, ends - counts) for column in (*line.times, *line.counts)], axis=1)
    last = ends - 1
    passed -= np.concatenate((line.times[:, last], line.counts[:, last])).T
    last = last[where]
    upto = Upto(line.at[last], line.wall[last], line.held[last], line.times[:, last], line.counts[:, last])
    answer: Floats = passed[where] + _part(upto, moments)
    return answer


def _whole(columns: dict[str, NDArray[Any]], held: Ints) -> Upto:
    """The lines as they are when they are over."""
    flags = columns["flags"]
    counts = (
        columns["bytes_in"], columns["bytes_out"], columns["kind"] == Kind.CALL,
        flags & FAILED != 0, flags & WASTED != 0, flags & WAKEUP != 0, columns["kind"] == Kind.SIGNAL,
    )  # fmt: skip
    return Upto(
        columns["at_ns"],
        columns["wall_ns"].astype(np.int64),
        held,
        np.array([columns[f"{name}_ns"] for name in TIMES], np.float64),
        np.array(counts, np.float64),
    )


def _alone(call: Running, moments: int) -> Upto:
    """A running call as often as there are moments. It has not returned, so it counts as nothing yet."""
    times = [float(getattr(call, f"{name}_ns")) for name in TIMES]
    counts = [float(call.bytes_in), *[0.0] * 6]
    return Upto(
        np.full(moments, call.at_ns),
        np.full(moments, call.now_ns - call.at_ns - call.held_ns),
        np.full(moments, call.held_ns),
        np.tile(np.array(times)[:, None], moments),
        np.tile(np.array(counts)[:, None], moments),
    )


def _part(line: Upto, moments: Ints) -> Floats:
    """What each line came to up to its moment, by line and SUMS; each of them has begun by then."""
    user, asleep, queued, kernel, blocked, runnable = line.times
    begun = (moments - line.at).astype(np.float64) + user + asleep + queued
    started = line.at + line.held
    since = (moments - started).astype(np.float64)
    half = np.floor(kernel / 2)
    later = since - half - blocked - runnable
    times = (
        _within(begun, user),
        _within(begun - user, asleep),
        _within(begun - user - asleep, queued),
        _within(since, half) + _within(later, kernel - half),
        _within(since - half, blocked),
        _within(since - half - blocked, runnable),
    )
    entered, ended = moments > started, moments > started + line.wall
    counts = line.counts * ended
    counts[0] = line.counts[0] * entered  # bytes_in
    return np.stack((*times, *counts), axis=1)


def _within(value: Floats, most: Floats) -> Floats:
    inside: Floats = np.clip(value, 0.0, most)
    return inside
