"""A recording as Trace Event JSON, the format that Perfetto (ui.perfetto.dev) and chrome://tracing open.

    https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU (Trace Event Format)

A track for every thread, with its calls and what happened inside and between them (`perfetto_slices`); async tracks
for operations in flight and for phases; counters of copied bytes; signals, births, execs, ends, marks and wake-ups
as instants. Moments are microseconds since the first row: those of a clock that has run for months would not fit
the 53 bits of a JSON number. Where calls begin is what the traced program saw; how long they and their parts took
is corrected, so the gaps between slices are the tracer's.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa

from tracer.account.times import column
from tracer.analyze.operations.operations import Operations
from tracer.analyze.phases import Phases
from tracer.analyze.threads import Life, Threads
from tracer.decode.events import EVENTS
from tracer.export.accounted import Accounted, Accounting
from tracer.export.perfetto_counters import Copied
from tracer.export.perfetto_json import event, metadata
from tracer.export.perfetto_operations import operation_events
from tracer.export.perfetto_slices import AFTER, SLOTS, Events, Known, is_placed, slices
from tracer.export.placing import Placing
from tracer.recording.captured import captured
from tracer.recording.header import Header
from tracer.recording.reader import Recording
from tracer.wire import Kind

_INSTANTS: Final = {
    Kind.SIGNAL: "t", Kind.SPAWN: "t", Kind.EXEC: "t", Kind.EXIT: "t", Kind.LEFT: "t", Kind.MARK: "p",
    Kind.LOST: "g",
}  # fmt: skip
"""Rows that are moments, and how wide they are drawn: thread, process or global."""


def chunks(recording: Recording) -> Iterator[bytes | memoryview]:
    """The file, piece by piece."""
    yield from _Page(recording.header, recording.batches).chunks()


class _Page:
    def __init__(self, header: Header, batches: Sequence[pa.RecordBatch]) -> None:
        self._header = header
        self._batches = batches
        self._origin_ns, self._last_ns = _extent(batches)
        self._accounting = Accounting(header, batches, joined=True)
        self._operations = Operations(header)
        self._threads = Threads()
        self._placing = Placing(self._origin_ns)
        self._copied = Copied(self._origin_ns, self._last_ns - self._origin_ns)

    def chunks(self) -> Iterator[bytes | memoryview]:
        yield f'{{"displayTimeUnit":"ns","otherData":{json.dumps(self._about())},"traceEvents":[\n'.encode()
        for accounted in self._accounting:
            self._threads.of(accounted.columns)
            yield _in_order(list(self._of(accounted)))
            yield from self._in_flight(self._operations.add(accounted.batch))
        yield from self._in_flight(self._operations.finish())
        yield from (text.encode() for text in _phases(self._accounting.phases, self._origin_ns, self._header.pid))
        yield (",\n".join(self._names()) + "\n]}\n").encode()

    def _about(self) -> dict[str, Any]:
        header = self._header
        began = header.began_unix_ns + self._origin_ns - header.began_ns
        about = {name: getattr(header, name) for name in ("host", "machine", "kernel", "backend", "source")}
        return about | {"command": " ".join(header.command), "began_unix_ns": str(began), "producer": "iotrace"}

    def _of(self, accounted: Accounted) -> Iterator[Events]:
        placed = self._placing.place(accounted.columns, is_placed(accounted))
        if len(placed.row):
            known = Known(self._accounting.codes, self._accounting.descriptors.seen, self._origin_ns, self._last_ns)
            yield from slices(accounted, known, placed)
            copied = self._copied.events(accounted.columns, placed)
            if copied is not None:
                yield copied
        yield _instants(accounted, self._origin_ns)

    def _in_flight(self, operations: Iterator[Any]) -> Iterator[bytes]:
        for operation in operations:
            yield "".join(operation_events(operation, self._origin_ns)).encode()

    def _names(self) -> Iterator[str]:
        for life in self._threads.lives:
            if life.tid:
                yield metadata("thread_name", life.pid, life.tid, life.name or f"thread {life.tid}")
        for pid, leader in _leaders(self._threads.lives).items():
            yield metadata("process_name", pid, pid, leader)
        # There is always one more, so that all others end with a comma.
        main = self._header.pid
        yield metadata("process_labels", main, main, " ".join(self._header.command), "labels")


def _leaders(lives: list[Life]) -> dict[int, str]:
    """Processes and what they are called: as their first thread, or the first that is known of them."""
    named: dict[int, str] = {}
    for life in sorted(lives, key=lambda life: life.pid != life.tid):
        if life.tid:
            named.setdefault(life.pid, life.name or f"process {life.pid}")
    return named


def _instants(accounted: Accounted, origin_ns: int) -> Events:
    rows = np.flatnonzero(np.isin(accounted.columns.kind, list(_INSTANTS)) & ~accounted.superseded)
    texts = [_instant(accounted, row, origin_ns) for row in rows.tolist()]
    return Events(rows * SLOTS + AFTER, pa.array(texts, pa.string()))


def _instant(accounted: Accounted, row: int, origin_ns: int) -> str:
    columns, kind = accounted.columns, Kind(int(accounted.columns.kind[row]))
    name, details, more = EVENTS[kind](captured(accounted.batch).row(row))
    about: dict[str, Any] = {
        "s": _INSTANTS[kind],
        "cat": kind.name.lower(),
        "name": f"mark: {details[0]}" if kind == Kind.MARK and details else name,
        "pid": int(columns.pid[row]),
        "tid": int(columns.tid[row]),
    }
    told = {"details": [*details, *([more] if more else [])]}
    return event("i", int(columns.at_ns[row]), origin_ns, **about, args=told)


def _phases(phases: Phases, origin_ns: int, pid: int) -> Iterator[str]:
    for number, name in enumerate(phases.names()):
        begin, end = phases.interval(name)
        about: dict[str, Any] = {"cat": "phase", "name": name, "id": f"phase {number}", "pid": pid, "tid": pid}
        yield event("b", begin, origin_ns, **about)
        if end is not None:
            yield event("e", max(begin, end), origin_ns, **about)


def _extent(batches: Sequence[pa.RecordBatch]) -> tuple[int, int]:
    """When the first and the last row begin."""
    moments = [column(batch, "at_ns") for batch in batches if batch.num_rows]
    if not moments:
        return 0, 0
    return min(int(each.min()) for each in moments), max(int(each.max()) for each in moments)


def _in_order(events: list[Events]) -> memoryview:
    """The texts of all events, in the order in which they belong."""
    order = np.argsort(np.concatenate([each.order for each in events]), kind="stable")
    texts = pa.concat_arrays([each.texts for each in events]).take(pa.array(order))
    _, offsets, data = texts.buffers()
    if data is None:
        return memoryview(b"")
    ends = np.frombuffer(offsets, np.int32)[texts.offset : texts.offset + len(texts) + 1]
    return memoryview(data)[ends[0] : ends[-1]]
