"""`iotrace export` on a real recording: every format, its destinations, and what it refuses."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import pyarrow.parquet
import pytest

from tests.live.recorded import Recorded, iotrace, record

CALLS_OF_DD = 23


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    """dd reads and writes 23 times."""
    command = ["dd", "if=/dev/zero", "of=/dev/null", "bs=7", f"count={CALLS_OF_DD}"]
    made = record(command, tmp_path_factory.mktemp("export"))
    assert made.status == 0
    return made


def test_strace_text_names_descriptors_and_ends(recorded: Recorded) -> None:
    done = iotrace("export", recorded.path, "--to", "strace")
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    read = re.compile(r' read\(0</dev/zero<char 1:5>>, "(\\0){7}", 7\) = 7 <0\.\d{6}>$')
    reads = [line for line in lines if read.search(line)]
    assert len(reads) == CALLS_OF_DD
    assert lines[-1].endswith("+++ exited with 0 +++")
    stamps = [float(line.split()[1]) for line in lines]
    assert stamps == sorted(stamps)


def test_json_lines_agree_with_the_report(recorded: Recorded) -> None:
    done = iotrace("export", recorded.path, "--to", "jsonl")
    calls = [each for each in map(json.loads, done.stdout.splitlines()) if each["kind"] == "call"]
    totals = recorded.report("--phase", "all")["totals"]
    assert len(calls) == totals["calls"]
    for name in ("copies_in", "copies_out", "payload_in", "payload_out", "control_in", "control_out"):
        assert sum(each[name] for each in calls) == totals[name], name


def test_tables_have_a_row_an_event(recorded: Recorded, tmp_path: Path) -> None:
    out = tmp_path / "out.parquet"
    assert iotrace("export", recorded.path, "--to", "parquet", "-o", out).returncode == 0
    table = pyarrow.parquet.read_table(out)
    rows = list(csv.DictReader(io.StringIO(iotrace("export", recorded.path, "--to", "csv").stdout)))
    assert len(rows) == table.num_rows
    names = table.column("name").to_pylist()
    assert [row["name"] or None for row in rows] == names
    assert sum(name == "write" for name in names) >= CALLS_OF_DD


def test_a_file_gets_the_same_as_stdout(recorded: Recorded, tmp_path: Path) -> None:
    out = tmp_path / "out.txt"
    assert iotrace("export", recorded.path, "--to", "strace", "-o", out).stdout == ""
    assert out.read_text() == iotrace("export", recorded.path, "--to", "strace").stdout


def test_refusals(recorded: Recorded, tmp_path: Path) -> None:
    commands: list[tuple[str | Path, ...]] = [
        (recorded.path,),
        (recorded.path, "--to", "nothing"),
        (recorded.path, "--to", "jsonl", "-o", recorded.path),
        (recorded.path, "--to", "jsonl", "-o", tmp_path / "missing" / "out"),
        (tmp_path / "missing.iotrace", "--to", "strace"),
        (__file__, "--to", "strace"),
    ]
    for command in commands:
        done = iotrace("export", *command)
        assert done.returncode == 2, (command, done.stderr)
        assert done.stdout == ""
        assert 1 <= len(done.stderr.splitlines()) <= 3
    assert recorded.open().ended
