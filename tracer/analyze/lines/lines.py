"""Every line of the list of calls as compact columns in memory, for filters, the timeline and jumps.

A recording is read from its file batch by batch, but a filter over ten million calls or a picture of the whole run
must not read it again for every key. So what those need of a line is kept in narrow columns, 68 bytes a line, in
chunks of `CHUNK` lines: a chunk fits the processor's cache, and work on chunks can be stopped between two of them.

One thread appends and others read: what stands below `Lines.count` never changes.

Times are float32 (seven digits, enough to compare and to draw); exact numbers come from the recording itself, by
`Lines.row`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tracer.analyze.columns import FIRST_RESTART, LAST_RESTART
from tracer.analyze.lines.counts import LineCounts
from tracer.analyze.lines.held_lines import HeldLines
from tracer.analyze.lines.room import Room
from tracer.analyze.settling import Settling
from tracer.analyze.tally import Counted

Ints = NDArray[np.int64]
CHUNK: Final = 1 << 16
"""Lines in a chunk."""

FAILED: Final = 1
WASTED: Final = 2
WAKEUP: Final = 4
INTERRUPTED: Final = 8
UNKNOWN_COPIES: Final = 16
"""Bits of the column `flags`."""

FIELDS: Final[tuple[tuple[str, str], ...]] = (
    ("row", "<u4"),
    ("at_ns", "<i8"),
    ("wall_ns", "<f4"),
    ("user_ns", "<f4"),
    ("before_blocked_ns", "<f4"),
    ("before_runnable_ns", "<f4"),
    ("kernel_ns", "<f4"),
    ("blocked_ns", "<f4"),
    ("runnable_ns", "<f4"),
    ("tracer_ns", "<f4"),
    ("bytes_in", "<f4"),
    ("bytes_out", "<f4"),
    ("code", "<i2"),
    ("errno", "<i2"),
    ("fd", "<i4"),
    ("thread", "<i4"),
    ("phases", "<i2"),
    ("kind", "u1"),
    ("flags", "u1"),
)
"""The columns and their types."""


class Chunk(NamedTuple):
    """A stretch of consecutive lines; all arrays have one entry per line."""

    first: int
    """Number of the first line."""
    row: NDArray[np.uint32]
    """Row number in the recording."""
    at_ns: Ints
    """CLOCK_MONOTONIC of the call's entry, or of the event."""
    wall_ns: NDArray[np.float32]
    """From entry to return as it was traced, without what it was held at its entry (`Lines.held`); the line's time
    in user space lies before `at_ns`."""
    user_ns: NDArray[np.float32]
    before_blocked_ns: NDArray[np.float32]
    """Asleep between the previous call and this one."""
    before_runnable_ns: NDArray[np.float32]
    kernel_ns: NDArray[np.float32]
    blocked_ns: NDArray[np.float32]
    runnable_ns: NDArray[np.float32]
    tracer_ns: NDArray[np.float32]
    bytes_in: NDArray[np.float32]
    bytes_out: NDArray[np.float32]
    code: NDArray[np.int16]
    """`CallCodes` of the call, 0 for events."""
    errno: NDArray[np.int16]
    """The errno it failed with, 0 when it did not fail."""
    fd: NDArray[np.int32]
    """The descriptor it used: place in `Descriptors.seen`, -1 for none."""
    thread: NDArray[np.int32]
    """Place in `Threads.lives`."""
    phases: NDArray[np.int16]
    """The set of marked phases, place in `Phases.members`."""
    kind: NDArray[np.uint8]
    """`tracer.wire.Kind`."""
    flags: NDArray[np.uint8]

    @property
    def last(self) -> int:
        """One past the number of the last line."""
        return self.first + len(self.row)


class Lines:
    """The lines of a recording so far."""

    def __init__(self) -> None:
        self.count = 0
        """Lines whose number and content are final."""
        self.held = HeldLines()
        """How long calls were held by whoever stepped the program."""
        self.counts = LineCounts()
        self._settling = Settling()
        self._room = Room()
        self._chunks: list[Chunk] = []
        self._kept: dict[int, tuple[Any, ...]] = {}
        """Values of rows whose calls are still running, by row."""

    @property
    def rows(self) -> int:
        """Rows of the recording taken in."""
        return self._settling.rows

    @property
    def inside(self) -> tuple[int, ...]:
        """Rows of the calls running at the moment, the longest first."""
        return self._settling.inside

    def row_of(self, line: int) -> int:
        """The row number of a line. Raises IndexError beyond the last."""
        if not 0 <= line < self.count:
            raise IndexError(f"line {line} of {self.count}")
        return int(self._chunks[line // CHUNK].row[line % CHUNK])

    def add(self, batch: pa.RecordBatch, counted: Counted) -> None:
        """Take in the next batch, and what the tally found out about it."""
        first = self._settling.rows
        settled = self._settling.add(batch)
        values = _values(counted, first)
        self.held.add(counted)
        inside = self._settling.inside
        self._append(settled, first, values)
        kept = self._kept if inside else {}
        self._kept = {
            row: tuple(column[row - first] for column in values) if row >= first else kept[row] for row in inside
        }

    def chunks(self, first: int = 0, last: int | None = None) -> Iterator[Chunk]:
        """The lines from `first` up to `last` (by default all there are), at most CHUNK at a time."""
        last = self.count if last is None else min(last, self.count)
        while first < last:
            chunk, start = self._chunks[first // CHUNK], first % CHUNK
            stop = min(CHUNK, start + last - first)
            yield Chunk._make((first, *(column[start:stop] for column in _arrays(chunk))))
            first += stop - start

    def ends(self, chunk: Chunk) -> Ints:
        """When the lines of a chunk were over (CLOCK_MONOTONIC ns): the return of a call."""
        over: Ints = chunk.at_ns + chunk.wall_ns.astype(np.int64)
        return over + self.held.of(np.arange(chunk.first, chunk.last)) if self.held.any else over

    def gather(self, numbers: Ints, names: Sequence[str]) -> dict[str, NDArray[Any]]:
        """The columns `names` of the lines `numbers` (all below `count`), in that order."""
        wanted = {name: place for place, (name, _) in enumerate(FIELDS) if name in names}
        places = (numbers // CHUNK).astype(np.int16)  # numpy sorts 16 bits by radix
        order = np.argsort(places, kind="stable")
        offsets = (numbers % CHUNK)[order]
        there, firsts = np.unique(places[order], return_index=True)
        bounds = [*firsts.tolist(), len(numbers)]
        back = np.empty(len(numbers), np.intp)
        back[order] = np.arange(len(numbers))
        found = {name: np.empty(len(numbers), FIELDS[place][1]) for name, place in wanted.items()}
        for chunk, start, stop in zip(there.tolist(), bounds, bounds[1:], strict=False):
            columns = _arrays(self._chunks[chunk])
            for name, place in wanted.items():
                columns[place].take(offsets[start:stop], out=found[name][start:stop], mode="clip")
        return {name: column[back] for name, column in found.items()}

    def running(self) -> dict[int, dict[str, Any]]:
        """What is known of the calls running at the moment, by row: their values by column."""
        kept = self._kept  # replaced, never changed
        return {row: dict(zip((name for name, _ in FIELDS), values, strict=True)) for row, values in kept.items()}

    def _append(self, settled: Ints, first: int, values: tuple[NDArray[Any], ...]) -> None:
        done = 0
        while done < len(settled):
            at = self.count % CHUNK
            if at == 0:
                kinds = [kind for _, kind in FIELDS]
                self._chunks.append(Chunk._make((self.count, *self._room.columns(kinds, CHUNK))))
            rows = settled[done : done + CHUNK - at]
            chunk = self._chunks[-1]
            here = np.maximum(rows - first, 0)
            for column, new in zip(_arrays(chunk), values, strict=True):
                column[at : at + len(rows)] = new[here]
            for place in np.flatnonzero(rows < first).tolist():
                for column, value in zip(_arrays(chunk), self._kept[int(rows[place])], strict=True):
                    column[at + place] = value
            done += len(rows)
            fresh = slice(at, at + len(rows))
            self.counts.add(chunk.code[fresh], chunk.errno[fresh])
            if self.held.waiting:
                self.held.settle(self.count, chunk.kind[fresh], chunk.thread[fresh], chunk.at_ns[fresh])
            self.count += len(rows)  # only now may others look at them


def _arrays(chunk: Chunk) -> tuple[NDArray[Any], ...]:
    return chunk[1:]


def _values(counted: Counted, first: int) -> tuple[NDArray[Any], ...]:
    """The columns of a batch whose first row is row `first`, in the order of FIELDS."""
    columns = counted.columns
    times, copies = columns.times, columns.copies
    interrupted = columns.returned & (columns.result <= -FIRST_RESTART) & (columns.result >= -LAST_RESTART)
    flags = (
        columns.failed * FAILED
        + columns.wasted * WASTED
        + columns.wakeup * WAKEUP
        + interrupted * INTERRUPTED
        + (columns.returned & copies.unknown) * UNKNOWN_COPIES
    )
    return (
        np.arange(first, first + len(columns.kind)),
        columns.at_ns, columns.wall_ns,
        times.user, times.before_blocked, times.before_runnable,
        times.kernel, times.blocked, times.runnable, times.tracer,
        copies.payload_in + copies.control_in, copies.payload_out + copies.control_out,
        columns.code, np.where(columns.failed, -columns.result, 0),
        counted.used.code, counted.thread, counted.within, columns.kind, flags,
    )  # fmt: skip
