"""A long batch as the parts of its Arrow IPC message, where they lie: what would be copied is most of it."""

from __future__ import annotations

from typing import Final

import pyarrow as pa

from tracer.recording.schema import schema

_SCHEMA: Final = schema()
_LONG: Final = 4096
"""Rows from which on it is quicker not to copy them: there are some forty parts, however short."""


class _Parts:
    """A file for Arrow to write to, that keeps what it is given."""

    closed = False

    def __init__(self) -> None:
        self.kept: list[memoryview] = []
        self._length = 0

    def write(self, data: pa.Buffer | bytes) -> int:
        """Keep it; Arrow does not change it afterwards."""
        view = memoryview(data)
        self.kept.append(view)
        self._length += len(view)
        return len(view)

    def tell(self) -> int:
        """Bytes so far."""
        return self._length

    def flush(self) -> None:
        """Nothing to do."""

    def close(self) -> None:
        """Nothing to do."""


class Unjoined:
    """Makes messages of batches of one stream."""

    def __init__(self) -> None:
        self._parts = _Parts()
        self._stream = pa.ipc.new_stream(pa.PythonFile(self._parts, mode="w"), _SCHEMA)
        # Before its first batch a stream says what its columns are, which a recording does in its own way.
        self._stream.write_batch(pa.RecordBatch.from_pylist([], _SCHEMA))

    def message(self, batch: pa.RecordBatch) -> list[memoryview]:
        """The same bytes as `batch.serialize()`, in pieces; valid as long as the batch."""
        if batch.num_rows <= _LONG:
            return [memoryview(batch.serialize())]
        self._parts.kept.clear()
        self._stream.write_batch(batch)
        return list(self._parts.kept)
