"""The columns of a recording: one row per event, in the order events ended.

Column names and meanings are those of `tracer.wire`; `memory` is the list of pieces of user memory that were
copied at the event's stops. Raw clocks only: corrections are applied by `tracer.account`, so a recording can
be accounted again with better knowledge.
"""

from __future__ import annotations

from typing import Final

import pyarrow as pa

FORMAT_VERSION: Final = 1

METADATA_KEY: Final = b"iotrace"
"""The schema metadata entry that holds the header, a JSON document (`tracer.recording.header.Header`)."""

MEMORY: Final = pa.struct(
    [
        pa.field("arg", pa.uint8(), nullable=False),
        pa.field("when", pa.uint8(), nullable=False),
        pa.field("reason", pa.uint16(), nullable=False),
        pa.field("address", pa.uint64(), nullable=False),
        pa.field("bytes", pa.binary(), nullable=False),
    ]
)

COLUMNS: Final = (
    pa.field("kind", pa.uint8(), nullable=False),
    pa.field("abi", pa.uint8(), nullable=False),
    pa.field("placement", pa.uint8(), nullable=False),
    pa.field("source", pa.uint8(), nullable=False),
    pa.field("flags", pa.uint32(), nullable=False),
    pa.field("nr", pa.int32(), nullable=False),
    pa.field("pid", pa.int32(), nullable=False),
    pa.field("tid", pa.int32(), nullable=False),
    pa.field("at_ns", pa.uint64(), nullable=False),
    pa.field("span_ns", pa.uint64(), nullable=False),
    pa.field("args", pa.list_(pa.field("item", pa.uint64(), nullable=False), 6), nullable=False),
    pa.field("result", pa.int64(), nullable=False),
    pa.field("wall_ns", pa.uint64(), nullable=False),
    pa.field("run_ns", pa.uint64(), nullable=False),
    pa.field("delay_ns", pa.uint64(), nullable=False),
    pa.field("user_wall_ns", pa.uint64(), nullable=False),
    pa.field("user_run_ns", pa.uint64(), nullable=False),
    pa.field("user_delay_ns", pa.uint64(), nullable=False),
    pa.field("ip", pa.uint64(), nullable=False),
    pa.field("switches", pa.uint32(), nullable=False),
    pa.field("user_switches", pa.uint32(), nullable=False),
    pa.field("stops", pa.uint32(), nullable=False),
    pa.field("user_stops", pa.uint32(), nullable=False),
    pa.field("memory", pa.list_(pa.field("item", MEMORY, nullable=False)), nullable=False),
)


def schema(metadata: dict[bytes, bytes] | None = None) -> pa.Schema:
    """The Arrow schema of a recording, with the header in its metadata when given."""
    return pa.schema(list(COLUMNS), metadata=metadata)
