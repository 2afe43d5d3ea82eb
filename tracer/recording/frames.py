"""Wire frames from the capture process, as they come out of a pipe, and their columns.

Capture sends many small frames; one batch of the recording is made of all frames that came in the meantime.
Their three sections (records, items, bytes) are joined and turned into columns with one `numpy.frombuffer`
each; there is no loop over events.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tracer.recording.schema import COLUMNS, MEMORY, schema
from tracer.wire import FRAME, FRAME_EVENTS, FRAME_JSON, ITEM, ITEM_FIELDS, RECORD, RECORD_FIELDS

_RECORD: Final = np.dtype(list(RECORD_FIELDS))
_ITEM: Final = np.dtype(list(ITEM_FIELDS))
_SCHEMA: Final = schema()
_PLAIN: Final = tuple(field for field in COLUMNS if field.name not in ("args", "memory"))

Document = dict[str, Any]


class BrokenWire(Exception):
    """The bytes on the wire are not frames: another version of capture, or a foreign writer."""


@dataclass(frozen=True, slots=True)
class Events:
    """The three sections of one frame of events, as raw bytes."""

    rows: int
    records: bytes
    items: bytes
    memory: bytes


class FrameBuffer:
    """Cuts a byte stream into frames; a frame may arrive in any number of pieces."""

    def __init__(self) -> None:
        self._pending = bytearray()

    def feed(self, data: bytes) -> Iterator[Events | Document]:
        """Take `data` and yield every frame that is now whole. Raises BrokenWire on anything but frames."""
        self._pending += data
        at = 0
        while len(self._pending) - at >= FRAME.size:
            kind, rows, items, size = FRAME.unpack_from(self._pending, at)
            body = _body_size(kind, rows, items, size)
            if len(self._pending) - at - FRAME.size < body:
                break
            begin = at + FRAME.size
            at = begin + body
            yield _frame(kind, bytes(memoryview(self._pending)[begin:at]), rows, items)
        del self._pending[:at]

    @property
    def cut(self) -> bool:
        """True when the stream stopped inside a frame."""
        return bool(self._pending)


def _body_size(kind: bytes, rows: int, items: int, size: int) -> int:
    if kind == FRAME_JSON:
        return size
    if kind == FRAME_EVENTS:
        return rows * RECORD.size + items * ITEM.size + size
    raise BrokenWire(f"a frame of unknown type {kind!r}")


def _frame(kind: bytes, body: bytes, rows: int, items: int) -> Events | Document:
    if kind == FRAME_JSON:
        document = json.loads(body)
        if not isinstance(document, dict):
            raise BrokenWire("a JSON frame that is not an object")
        return document
    end_records = rows * RECORD.size
    end_items = end_records + items * ITEM.size
    return Events(rows, body[:end_records], body[end_records:end_items], body[end_items:])


def batch_of(frames: Sequence[Events]) -> pa.RecordBatch:
    """All events of `frames` as one batch of the recording's columns, in order.

    Raises BrokenWire when the counts in the records do not agree with the sections.
    """
    records = np.frombuffer(b"".join(f.records for f in frames), dtype=_RECORD)
    items = np.frombuffer(b"".join(f.items for f in frames), dtype=_ITEM)
    memory = b"".join(f.memory for f in frames)
    item_offsets = offsets(records["items"])
    byte_offsets = offsets(items["length"])
    if int(item_offsets[-1]) != len(items) or int(byte_offsets[-1]) != len(memory):
        raise BrokenWire("a frame's counts do not agree with its sections")
    arrays = {field.name: _plain(records[field.name], field.type) for field in _PLAIN}
    arrays["args"] = pa.FixedSizeListArray.from_arrays(
        _plain(records["args"].reshape(-1), pa.uint64()), type=_SCHEMA.field("args").type
    )
    arrays["memory"] = _memory(items, item_offsets, byte_offsets, memory)
    return pa.RecordBatch.from_arrays([arrays[field.name] for field in COLUMNS], schema=_SCHEMA)


def offsets(counts: NDArray[Any]) -> NDArray[np.int32]:
    """Arrow list offsets for lists of these lengths: n + 1 values from 0. Raises BrokenWire above 2 GiB."""
    ends = np.zeros(len(counts) + 1, dtype=np.int64)
    np.cumsum(counts, out=ends[1:])
    if ends[-1] > np.iinfo(np.int32).max:
        raise BrokenWire("a batch above 2 GiB")
    return ends.astype(np.int32)


def _plain(values: NDArray[Any], kind: pa.DataType) -> pa.Array:
    return pa.Array.from_buffers(kind, len(values), [None, pa.py_buffer(np.ascontiguousarray(values))])


def _memory(
    items: NDArray[Any], item_offsets: NDArray[np.int32], byte_offsets: NDArray[np.int32], memory: bytes
) -> pa.Array:
    pieces = pa.Array.from_buffers(
        pa.binary(), len(items), [None, pa.py_buffer(byte_offsets), pa.py_buffer(memory)]
    )
    columns = [pieces if f.name == "bytes" else _plain(items[f.name], f.type) for f in MEMORY]
    structs = pa.StructArray.from_arrays(columns, fields=list(MEMORY))
    return pa.ListArray.from_arrays(_plain(item_offsets, pa.int32()), structs, type=_SCHEMA.field("memory").type)
