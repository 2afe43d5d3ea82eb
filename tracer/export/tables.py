"""A recording as tables for other tools: the recording's own columns with the accounted ones beside them.

Parquet keeps everything, also the captured memory; CSV has a column per argument, and no memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO, Final

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from tracer.decode.results import errno_name
from tracer.export.accounted import Accounted, Accounting
from tracer.recording.reader import Recording
from tracer.recording.schema import schema
from tracer.wire import Kind

_TIMES: Final = ("user", "kernel", "blocked", "runnable", "before_blocked", "before_runnable", "tracer")
_COPIES: Final = ("copies_in", "copies_out", "payload_in", "payload_out", "control_in", "control_out")
_ARGUMENTS: Final = 6


def write_parquet(recording: Recording, out: BinaryIO) -> None:
    """Write `recording` as one Parquet file, a row group per batch."""
    with pyarrow.parquet.ParquetWriter(out, _all_columns(), compression="zstd") as writer:
        for table in _tables(recording):
            writer.write_table(table)


def write_csv(recording: Recording, out: BinaryIO) -> None:
    """Write `recording` as CSV with a line of names."""
    with pyarrow.csv.CSVWriter(out, _flat(_all_columns().empty_table()).schema) as writer:
        for table in _tables(recording):
            writer.write_table(_flat(table))


_ADDED: Final = (
    pa.field("event", pa.string()),
    pa.field("name", pa.string()),
    pa.field("errno", pa.string()),
    pa.field("wasted", pa.bool_()),
    *(pa.field(f"{name}_ns", pa.int64()) for name in _TIMES),
    *(pa.field(name, pa.int64()) for name in _COPIES),
    pa.field("copies_unknown", pa.bool_()),
    pa.field("fd_is", pa.string()),
    pa.field("phase", pa.string()),
)


def _all_columns() -> pa.Schema:
    return pa.schema([*schema(), *_ADDED])


def _tables(recording: Recording) -> Iterator[pa.Table]:
    accounting = Accounting(recording.header, recording.batches)
    for accounted in accounting:
        columns = [*accounted.batch.columns, *_added(accounting, accounted)]
        table = pa.Table.from_arrays(columns, schema=_all_columns())
        yield table.filter(pa.array(~accounted.superseded))


def _added(accounting: Accounting, accounted: Accounted) -> Iterator[pa.Array]:
    columns = accounted.columns
    names = [facts.name or None for facts in accounting.codes.facts]
    yield pa.array([_EVENTS.get(kind) for kind in columns.kind.tolist()], pa.string())
    yield pa.array([names[code] for code in columns.code.tolist()], pa.string())
    results = np.where(columns.failed, -columns.result, 0).tolist()
    yield pa.array([errno_name(number) if number else None for number in results], pa.string())
    yield pa.array(columns.wasted)
    for name in _TIMES:
        yield pa.array(getattr(columns.times, name))
    for name in (*_COPIES, "unknown"):
        yield pa.array(getattr(columns.copies, name))
    seen = accounting.descriptors.seen
    codes = accounted.used.code.tolist()
    yield pa.array([seen[code].description.what if code >= 0 else None for code in codes], pa.string())
    yield pa.array(accounted.phase, pa.string())


_EVENTS: Final = {int(kind): kind.name.lower() for kind in Kind}


def _flat(table: pa.Table) -> pa.Table:
    """Without the nested columns: an argument each, no memory."""
    kept: dict[str, Any] = {}
    for name in table.column_names:
        if name == "args":
            chunk = table.column(name).combine_chunks()
            values = chunk.flatten().to_numpy(zero_copy_only=False).reshape(-1, _ARGUMENTS)
            kept |= {f"arg{place}": pa.array(values[:, place], pa.uint64()) for place in range(_ARGUMENTS)}
        elif name != "memory":
            kept[name] = table.column(name)
    return pa.table(kept)
