"""Arrow IPC messages of a recording, checked before anyone touches their contents.

Arrow checks the structure of a message, not the offsets inside its buffers: reading a damaged batch without
a full validation can crash the process (Arrow's documentation, "Security Considerations"). So every batch is
validated in full and must have the recording's columns without nulls.
"""

from __future__ import annotations

from typing import Final

import pyarrow as pa

from tracer.recording.errors import NewerRecording, NotARecording
from tracer.recording.header import Header
from tracer.recording.schema import FORMAT_VERSION, METADATA_KEY, schema

SCHEMA: Final = schema()
_PREFIX: Final = 8
_MAX_METADATA: Final = 1 << 24
_MAX_ROWS: Final = 1 << 24


def read_header(path: str, data: pa.Buffer) -> tuple[Header, int]:
    """The header at the beginning of `data` and where the first batch begins.

    Raises NotARecording or NewerRecording.
    """
    try:
        stream = pa.BufferReader(data)
        found = pa.ipc.read_schema(pa.ipc.MessageReader.open_stream(stream).read_next_message())
        text = (found.metadata or {})[METADATA_KEY]
        header = Header.from_json(text)
    except (
        pa.ArrowException,
        OSError,
        StopIteration,
        ValueError,
        KeyError,
        TypeError,
        RecursionError,
    ) as error:
        raise NotARecording(
            f"{path} is not an iotrace recording, or its beginning is damaged.\n"
            "Recordings are made with: iotrace record -o FILE -- PROGRAM"
        ) from error
    if header.format > FORMAT_VERSION:
        raise NewerRecording(
            f"{path} has format {header.format}; this iotrace reads up to format {FORMAT_VERSION}.\n"
            "Upgrade iotrace to the version that wrote it."
        )
    if not found.equals(SCHEMA):
        raise NotARecording(f"{path} has other columns than a recording of format {header.format}: it is damaged.")
    return header, stream.tell()


def whole_batches(data: pa.Buffer) -> tuple[list[pa.RecordBatch], int, bool]:
    """The whole batches at the beginning of `data`, the bytes they take, and whether the stream ended there.

    Stops without error at the first message that is cut off or damaged: for a file that is still written the
    two look the same.
    """
    batches: list[pa.RecordBatch] = []
    stream = pa.BufferReader(data)
    used = 0
    while (size := _metadata_size(data, used)) is not None:
        if size == 0:
            return batches, used + _PREFIX, True
        batch = _next_batch(stream)
        if batch is None:
            break
        batches.append(batch)
        used = stream.tell()
    return batches, used, False


def _metadata_size(data: pa.Buffer, at: int) -> int | None:
    prefix = bytes(data.slice(at, min(_PREFIX, data.size - at)))
    if len(prefix) < _PREFIX or prefix[:4] != b"\xff\xff\xff\xff":
        return None
    size = int.from_bytes(prefix[4:], "little", signed=True)
    return size if 0 <= size <= min(_MAX_METADATA, data.size - at - _PREFIX) else None


def _next_batch(stream: pa.BufferReader) -> pa.RecordBatch | None:
    try:
        message = pa.ipc.MessageReader.open_stream(stream).read_next_message()
        batch = pa.ipc.read_record_batch(message, SCHEMA)
        batch.validate(full=True)
        return batch if batch.num_rows <= _MAX_ROWS and not _has_nulls(batch) else None
    except (pa.ArrowException, OSError, StopIteration, ValueError, MemoryError):
        return None


def _has_nulls(batch: pa.RecordBatch) -> bool:
    args, memory = batch.column("args"), batch.column("memory")
    nested = (args.values, memory.values, *memory.values.flatten())
    return any(array.null_count for array in (*batch.columns, *nested))
