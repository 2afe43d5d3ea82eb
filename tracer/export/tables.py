"""A recording as tables for other tools: the recording's own columns with the accounted ones beside them.

Parquet keeps everything, also the captured memory; CSV has a column per argument, and no memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO, Final

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from tracer.export.accounted import Accounting
from tracer.export.accounted_columns import FIELDS, Adding, known_of
from tracer.recording.reader import Recording
from tracer.recording.schema import schema

COMPRESSION: Final = "zstd"
_ARGUMENTS: Final = 6


def write_parquet(recording: Recording, out: BinaryIO) -> None:
    """Write `recording` as one Parquet file, a row group per 65,536 rows or so."""
    with pyarrow.parquet.ParquetWriter(out, all_columns(), compression=COMPRESSION) as writer:
        for table in tables(recording):
            writer.write_table(table)


def write_csv(recording: Recording, out: BinaryIO) -> None:
    """Write `recording` as CSV with a line of names."""
    with pyarrow.csv.CSVWriter(out, _flat(all_columns().empty_table()).schema) as writer:
        for table in tables(recording):
            writer.write_table(_flat(table))


def all_columns() -> pa.Schema:
    """Names and types."""
    return pa.schema([*schema(), *FIELDS])


def tables(recording: Recording) -> Iterator[pa.Table]:
    """All rows, a stretch at a time, without those of calls that are told again when they return."""
    accounting = Accounting(recording.header, recording.batches, joined=True)
    adding = Adding(recording.header, accounting, known_of(recording))
    for accounted in accounting:
        columns = [*accounted.batch.columns, *adding.of(accounted)]
        yield pa.Table.from_arrays(columns, schema=all_columns()).filter(pa.array(~accounted.superseded))


def _flat(table: pa.Table) -> pa.Table:
    """Without the nested columns: an argument each, no memory."""
    kept: dict[str, Any] = {}
    for name in table.column_names:
        if name == "args":
            chunk = table.column(name).combine_chunks()
            values = chunk.flatten().to_numpy(zero_copy_only=False).reshape(-1, _ARGUMENTS)
            kept |= {f"arg{place}": pa.array(values[:, place], pa.uint64()) for place in range(_ARGUMENTS)}
        elif name != "memory":
            column = table.column(name)
            kept[name] = _printable(column) if pa.types.is_string(column.type) else column
    return pa.table(kept)


def _printable(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Texts that a program chose (the names of its phases) may hold escape sequences, and CSV goes to terminals."""
    return pa.chunked_array([_escaped(chunk.dictionary_encode()) for chunk in column.chunks], pa.string())


def _escaped(chunk: pa.DictionaryArray) -> pa.StringArray:
    texts = [text if text.isprintable() else ascii(text)[1:-1] for text in chunk.dictionary.to_pylist()]
    return pa.array(texts, pa.string()).take(chunk.indices)
