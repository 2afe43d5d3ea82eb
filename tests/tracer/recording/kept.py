"""Numbered events, snapshots and a clock for tests of recordings of which not everything is kept."""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa

from tests.tracer.recording.wires import Wired, events
from tests.tracer.rows import batch, piece, row
from tracer.recording.frames import batch_of
from tracer.recording.header import Header
from tracer.recording.reader import Recording
from tracer.wire import NO_ARG, Kind, Spawn

HEADER = Header(command=("prog",), began_ns=17, began_unix_ns=1_000_017, pid=4241, capture_pid=4007)


class Clock:
    """CLOCK_MONOTONIC that goes on when told."""

    def __init__(self) -> None:
        self.now_ns = 1_000

    def __call__(self) -> int:
        return self.now_ns


def numbered(first: int, count: int, memory: bytes = b"") -> pa.RecordBatch:
    """Calls `first` up to `first + count`, each with some memory."""
    return batch_of([events([Wired(n, (memory,) if memory else ()) for n in range(first, first + count)])])


def snapshot(at_ns: int) -> pa.RecordBatch:
    """One thread, between calls."""
    name = [piece(NO_ARG, 0, 0, b"prog")]
    return batch([row(Spawn.ATTACH, kind=Kind.SPAWN, at_ns=at_ns, memory=name)])


def numbers(batches: Iterable[pa.RecordBatch]) -> list[int]:
    """The numbers of the calls in these batches."""
    return [
        nr
        for each in batches
        for kind, nr in zip(each.column("kind").to_pylist(), each.column("nr").to_pylist(), strict=True)
        if kind == Kind.CALL
    ]


def calls_of(recording: Recording) -> list[int]:
    """The numbers of the calls in a recording."""
    return numbers(recording.batches)
