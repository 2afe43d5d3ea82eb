"""Parquet and CSV: the recording's columns and the accounted ones, row by row the same."""

from __future__ import annotations

import io
from pathlib import Path

import pyarrow.csv
import pyarrow.parquet

from tests.tracer.export.recordings import recording_of
from tests.tracer.rows import EXIT, piece, row
from tracer.export.tables import write_csv, write_parquet
from tracer.wire import Kind

BUF = 0x7F0000001000
ROWS = [
    row("read", 3, BUF, 64, result=23, memory=[piece(1, EXIT, BUF, b"x" * 23)], at_ns=1),
    row("read", 3, BUF, 64, kind=Kind.ENTERED, at_ns=2),
    row("read", 3, BUF, 64, result=-11, at_ns=2),
]


def test_parquet_has_both_kinds_of_columns(tmp_path: Path) -> None:
    out = io.BytesIO()
    with recording_of(tmp_path, ROWS) as recording:
        write_parquet(recording, out)
    table = pyarrow.parquet.read_table(out)
    assert table.column("event").to_pylist() == ["call", "call", "end"]
    assert table.column("payload_out").to_pylist() == [23, 0, 0]
    assert table.column("errno").to_pylist() == [None, "EAGAIN", None]
    assert table.column("wasted").to_pylist() == [False, True, False]
    assert table.column("memory")[0].as_py()[0]["bytes"] == b"x" * 23
    assert table.column("args")[0].as_py() == [3, BUF, 64, 0, 0, 0]


def test_csv_has_a_column_for_each_argument(tmp_path: Path) -> None:
    out = io.BytesIO()
    with recording_of(tmp_path, ROWS, ROWS[:1]) as recording:
        write_csv(recording, out)
    table = pyarrow.csv.read_csv(io.BytesIO(out.getvalue()))
    assert table.column("arg1").to_pylist() == [BUF, BUF, BUF, 0]
    assert table.column("name").to_pylist() == ["read", "read", "read", ""]
    assert "memory" not in table.column_names
