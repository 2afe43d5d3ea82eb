"""What DuckDB finds in an exported table is what the report says."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from pyarrow.fs import LocalFileSystem

from tracer.analyze.results import Totals
from tracer.analyze.whole import tally_of
from tracer.export.dataset import write_dataset
from tracer.export.tables import write_csv, write_parquet
from tracer.recording.reader import Recording

duckdb: Any = pytest.importorskip("duckdb")

RECORDINGS = Path(__file__).resolve().parents[2] / "recordings"
TOTALS = """
    select count(*) filter (event = 'call') as calls, count(*) filter (failed) as failed,
        count(*) filter (wasted) as wasted, count(*) filter (wakeup) as wakeups,
        count(*) filter (useless_wakeup) as useless_wakeups, count(*) filter (event = 'signal') as signals,
        sum(user_ns) as user_ns, sum(kernel_ns) as kernel_ns, sum(blocked_ns + before_blocked_ns) as blocked_ns,
        sum(runnable_ns + before_runnable_ns) as runnable_ns, sum(tracer_ns) as tracer_ns,
        sum(copies_in) as copies_in, sum(copies_out) as copies_out, sum(payload_in) as payload_in,
        sum(payload_out) as payload_out, sum(control_in) as control_in, sum(control_out) as control_out
    from '{table}'
"""


def asked(query: str) -> list[dict[str, Any]]:
    """The answer, a row a dictionary."""
    answer = duckdb.sql(query)
    return [dict(zip(answer.columns, row, strict=True)) for row in answer.fetchall()]


def told(totals: Totals) -> dict[str, Any]:
    copies = asdict(totals.copies)
    del copies["unknown"]
    counts = ("calls", "failed", "wasted", "wakeups", "useless_wakeups", "signals")
    return {name: getattr(totals, name) for name in counts} | asdict(totals.times) | copies


@pytest.mark.parametrize("name", ["epoll", "nonblocking"])
@pytest.mark.parametrize("form", ["parquet", "csv"])
def test_totals_are_those_of_the_report(name: str, form: str, tmp_path: Path) -> None:
    out = tmp_path / f"out.{form}"
    with Recording.open(RECORDINGS / f"{name}.iotrace") as recording, out.open("wb") as stream:
        (write_parquet if form == "parquet" else write_csv)(recording, stream)
        report = tally_of(recording).report(None)
    (found,) = asked(TOTALS.format(table=out))
    assert found == told(report.totals)


@pytest.mark.parametrize("by", [("host", "date"), ("date",)])
def test_totals_of_a_dataset_in_folders_are_those_of_the_report(by: tuple[str, ...], tmp_path: Path) -> None:
    with Recording.open(RECORDINGS / "epoll.iotrace") as recording:
        write_dataset(recording, str(tmp_path), LocalFileSystem(), by)
        report = tally_of(recording).report(None)
    (found,) = asked(TOTALS.format(table=tmp_path / "**/*.parquet"))
    assert found == told(report.totals)


def test_every_call_and_error_is_that_of_the_report(tmp_path: Path) -> None:
    out = tmp_path / "out.parquet"
    with Recording.open(RECORDINGS / "nonblocking.iotrace") as recording, out.open("wb") as stream:
        write_parquet(recording, stream)
        report = tally_of(recording).report(None)
    calls = asked(f"select name, count(*) as calls from '{out}' where event = 'call' group by all")
    counts = {row.name: row.calls for row in report.syscalls if row.calls}
    assert {each["name"]: each["calls"] for each in calls} == counts
    errors = asked(f"select name, errno, count(*) as calls from '{out}' where failed group by all")
    assert {(each["name"], each["errno"]): each["calls"] for each in errors} == {
        (row.name, error): count for row in report.syscalls for error, count in row.errors.items()
    }
