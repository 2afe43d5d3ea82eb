"""Asynchronous operations of a recording: what was asked for, who carried it out, when, and how it was told.

Four kinds are put together from the rows of a recording: entries of io_uring's rings (`operations_rings`), requests
of the C library's POSIX AIO (`operations_aio`), iocbs of native AIO (`operations_blocks`), and signals that
announce I/O (`operations_signals`). What is concluded and not recorded is named in `Operation.inferred`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain
from typing import Protocol

import pyarrow as pa

from tracer.analyze.calls import CallCodes
from tracer.analyze.operations.aio import Requests
from tracer.analyze.operations.blocks import Blocks
from tracer.analyze.operations.results import Operation
from tracer.analyze.operations.rings import Rings
from tracer.analyze.operations.rows import Calibrated, Event, Mask, Rows
from tracer.analyze.operations.signals import Signals
from tracer.recording.header import Header
from tracer.wire import Kind


class Source(Protocol):
    """Finds operations of one kind."""

    def wanted(self, rows: Rows) -> Mask:
        """The rows of a batch it must see, and perhaps others."""

    def take(self, event: Event) -> Iterator[Operation]:
        """Take in the next event; the operations that are over."""

    def left(self, inside: Iterable[Event], /) -> Iterator[Operation]:
        """At the end: the operations that are not over. `inside`: calls that had not returned."""


class Operations:
    """The operations of one recording: fed batch by batch, in order."""

    def __init__(self, header: Header) -> None:
        self._codes = CallCodes()
        self._calibrated = Calibrated(header)
        self._sources: tuple[Source, ...] = (Rings(), Requests(), Blocks(), Signals())
        self._inside: dict[int, Event] = {}
        """By thread: a call that had not returned when it was recorded."""
        self._numbers: dict[str, int] = {}

    def add(self, batch: pa.RecordBatch) -> Iterator[Operation]:
        """Take in the next batch; the operations that are over. Read them all before the next batch."""
        if batch.num_rows == 0:
            return
        rows = Rows(batch, self._codes)
        masks = [source.wanted(rows) for source in self._sources]
        for event in rows.events(_any(masks), self._calibrated.now):
            self._inside.pop(event.tid, None)
            if event.kind == Kind.ENTERED:
                self._inside[event.tid] = event
                continue
            for source in self._sources:
                yield from map(self._numbered, source.take(event))
        self._calibrated.follow(rows)

    def finish(self) -> Iterator[Operation]:
        """The operations that are not over at the end of the recording. Call it once, last."""
        inside = tuple(self._inside.values())
        for source in self._sources:
            yield from map(self._numbered, source.left(inside))

    def _numbered(self, operation: Operation) -> Operation:
        number = self._numbers[operation.kind] = self._numbers.get(operation.kind, 0) + 1
        return replace(operation, number=number)


def _any(masks: list[Mask]) -> Mask:
    wanted = masks[0].copy()
    for mask in masks[1:]:
        wanted |= mask
    return wanted


def operations_of(header: Header, batches: Iterable[pa.RecordBatch]) -> Iterator[Operation]:
    """Every operation of a recording, in the order they ended; those left pending last."""
    found = Operations(header)
    return chain(chain.from_iterable(map(found.add, batches)), found.finish())
