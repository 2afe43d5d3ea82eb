"""Wire frames from the capture process, and their columns.

Capture sends many small frames; one batch of the recording is made of all frames that came in the meantime.
Their three sections (records, items, bytes) are joined and turned into columns with one `numpy.frombuffer`
each; there is no loop over events. A frame of columns becomes a batch as it is, without a copy.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tracer.recording.schema import COLUMNS, MEMORY, schema
from tracer.wire import (
    ITEM_FIELDS,
    RECORD_FIELDS,
    padding,
    sections,
)  # fmt: skip

_RECORD: Final = np.dtype(list(RECORD_FIELDS))
_ITEM: Final = np.dtype(list(ITEM_FIELDS))
_SCHEMA: Final = schema()
_PLAIN: Final = tuple(column for column in COLUMNS if column.name not in ("args", "memory"))

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


@dataclass(frozen=True, slots=True)
class Columns:
    """One frame of events as columns (`tracer.wire.sections`)."""

    rows: int
    items: int
    size: int
    """Bytes of memory."""
    body: Any = field(repr=False)
    """All sections; whatever has a buffer."""

    @property
    def memory(self) -> memoryview:
        """The bytes of the pieces."""
        return memoryview(self.body)[len(self.body) - self.size - padding(self.size) :][: self.size]


def batch_of(frames: Sequence[Events | Columns]) -> pa.RecordBatch:
    """All events of `frames` as one batch of the recording's columns, in order.

    Raises BrokenWire when the counts in the records do not agree with the sections.
    """
    batches: list[pa.RecordBatch] = []
    for columns, some in groupby(frames, lambda frame: isinstance(frame, Columns)):
        if columns:
            batches += [_columns(frame) for frame in some if isinstance(frame, Columns)]
        else:
            batches.append(_events([frame for frame in some if isinstance(frame, Events)]))
    if len(batches) == 1:
        return batches[0]
    return pa.concat_batches(batches) if batches else _events([])


def _events(frames: Sequence[Events]) -> pa.RecordBatch:
    records = np.frombuffer(b"".join(f.records for f in frames), dtype=_RECORD)
    items = np.frombuffer(b"".join(f.items for f in frames), dtype=_ITEM)
    memory = b"".join(f.memory for f in frames)
    item_offsets = offsets(records["items"])
    byte_offsets = offsets(items["length"])
    if int(item_offsets[-1]) != len(items) or int(byte_offsets[-1]) != len(memory):
        raise BrokenWire("a frame's counts do not agree with its sections")
    parts = {column.name: _buffer(records[column.name]) for column in _PLAIN}
    parts |= {field.name: _buffer(items[field.name]) for field in MEMORY if field.name != "bytes"}
    parts |= {"args": _buffer(records["args"]), "first": _buffer(item_offsets), "start": _buffer(byte_offsets)}
    return _batch(len(records), len(items), parts | {"memory": pa.py_buffer(memory)})


def _columns(frame: Columns) -> pa.RecordBatch:
    whole, parts, at = pa.py_buffer(frame.body), {}, 0
    for name, length in sections(frame.rows, frame.items, frame.size):
        parts[name] = whole.slice(at, length)
        at += length + padding(length)
    for name, most in (("first", frame.items), ("start", frame.size)):
        ends = np.frombuffer(parts[name], np.int32)
        if ends[0] != 0 or ends[-1] != most:
            raise BrokenWire("a frame's counts do not agree with its sections")
    return _batch(frame.rows, frame.items, parts)


def _batch(rows: int, items: int, parts: dict[str, pa.Buffer]) -> pa.RecordBatch:
    def array(kind: pa.DataType, length: int, *names: str) -> pa.Array:
        return pa.Array.from_buffers(kind, length, [None, *(parts[name] for name in names)])

    arrays = {column.name: array(column.type, rows, column.name) for column in _PLAIN}
    registers = array(pa.uint64(), 6 * rows, "args")
    arrays["args"] = pa.FixedSizeListArray.from_arrays(registers, type=_SCHEMA.field("args").type)
    pieces = [
        array(pa.binary(), items, "start", "memory") if each.name == "bytes" else array(each.type, items, each.name)
        for each in MEMORY
    ]
    structs = pa.StructArray.from_arrays(pieces, fields=list(MEMORY))
    first = array(pa.int32(), rows + 1, "first")
    arrays["memory"] = pa.ListArray.from_arrays(first, structs, type=_SCHEMA.field("memory").type)
    return pa.RecordBatch.from_arrays([arrays[column.name] for column in COLUMNS], schema=_SCHEMA)


def offsets(counts: NDArray[Any]) -> NDArray[np.int32]:
    """Arrow list offsets for lists of these lengths: n + 1 values from 0. Raises BrokenWire above 2 GiB."""
    ends = np.zeros(len(counts) + 1, dtype=np.int64)
    np.cumsum(counts, out=ends[1:])
    if ends[-1] > np.iinfo(np.int32).max:
        raise BrokenWire("a batch above 2 GiB")
    return ends.astype(np.int32)


def _buffer(values: NDArray[Any]) -> pa.Buffer:
    return pa.py_buffer(np.ascontiguousarray(values))
