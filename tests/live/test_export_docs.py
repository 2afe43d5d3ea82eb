"""The page about exports: its commands work, and its questions are answered by what they wrote."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from iotrace.export import WRITERS
from tests.live.markdown import DOCS, blocks, commands
from tests.live.recorded import TIMEOUT, Recorded

PAGE = "exports.md"
ASKS = "sum(kernel_ns) / 1e6 AS kernel_ms"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where all commands of the page were run."""
    made = tmp_path_factory.mktemp("exports")
    command = made / "iotrace"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m iotrace.main "$@"\n')
    command.chmod(0o755)
    environment = {**os.environ, "PATH": f"{made}:{os.environ['PATH']}", "PYTHONPATH": str(DOCS.parent)}
    for line in commands(PAGE):
        done = subprocess.run(
            ["sh", "-c", line], check=False, stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=TIMEOUT, cwd=made, env=environment,
        )  # fmt: skip
        assert done.returncode == 0, f"{line}\n{done.stderr}"
    return made


def question(dialect: str) -> str:
    """The query of the page in this dialect."""
    (found,) = [block for block in blocks(PAGE, "sql") if block.startswith(f"-- {dialect}\n")]
    return found


def wasted(folder: Path) -> dict[str, int]:
    """Wasted calls by name, as the report has them."""
    rows = Recorded(folder / "run.iotrace", 0, b"", "").report("--phase", "all")["syscalls"]
    return {row["name"]: row["wasted"] for row in rows if row["wasted"]}


def test_every_format_has_its_section() -> None:
    headings = [line for line in (DOCS / PAGE).read_text().splitlines() if line.startswith("## ")]
    words = " ".join(headings).replace(",", " ").split()
    assert set(WRITERS) <= set(words)


def test_every_dialect_asks_the_same() -> None:
    for dialect in ("DuckDB", "Spark", "ClickHouse"):
        assert ASKS in question(dialect)
        assert "WHERE wasted" in question(dialect)


@pytest.mark.slow
def test_duckdb_answers(folder: Path) -> None:
    duckdb: Any = pytest.importorskip("duckdb")
    with contextlib.chdir(folder):
        answer = duckdb.sql(question("DuckDB")).fetchall()
    assert {host for host, *_ in answer} == {os.uname().nodename}
    assert {name: calls for _, name, calls, _ in answer} == wasted(folder)
    assert answer[0][3] > 0


@pytest.mark.slow
def test_polars_answers(folder: Path) -> None:
    pytest.importorskip("polars")
    (program,) = [block for block in blocks(PAGE, "python") if "import polars" in block]
    names: dict[str, Any] = {}
    with contextlib.chdir(folder):
        exec(program, names)
    rows = names["answer"].to_dicts()
    assert {row["name"]: row["calls"] for row in rows} == wasted(folder)


@pytest.mark.slow
def test_every_file_is_there(folder: Path) -> None:
    for name in (
        "run.strace",
        "run.json.gz",
        "run.speedscope.json",
        "run.folded",
        "run.jsonl",
        "run.csv",
        "run.parquet",
    ):
        assert (folder / name).stat().st_size > 1000, name
    (made,) = (folder / "traces").glob("host=*/date=*/*.parquet")
    assert made.name.startswith("iotrace-")
