"""The page about scale: what it asks of a fleet's dataset is answered, with the numbers of each host's report."""

from __future__ import annotations

import contextlib
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pyarrow.fs import LocalFileSystem

from tests.live.markdown import DOCS, blocks
from tracer.analyze.results import Report
from tracer.analyze.whole import tally_of
from tracer.export.dataset import write_dataset
from tracer.recording.reader import Recording

duckdb: Any = pytest.importorskip("duckdb")

PAGE = "scale.md"
RECORDINGS = DOCS.parent / "tests" / "recordings"
HOSTS = {"web-1": "epoll", "web-2": "nonblocking"}


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Report]]:
    """Where the dataset `traces` of two hosts lies, and the report of each."""
    folder = tmp_path_factory.mktemp("fleet")
    reports = {}
    for host, name in HOSTS.items():
        with Recording.open(RECORDINGS / f"{name}.iotrace") as recording:
            recording.header = replace(recording.header, host=host)
            write_dataset(recording, str(folder / "traces"), LocalFileSystem(), ("host", "date"))
            reports[host] = tally_of(recording).report(None)
    return folder, reports


def answer(folder: Path, name: str) -> list[dict[str, Any]]:
    """What DuckDB finds for the question of this name, a row a dictionary."""
    (query,) = [block for block in blocks(PAGE, "sql") if block.startswith(f"-- {name}\n")]
    with contextlib.chdir(folder):
        found = duckdb.sql(query)
        return [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]


def test_the_totals_are_those_of_the_reports(fleet: tuple[Path, dict[str, Report]]) -> None:
    folder, reports = fleet
    found = {row.pop("host"): row for row in answer(folder, "totals")}
    assert found == {
        host: {
            "calls": totals.calls, "failed": totals.failed, "wasted": totals.wasted,
            "user_ns": totals.times.user_ns, "kernel_ns": totals.times.kernel_ns,
            "blocked_ns": totals.times.blocked_ns, "payload_in": totals.copies.payload_in,
            "payload_out": totals.copies.payload_out,
        }
        for host, totals in ((host, report.totals) for host, report in reports.items())
    }  # fmt: skip


def test_wasted_calls_are_counted_by_name(fleet: tuple[Path, dict[str, Report]]) -> None:
    folder, reports = fleet
    wasted = Counter[str]()
    for row in answer(folder, "wasted"):
        wasted[row["name"]] += row["calls"]
        assert row["cpu_s"] > 0
    expected = Counter[str]()
    for report in reports.values():
        expected.update({row.name: row.wasted for row in report.syscalls if row.wasted})
    assert wasted == expected


def test_the_longest_waits_come_first(fleet: tuple[Path, dict[str, Report]]) -> None:
    folder, reports = fleet
    rows = answer(folder, "waiting")
    assert {row["host"] for row in rows} == set(HOSTS)
    assert [row["blocked_s"] for row in rows] == sorted((row["blocked_s"] for row in rows), reverse=True)
    for row in rows:
        (call,) = [each for each in reports[row["host"]].syscalls if each.name == row["name"]]
        assert row["calls"] == call.calls
        assert row["p99_ms"] * 1e-3 <= row["blocked_s"] + 1e-9
