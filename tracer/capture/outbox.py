"""Events on their way to the recorder: collected in three growing buffers, sent as one frame.

Many that are columns already are sent at once, out of the memory they lie in.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any, Final, Protocol

from tracer.wire import (
    FRAME,
    FRAME_COLUMNS,
    FRAME_EVENTS,
    FRAME_JSON,
    NO_ARG,
    RECORD,
    SECTION_ALIGNMENT,
    Kind,
    Source,
    When,
    padding,
    sections,
    write_parts,
)
from tracer.wire import ITEM as _ITEM

_PADDING: Final = memoryview(bytes(SECTION_ALIGNMENT))


class Pieces(Protocol):
    """Memory that belongs to one record: packed wire items and their bytes."""

    items: bytearray
    memory: bytearray
    count: int


class Outbox:
    """The frame under construction, and the pipe it will go to."""

    __slots__ = ("_descriptor", "items", "memory", "pieces", "records")

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self.records = bytearray()
        self.items = bytearray()
        self.memory = bytearray()
        self.pieces = 0

    def event(
        self,
        kind: Kind,
        at_ns: int,
        pid: int,
        tid: int,
        *,
        nr: int = 0,
        args: tuple[int, ...] = (),
        result: int = 0,
        texts: tuple[bytes, ...] = (),
        user: tuple[int, int, int, int, int] = (0, 0, 0, 0, 0),
        span_ns: int = 0,
        source: Source = Source.SCHEDSTAT,
        placement: int = 0,
        flags: int = 0,
    ) -> None:
        """Add an event that is not a call. `user` = wall, run, delay, switches, stops since the last row."""
        wall, run, delay, switches, stops = user
        padded = (*args, 0, 0, 0, 0, 0, 0)[:6]
        self.records += RECORD.pack(
            kind, 0, placement, source, flags, nr, pid, tid, len(texts), at_ns, span_ns,
            *padded, result, 0, 0, 0, wall, run, delay, 0, 0, switches, 0, stops,
        )  # fmt: skip
        for text in texts:
            self.items += _ITEM.pack(NO_ARG, When.ENTRY, 0, len(text), 0)
            self.memory += text
        self.pieces += len(texts)

    def add_pieces(self, pieces: Pieces) -> None:
        """Add the memory that belongs to the record just added."""
        self.items += pieces.items
        self.memory += pieces.memory
        self.pieces += pieces.count

    def flush(self) -> None:
        """Send what was collected. Blocks while the pipe is full: back pressure, never loss.

        Raises:
            BrokenPipeError: the recorder is gone.
        """
        records, items, memory = self.records, self.items, self.memory
        if not records:
            return
        header = FRAME.pack(FRAME_EVENTS, len(records) // RECORD.size, self.pieces, len(memory))
        _write_all(self._descriptor, b"".join((header, records, items, memory)))
        records.clear()
        items.clear()
        memory.clear()
        self.pieces = 0

    def columns(self, rows: int, items: int, content: Mapping[str, memoryview]) -> None:
        """Send the columns of many events (`tracer.wire.sections`, bytes by name) behind what was collected.

        Blocks as `flush` does; the memory they lie in is free again afterwards. Raises BrokenPipeError."""
        self.flush()
        memory = len(content["memory"])
        parts = [memoryview(FRAME.pack(FRAME_COLUMNS, rows, items, memory))]
        for name, length in sections(rows, items, memory):
            parts += content[name], _PADDING[: padding(length)]
        write_parts(self._descriptor, parts)

    def drop(self) -> None:
        """Forget what was collected and not sent."""
        for collected in (self.records, self.items, self.memory):
            collected.clear()
        self.pieces = 0

    def discard(self) -> None:
        """From now on, drop everything: nobody reads the pipe any more."""
        self._descriptor = os.open(os.devnull, os.O_WRONLY | os.O_CLOEXEC)

    def resume_at(self, descriptor: int) -> None:
        """After `discard`: forget what was collected, and send what comes now there."""
        for section in (self.records, self.items, self.memory):
            section.clear()
        self.pieces = 0
        os.close(self._descriptor)
        self._descriptor = descriptor

    def document(self, content: dict[str, Any]) -> None:
        """Flush, then send one JSON document."""
        self.flush()
        text = json.dumps(content).encode()
        _write_all(self._descriptor, FRAME.pack(FRAME_JSON, 0, 0, len(text)) + text)


def _write_all(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]
