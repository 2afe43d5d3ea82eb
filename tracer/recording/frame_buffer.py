"""Wire frames as they come out of a pipe: cut anywhere, small ones many at a time, large ones in many pieces."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tracer.recording.frames import BrokenWire, Columns, Document, Events
from tracer.wire import FRAME, FRAME_COLUMNS, FRAME_EVENTS, FRAME_JSON, ITEM, RECORD, padding, sections

_LARGE: Final = 1 << 16
"""A frame that is longer is read to where it stays."""


class FrameBuffer:
    """Cuts a byte stream into frames; a frame may arrive in any number of pieces."""

    def __init__(self) -> None:
        self._pending = bytearray()
        self._header = (b"", 0, 0, 0)
        self._body: NDArray[np.uint8] = np.empty(0, np.uint8)
        """A large frame that is on its way, of which `_filled` bytes are there."""
        self._filled = 0

    def feed(self, data: bytes) -> Iterator[Events | Columns | Document]:
        """Take `data` and yield every frame that is now whole. Raises BrokenWire on anything but frames."""
        if len(room := self.room()):
            some = data[: len(room)]
            room[: len(some)] = some
            yield from self.filled(len(some))
            data = data[len(some) :]
        self._pending += data
        at = 0
        while len(self._pending) - at >= FRAME.size:
            header = kind, rows, items, size = FRAME.unpack_from(self._pending, at)
            body = _body_size(kind, rows, items, size)
            begin = at + FRAME.size
            if len(self._pending) - begin < body:
                if body > _LARGE:
                    at = len(self._pending)
                    self._expect(header, body, begin)
                break
            at = begin + body
            yield _frame(header, bytes(memoryview(self._pending)[begin:at]))
        del self._pending[:at]

    def room(self) -> memoryview:
        """Where the next bytes of a large frame belong; of length 0 when there is none on its way."""
        return self._body.data[self._filled :]

    def filled(self, size: int) -> Iterator[Events | Columns | Document]:
        """So many bytes were put into `room`: yield the frame if it is whole now."""
        self._filled += size
        if self._filled == len(self._body):
            body, self._body, self._filled = self._body, self._body[:0], 0
            yield _frame(self._header, body if self._header[0] == FRAME_COLUMNS else body.tobytes())

    @property
    def cut(self) -> bool:
        """True when the stream stopped inside a frame."""
        return bool(self._pending) or len(self._body) > 0

    def _expect(self, header: tuple[bytes, int, int, int], body: int, begin: int) -> None:
        self._header, self._body = header, np.empty(body, np.uint8)
        self._filled = len(self._pending) - begin
        self._body[: self._filled] = self._pending[begin:]


def _body_size(kind: bytes, rows: int, items: int, size: int) -> int:
    if kind == FRAME_JSON:
        return size
    if kind == FRAME_EVENTS:
        return rows * RECORD.size + items * ITEM.size + size
    if kind == FRAME_COLUMNS:
        return sum(length + padding(length) for _, length in sections(rows, items, size))
    raise BrokenWire(f"a frame of unknown type {kind!r}")


def _frame(header: tuple[bytes, int, int, int], body: bytes | NDArray[np.uint8]) -> Events | Columns | Document:
    kind, rows, items, size = header
    if kind == FRAME_COLUMNS:
        return Columns(rows, items, size, body)
    assert isinstance(body, bytes)
    if kind == FRAME_JSON:
        document = json.loads(body)
        if not isinstance(document, dict):
            raise BrokenWire("a JSON frame that is not an object")
        return document
    end_records = rows * RECORD.size
    end_items = end_records + items * ITEM.size
    return Events(rows, body[:end_records], body[end_records:end_items], body[end_items:])
