"""Recordings of many machines as one dataset: Parquet files in folders by host and date, as Hive lays them out.

    FOLDER/host=web-1/date=2026-11-22/iotrace-1795358938934782000-4242-9f86d081-0.parquet

Every recording has file names of its own, so any number of machines may write into the same folder; the same
recording written again replaces its files. What the folders say is not repeated in the files.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import Any, Final

import pyarrow as pa
import pyarrow.dataset

from tracer.export.tables import COMPRESSION, all_columns, tables
from tracer.recording.header import Header
from tracer.recording.reader import Recording

PARTITIONS: Final = ("host", "date")
"""Columns that make good folders: few values, and what one looks for."""


def write_dataset(recording: Recording, folder: str, filesystem: Any, by: Sequence[str]) -> None:
    """Write `recording` under `folder` of a `pyarrow.fs.FileSystem`, in folders by the columns `by`.

    Dates are those of the rows, in UTC. A host that the recording does not know is Hive's word for null.
    Raises OSError and pyarrow's exceptions when it cannot be written.
    """
    columns = all_columns()
    shape = pyarrow.dataset.ParquetFileFormat()
    pyarrow.dataset.write_dataset(
        pa.RecordBatchReader.from_batches(columns, _batches(recording)),
        folder,
        filesystem=filesystem,
        format=shape,
        file_options=shape.make_write_options(compression=COMPRESSION),
        partitioning=pyarrow.dataset.partitioning(pa.schema([columns.field(name) for name in by]), flavor="hive"),
        basename_template=f"{name_of(recording.header)}-{{i}}.parquet",
        existing_data_behavior="overwrite_or_ignore",
        # Object stores have no folders.
        create_dir=filesystem.type_name == "local",
        use_threads=False,  # else rows change places
    )


def name_of(header: Header) -> str:
    """A name no other recording has: when it began, who captured it, and a hash of its header."""
    return f"iotrace-{header.began_unix_ns}-{header.capture_pid}-{sha256(header.to_json()).hexdigest()[:8]}"


def _batches(recording: Recording) -> Iterator[pa.RecordBatch]:
    for table in tables(recording):
        yield from table.to_batches()
