"""fio's I/O engines under iotrace: the bytes we report are the bytes fio itself counted, and the copies tell the
engines apart."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.live.recorded import Recorded, record

BLOCK, BLOCKS = 4096, 103
BYTES = BLOCK * BLOCKS

pytestmark = pytest.mark.skipif(shutil.which("fio") is None, reason="fio is not installed")


@dataclass(frozen=True)
class Job:
    """One fio job under trace: what fio says it did, and what we say."""

    recorded: Recorded
    fio: dict[str, Any]
    report: dict[str, Any]

    def on_file(self, column: str) -> int:
        """Sum over the descriptors of the job's file, of all processes."""
        return sum(row[column] for row in self.report["fds"] if row["what"].endswith("/file"))

    def call(self, name: str) -> dict[str, Any]:
        """The line of one system call; empty when it was never made."""
        return next((row for row in self.report["syscalls"] if row["name"] == name), {})

    def operations(self, kind: str) -> list[dict[str, Any]]:
        """The lines of one kind."""
        return [row for row in self.report["operations"]["summary"] if row["kind"] == kind]


def run(folder: Path, engine: str, *options: str, direction: str = "read") -> Job:
    """Read or write the whole of a file with one engine, a block at a time."""
    path = folder / "file"
    path.write_bytes(os.urandom(BYTES))
    output = folder / "fio.json"
    recorded = record(
        ["fio", "--name=job", f"--directory={folder}", "--filename=file", f"--ioengine={engine}",
         f"--rw={direction}", f"--bs={BLOCK}", f"--size={BYTES}", "--thread=0", "--invalidate=0",
         "--output-format=json", f"--output={output}", *options],
        folder,
    )  # fmt: skip
    if recorded.status != 0 and (b"not loadable" in recorded.output or "not loadable" in recorded.errors):
        pytest.skip(f"this fio has no engine {engine}")
    assert recorded.status == 0, recorded.errors
    (job,) = json.loads(output.read_text())["jobs"]
    assert job["error"] == 0
    assert (job[direction]["io_bytes"], job[direction]["total_ios"]) == (BYTES, BLOCKS)
    return Job(recorded, job[direction], recorded.report("--by", "operation"))


def test_posixaio_reads_in_a_helper_what_fio_counted(tmp_path: Path) -> None:
    job = run(tmp_path, "posixaio")
    (row,) = job.operations("posix-aio")
    assert (row["name"], row["count"], row["bytes"]) == ("aio_read", job.fio["total_ios"], job.fio["io_bytes"])
    assert (row["failed"], row["pending"]) == (0, 0)
    assert len(row["workers"]) == 1
    assert row["pid"] not in row["workers"]
    assert job.on_file("payload_out") == BYTES
    listed = job.report["operations"]["list"]
    assert [each["number"] for each in listed] == list(range(1, BLOCKS + 1))
    assert {each["tid"] for each in listed if each["submitted_ns"] is not None} == {row["pid"]}
    assert all(each["inferred"][0] == "request" for each in listed)


@pytest.mark.slow
@pytest.mark.parametrize(("engine", "call"), [("sync", "read"), ("psync", "pread64"), ("vsync", "readv")])
def test_synchronous_engines_copy_every_byte_once(engine: str, call: str, tmp_path: Path) -> None:
    job = run(tmp_path, engine)
    assert job.on_file("payload_out") == job.fio["io_bytes"]
    assert job.on_file("copies_out") == BLOCKS
    assert job.on_file("control_in") == (BLOCKS * 16 if engine == "vsync" else 0)
    assert job.call(call)["payload_out"] >= BYTES
    assert job.report["operations"] == {"count": 0, "summary": [], "list": []}


@pytest.mark.slow
@pytest.mark.parametrize(("engine", "call"), [("sync", "write"), ("psync", "pwrite64"), ("vsync", "writev")])
def test_synchronous_engines_write_every_byte_once(engine: str, call: str, tmp_path: Path) -> None:
    job = run(tmp_path, engine, direction="write")
    assert job.on_file("payload_in") == job.fio["io_bytes"]
    assert job.on_file("payload_out") == 0
    assert job.call(call)["payload_in"] >= BYTES


@pytest.mark.slow
def test_posixaio_writes_and_syncs_in_a_helper(tmp_path: Path) -> None:
    job = run(tmp_path, "posixaio", "--iodepth=5", direction="write")
    (row,) = job.operations("posix-aio")
    assert (row["name"], row["count"], row["bytes"]) == ("aio_write", BLOCKS, BYTES)
    assert job.on_file("payload_in") == BYTES


@pytest.mark.slow
def test_libaio_with_o_direct_is_copied_by_no_cpu(tmp_path: Path) -> None:
    probe = tmp_path / "probe"
    probe.touch()
    try:
        os.close(os.open(probe, os.O_RDONLY | os.O_DIRECT))
    except OSError:
        pytest.skip("no O_DIRECT on this file system")
    job = run(tmp_path, "libaio", "--direct=1", "--iodepth=7")
    (row,) = job.operations("native-aio")
    assert (row["name"], row["count"], row["bytes"]) == ("PREAD", BLOCKS, job.fio["io_bytes"])
    assert (row["failed"], row["pending"]) == (0, 0)
    for name in ("io_submit", "io_getevents"):
        assert (job.call(name)["payload_in"], job.call(name)["payload_out"]) == (0, 0)
    assert job.on_file("payload_out") == 0


@pytest.mark.slow
def test_io_uring_copies_without_a_read(tmp_path: Path) -> None:
    job = run(tmp_path, "io_uring", "--iodepth=7")
    (row,) = job.operations("io_uring")
    assert (row["name"], row["count"], row["bytes"]) == ("READ", BLOCKS, job.fio["io_bytes"])
    assert (row["failed"], row["pending"]) == (0, 0)
    assert job.on_file("payload_out") == 0
    assert sum(each["payload_out"] for each in job.report["syscalls"] if each["name"] == "io_uring_enter") == BYTES


@pytest.mark.slow
def test_io_uring_with_registered_buffers_and_files(tmp_path: Path) -> None:
    job = run(tmp_path, "io_uring", "--fixedbufs=1", "--registerfiles=1")
    (row,) = job.operations("io_uring")
    assert (row["name"], row["count"], row["bytes"]) == ("READ_FIXED", BLOCKS, job.fio["io_bytes"])
    assert row["flags"] == ["registered buffer", "registered file"]
    files = [
        each["fd"] for each in job.report["fds"] if each["what"].endswith("/file") and each["pid"] == row["pid"]
    ]
    assert row["fd"] in files


@pytest.mark.slow
def test_io_uring_with_a_polling_kernel_thread(tmp_path: Path) -> None:
    """fio then makes hardly any call, and what it did between two calls is overwritten: only the rest is seen."""
    job = run(tmp_path, "io_uring", "--sqthread_poll=1", "--iodepth=3")
    listed = [each for each in job.report["operations"]["list"] if each["completed_ns"] is not None]
    assert 0 < len(listed) <= BLOCKS
    assert all("submitted without a call" in each["flags"] for each in listed)
    assert {each["bytes"] for each in listed if each["name"] == "READ"} <= {BLOCK}
    assert not any(each["inline"] for each in listed)


@pytest.mark.slow
def test_mmap_reads_without_a_call_and_without_a_copy(tmp_path: Path) -> None:
    job = run(tmp_path, "mmap")
    assert job.on_file("calls") > 0
    assert (job.on_file("payload_out"), job.on_file("copies_out")) == (0, 0)
    assert job.report["operations"]["count"] == 0


@pytest.mark.slow
def test_splice_copies_only_when_the_pipe_is_emptied_into_memory(tmp_path: Path) -> None:
    """splice moves pages from the file to the pipe; fio then takes them out with vmsplice, which copies."""
    job = run(tmp_path, "splice")
    assert job.call("splice")["calls"] == BLOCKS
    assert (job.call("splice")["payload_in"], job.call("splice")["payload_out"]) == (0, 0)
    assert (job.on_file("payload_out"), job.on_file("control_in")) == (0, BLOCKS * 8)
    assert job.call("vmsplice")["payload_out"] == job.fio["io_bytes"]
