"""Parquet and CSV: the recording's columns and the accounted ones, row by row the same."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow.csv
import pyarrow.parquet

from tests.tracer.export.recordings import BEGAN_NS, BEGAN_UNIX_NS, recording_of
from tests.tracer.rows import ENTRY, EXIT, piece, row
from tracer.analyze.whole import tally_of
from tracer.export.tables import write_csv, write_parquet
from tracer.wire import Kind, Spawn

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


def test_parquet_says_who_where_and_when(tmp_path: Path) -> None:
    births = [
        row(int(Spawn.START), kind=Kind.SPAWN, at_ns=0, memory=[piece(255, ENTRY, 0, b"prog")]),
        row(int(Spawn.CLONE), kind=Kind.SPAWN, tid=4243, at_ns=0, memory=[piece(255, ENTRY, 0, b"worker")]),
    ]
    out = io.BytesIO()
    with recording_of(tmp_path, births, [row("read", 3, BUF, 64, tid=4243, at_ns=BEGAN_NS + 23_000)]) as recording:
        recording.header = replace(recording.header, host="web-1", model="epoll")
        write_parquet(recording, out)
    (found,) = [each for each in pyarrow.parquet.read_table(out).to_pylist() if each["event"] == "call"]
    assert (found["process"], found["thread"], found["host"], found["workload"]) == (
        "prog",
        "worker",
        "web-1",
        "epoll",
    )
    assert (found["fd"], found["fd_is"], found["date"]) == (3, "?", date(2023, 11, 14))
    assert found["time"] == datetime.fromtimestamp(BEGAN_UNIX_NS // 10**9, UTC) + timedelta(microseconds=23)
    assert found["model"] in ("blocking", "compute")


def test_times_are_told_once(tmp_path: Path) -> None:
    told = [
        row("read", 3, BUF, 64, kind=Kind.ENTERED, at_ns=2, run_ns=24, wall_ns=24, span_ns=24) for _ in range(3)
    ]
    out = io.BytesIO()
    with recording_of(tmp_path, told[:2], told[2:]) as recording:
        write_parquet(recording, out)
        report = tally_of(recording).report(None)
    table = pyarrow.parquet.read_table(out)
    assert sum(table.column("kernel_ns").to_pylist()) == report.totals.times.kernel_ns == 24


def test_csv_has_a_column_for_each_argument(tmp_path: Path) -> None:
    out = io.BytesIO()
    with recording_of(tmp_path, ROWS, ROWS[:1]) as recording:
        write_csv(recording, out)
    table = pyarrow.csv.read_csv(io.BytesIO(out.getvalue()))
    assert table.column("arg1").to_pylist() == [BUF, BUF, BUF, 0]
    assert table.column("name").to_pylist() == ["read", "read", "read", ""]
    assert "memory" not in table.column_names
