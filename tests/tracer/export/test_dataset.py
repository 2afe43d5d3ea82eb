"""Many recordings in one folder: by host and date, each with file names of its own, and still one table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.dataset
from pyarrow.fs import LocalFileSystem

from tests.tracer.export.recordings import BEGAN_NS, BEGAN_UNIX_NS, recording_of
from tests.tracer.rows import TestRow, row
from tracer.export.dataset import write_dataset
from tracer.recording.header import Header

DAY_NS = 86_400_000_000_000
FIRST, NEXT = date(2023, 11, 14), date(2023, 11, 15)
"""The day BEGAN_UNIX_NS lies in, and the one after it."""


def calls(count: int, *, since_ns: int = 0) -> list[TestRow]:
    return [row("getpid", at_ns=BEGAN_NS + since_ns + place) for place in range(count)]


def write(folder: Path, header: Header, rows: list[TestRow], by: Sequence[str] = ("host", "date")) -> None:
    with recording_of(folder, rows) as recording:
        recording.header = replace(header, began_ns=BEGAN_NS, began_unix_ns=BEGAN_UNIX_NS)
        write_dataset(recording, str(folder / "set"), LocalFileSystem(), by)


def files(folder: Path) -> list[str]:
    root = folder / "set"
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def table(folder: Path) -> pa.Table:
    found = pyarrow.dataset.dataset(str(folder / "set"), partitioning="hive").to_table()
    return found.filter(pa.compute.equal(found["event"], "call"))


def test_machines_share_a_folder(tmp_path: Path) -> None:
    write(tmp_path, Header(host="web-1", capture_pid=23), calls(7))
    write(tmp_path, Header(host="web-2", capture_pid=23), calls(5))
    counts = table(tmp_path).group_by("host").aggregate([("name", "count")]).sort_by("host")
    assert counts.to_pydict() == {"host": ["web-1", "web-2"], "name_count": [7, 5]}


def test_two_recordings_of_one_machine_and_moment_have_two_files(tmp_path: Path) -> None:
    write(tmp_path, Header(host="web-1", capture_pid=23), calls(7))
    write(tmp_path, Header(host="web-1", capture_pid=29), calls(5))
    write(tmp_path, Header(host="web-1", capture_pid=29, command=("other",)), calls(3))
    assert table(tmp_path).num_rows == 15


def test_the_same_recording_again_replaces_its_files(tmp_path: Path) -> None:
    header = Header(host="web-1", capture_pid=23)
    write(tmp_path, header, calls(7))
    before = files(tmp_path)
    write(tmp_path, header, calls(7))
    assert files(tmp_path) == before
    assert table(tmp_path).num_rows == 7


def test_a_recording_that_goes_past_midnight_is_in_two_folders(tmp_path: Path) -> None:
    write(tmp_path, Header(host="web-1"), calls(3) + calls(4, since_ns=DAY_NS))
    folders = {name.split("/")[1] for name in files(tmp_path)}
    assert folders >= {f"date={FIRST}", f"date={NEXT}"}
    assert sorted(table(tmp_path).column("date").to_pylist()) == sorted([str(FIRST)] * 3 + [str(NEXT)] * 4)


def test_rows_keep_their_order(tmp_path: Path) -> None:
    write(tmp_path, Header(host="web-1"), calls(5000))
    at = table(tmp_path).column("at_ns").to_pylist()
    assert at == sorted(at)


def test_a_host_name_stays_in_its_folder(tmp_path: Path) -> None:
    host = "../../a/b=c d"
    write(tmp_path, Header(host=host), calls(3))
    for name in files(tmp_path):
        assert [part.partition("=")[0] for part in name.split("/")][:2] == ["host", "date"]
        assert unquote(name.split("/")[0].partition("=")[2]) == host
    assert set(table(tmp_path).column("host").to_pylist()) == {host}


def test_an_unknown_host_is_null(tmp_path: Path) -> None:
    write(tmp_path, Header(), calls(3), by=("host",))
    write(tmp_path, Header(host="web-1"), calls(5), by=("host",))
    assert sorted(map(str, table(tmp_path).column("host").to_pylist())) == ["None"] * 3 + ["web-1"] * 5
