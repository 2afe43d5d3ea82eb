"""Asynchronous operations of the bundled workloads: every message is one operation, and its bytes are exact."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.live.recorded import Recorded, iotrace
from tracer.recording.captured import captured
from tracer.syscalls.names import number_of
from tracer.wire import Abi, Kind

CLIENTS, MESSAGES, SIZE = 3, 23, 61
TOTAL = CLIENTS * MESSAGES


def run(folder: Path, model: str, *options: str) -> Recorded:
    """Record a workload that must get all its messages; skips where the kernel refuses it."""
    path = folder / "recording.iotrace"
    done = iotrace(
        "record", "-o", path, model, "--clients", str(CLIENTS), "--messages", str(MESSAGES), "--size", str(SIZE),
        "--interval", "0.005", *options,
    )  # fmt: skip
    if "io_uring_setup" in done.stderr:
        pytest.skip("io_uring is switched off here")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1])["ok"]
    return Recorded(path, done.returncode, done.stdout.encode(), done.stderr)


def operations(recorded: Recorded, kind: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """(summary, list); all of them are of this kind, and the two agree."""
    found = recorded.report("--by", "operation")["operations"]
    summary, listed = found["summary"], found["list"]
    assert {each["kind"] for each in [*summary, *listed]} == {kind}
    assert found["count"] == sum(row["count"] for row in summary) == len(listed)
    for column in ("bytes", "caller_ns"):
        assert sum(row[column] for row in summary) == sum(each[column] for each in listed)
    assert [each["number"] for each in listed] == list(range(1, len(listed) + 1))
    return summary, listed


def read_rows(recorded: Recorded) -> Iterator[tuple[int, int, int]]:
    """(descriptor, when, bytes) of every read that brought something."""
    number = number_of(Abi.X86_64, "read")
    for batch in recorded.open().batches:
        flat, at_ns = captured(batch), batch.column("at_ns").to_pylist()
        for index in range(flat.rows):
            if flat.nr[index] == number and flat.kind[index] == Kind.CALL and flat.result[index] > 0:
                yield int(flat.args[index, 0]), at_ns[index], int(flat.result[index])


@pytest.mark.parametrize("transport", ["pipe", "tcp"])
def test_io_uring_messages_are_one_operation_each(transport: str, tmp_path: Path) -> None:
    summary, listed = operations(run(tmp_path, "io-uring", "--transport", transport), "io_uring")
    assert len(summary) == CLIENTS
    assert {(row["name"], row["count"], row["bytes"]) for row in summary} == {
        ("READ" if transport == "pipe" else "RECV", MESSAGES, MESSAGES * SIZE)
    }
    assert all(row["pending"] == row["failed"] == 0 for row in summary)
    assert {(each["result"], each["length"], each["bytes"]) for each in listed} == {(SIZE, SIZE, SIZE)}
    assert len({each["buffer"] for each in listed}) == CLIENTS
    for each in listed:
        assert each["submitted_ns"] < each["completed_ns"]
        assert each["latency_ns"] == each["completed_ns"] - each["submitted_ns"]
        assert (each["tid"], each["worker"], each["inferred"]) == (each["pid"], None, [])
    assert any(each["inline"] for each in listed)


def test_io_uring_completions_reaped_without_a_call_are_not_inline(tmp_path: Path) -> None:
    recorded = run(tmp_path, "io-uring", "--work", "7")
    _, listed = operations(recorded, "io_uring")
    assert len(listed) == TOTAL
    assert recorded.report("--by", "operation", "--phase", "all", "--limit", "0")["operations"]["count"] == TOTAL
    assert sum(each["bytes"] for each in listed) == TOTAL * SIZE
    assert not all(each["inline"] for each in listed)


def test_a_polling_kernel_thread_takes_submissions_without_a_call(tmp_path: Path) -> None:
    _, listed = operations(run(tmp_path, "io-uring", "--sqpoll"), "io_uring")
    assert len(listed) == TOTAL
    assert sum(each["bytes"] for each in listed) == TOTAL * SIZE
    assert {tuple(each["flags"]) for each in listed} == {("submitted without a call",)}
    assert {tuple(each["inferred"]) for each in listed} == {("submission",)}
    assert not any(each["inline"] or each["caller_ns"] for each in listed)


@pytest.mark.parametrize(
    ("notify", "told"), [("thread", {"a thread"}), ("signal", {"signal SIGRT_3"}), ("suspend", {"aio_suspend"})]
)
def test_posix_aio_messages_are_requests_worked_on_by_helpers(notify: str, told: set[str], tmp_path: Path) -> None:
    recorded = run(tmp_path, "aio", "--notify", notify)
    summary, listed = operations(recorded, "posix-aio")
    assert {(row["name"], row["count"], row["bytes"]) for row in summary} == {
        ("aio_read", MESSAGES, MESSAGES * SIZE)
    }
    assert len(summary) == CLIENTS
    assert {each for row in summary for each in row["notified"]} == told
    for each in listed:
        assert (each["result"], each["length"]) == (SIZE, SIZE)
        assert each["worker"] != each["pid"]
        assert each["began_ns"] < each["completed_ns"]
        assert each["inferred"][0] == "request"
    born = [each for each in listed if each["tid"] is not None]
    assert {each["tid"] for each in born} == {listed[0]["pid"]}
    assert len(born) >= CLIENTS
    assert all(each["submitted_ns"] <= each["began_ns"] for each in born)
    if notify != "suspend":  # one wake may tell of several
        assert all(each["notified_ns"] >= each["completed_ns"] for each in listed)


@pytest.mark.parametrize("work", ["0", "7"])
def test_signals_bring_every_byte_that_was_read_after_the_first(work: str, tmp_path: Path) -> None:
    recorded = run(tmp_path, "sigio", "--work", work)
    summary, listed = operations(recorded, "sigio")
    assert {row["name"] for row in summary} <= {"POLL_IN", "POLL_HUP"}
    assert all(each["inferred"] == [] and "armed" in each["flags"] for each in listed)
    told = [each for each in listed if each["bytes"]]
    assert all(each["submitted_ns"] <= each["completed_ns"] and each["worker"] == each["tid"] for each in told)
    assert all(each["handler_ns"] is not None for each in told)
    reads = [row for row in recorded.report()["syscalls"] if row["name"] == "read"]
    everything = sum(row["payload_out"] for row in reads)
    assert everything == TOTAL * SIZE
    # What was there before the first signal about a descriptor was read because the program asked.
    first: dict[int, int] = {}
    for each in listed:
        first[each["fd"]] = min(each["submitted_ns"], first.get(each["fd"], each["submitted_ns"]))
    announced = sum(result for fd, at_ns, result in read_rows(recorded) if at_ns > first.get(fd, at_ns))
    assert sum(each["bytes"] for each in listed) == announced > 0


def test_signals_stand_for_what_they_announced_by_descriptor_and_number(tmp_path: Path) -> None:
    summary, _ = operations(run(tmp_path, "sigio"), "sigio")
    assert len({row["fd"] for row in summary}) == CLIENTS
    assert {each for row in summary for each in row["notified"]} == {
        "signal SIGRT_3",
        "signal SIGRT_4",
        "signal SIGRT_5",
    }


def test_native_aio_requests_are_those_io_getevents_answered(tmp_path: Path) -> None:
    summary, listed = operations(run(tmp_path, "linux-aio"), "native-aio")
    assert {row["name"] for row in summary} == {"POLL"}
    assert len(listed) >= TOTAL
    assert sum(each["result"] & 1 for each in listed) >= TOTAL


def test_a_program_without_asynchronous_operations_says_so(tmp_path: Path) -> None:
    recorded = run(tmp_path, "blocking")
    assert recorded.report("--by", "operation")["operations"] == {"count": 0, "summary": [], "list": []}
    shown = iotrace("report", recorded.path, "--by", "operation")
    assert shown.returncode == 0
    assert "no asynchronous operations" in shown.stdout
    assert "operations" not in recorded.report()


def test_the_table_and_the_list_are_readable_at_80_columns(tmp_path: Path) -> None:
    recorded = run(tmp_path, "aio", "--notify", "signal")
    shown = iotrace("report", recorded.path, "--by", "operation", "--limit", "2").stdout.splitlines()
    assert max(map(len, shown)) <= 80
    text = " ".join(" ".join(shown).split())
    assert "posix-aio aio_read 1: fd" in text
    assert "worked on by thread" in text
    assert "told by signal SIGRT_3" in text
    assert f"{TOTAL - 2} more" in text


def test_a_limit_without_a_list_is_refused(tmp_path: Path) -> None:
    done = iotrace("report", tmp_path / "none.iotrace", "--limit", "2")
    assert done.returncode == 2
    assert "--by operation" in done.stderr
