"""Recording real programs and reporting them: exit status, output, counts, and the report's fixed names."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.iotrace.running import iotrace

COPIES = {"copies_in", "copies_out", "payload_in", "payload_out", "control_in", "control_out"}
FOUR = {"user_ns", "kernel_ns", "blocked_ns", "runnable_ns"}
TOTALS = {
    "calls", "failed", "wasted", "wakeups", "useless_wakeups", "signals", "lost", "tracer_ns", *FOUR, *COPIES,
}  # fmt: skip
SYSCALL = {
    "name", "calls", "failed", "wasted", "errors", "kernel_p50_ns", "kernel_p99_ns", "wall_p50_ns", "wall_p99_ns",
    *FOUR, *COPIES,
}  # fmt: skip
DESCRIPTOR = {"pid", "fd", "generation", "what", "opened_by", "nonblocking", "calls", "wasted", *COPIES}
THREAD = {"pid", "tid", "name", "lifetime_ns", "tracer_ns", *FOUR}


@pytest.fixture(scope="module")
def dd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recording of dd: 1009 reads and as many writes of 512 bytes."""
    folder = tmp_path_factory.mktemp("dd")
    path = folder / "dd.iotrace"
    ran = iotrace(
        "record", "-o", path, "--", "dd", "if=/dev/zero", "of=/dev/null", "bs=512", "count=1009", home=folder
    )
    assert ran.status == 0, ran.err
    assert ran.out == ""
    assert "1009+0 records in" in ran.err
    assert f"see them: iotrace view {path}" in ran.err
    return path


def report(path: Path, *words: str) -> dict[str, Any]:
    ran = iotrace("report", path, "--json", *words, home=path.parent)
    assert (ran.status, ran.err) == (0, "")
    document: dict[str, Any] = json.loads(ran.out)
    return document


def test_json_has_exactly_the_fixed_names(dd: Path) -> None:
    document = report(dd)
    assert set(document) == {
        "format", "command", "backend", "source", "phase", "duration_ns", "exit", "totals", "syscalls", "fds",
        "threads", "models", "findings",
    }  # fmt: skip
    assert set(document["exit"]) == {"code", "signal", "complete"}
    assert set(document["totals"]) == TOTALS
    assert all(set(row) == SYSCALL for row in document["syscalls"])
    assert all(set(row) == DESCRIPTOR for row in document["fds"])
    assert all(set(row) == THREAD for row in document["threads"])


def test_the_numbers_are_those_of_the_program(dd: Path) -> None:
    document = report(dd)
    assert document["command"] == ["dd", "if=/dev/zero", "of=/dev/null", "bs=512", "count=1009"]
    assert document["exit"] == {"code": 0, "signal": None, "complete": True}
    whats = {(row["fd"], row["what"]): row for row in document["fds"]}
    assert whats[0, "/dev/zero"]["calls"] == 1009 + 2  # a seek before, and the close at the end
    assert whats[0, "/dev/zero"]["payload_out"] == 1009 * 512
    assert sum(row["calls"] for row in document["syscalls"]) == document["totals"]["calls"]
    assert sum(row["payload_out"] for row in document["syscalls"]) == document["totals"]["payload_out"]


def test_the_times_of_a_thread_add_up_to_its_lifetime(dd: Path) -> None:
    threads = report(dd)["threads"]
    assert len(threads) == 1
    for thread in threads:
        total = sum(thread[name] for name in (*FOUR, "tracer_ns"))
        assert abs(total - thread["lifetime_ns"]) <= 0.02 * thread["lifetime_ns"]


@pytest.mark.parametrize("by", ["syscall", "fd", "thread", "phase"])
def test_the_text_fits_80_columns_without_colour(dd: Path, by: str) -> None:
    ran = iotrace("report", dd, "--by", by, home=dd.parent)
    assert (ran.status, ran.err) == (0, "")
    assert max(map(len, ran.out.splitlines())) <= 80
    assert "\x1b" not in ran.out
    assert ran.out.startswith("iotrace dd if=/dev/zero of=/dev/null bs=512 count=1009\n")


def test_an_unknown_phase_is_told_with_the_known_ones(dd: Path) -> None:
    ran = iotrace("report", dd, "--phase", "nope", home=dd.parent)
    assert ran.status == 2
    assert "Its phases: none" in ran.err


@pytest.mark.parametrize(
    ("script", "status"), [("exit 0", 0), ("exit 7", 7), ("kill -9 $$", 137), ("kill -TERM $$", 143)]
)
def test_the_exit_status_is_the_programs(tmp_path: Path, script: str, status: int) -> None:
    assert iotrace("record", "--", "sh", "-c", script, home=tmp_path).status == status


def test_the_program_keeps_its_input_and_output(tmp_path: Path) -> None:
    ran = iotrace("record", "--", "sh", "-c", "cat; echo out; echo err >&2", home=tmp_path, stdin="in\n")
    assert ran.out == "in\nout\n"
    assert ran.err.startswith("err\n")


def test_arguments_reach_the_program_untouched(tmp_path: Path) -> None:
    words = ["a b", "--", "--pin", "-o", "--", ""]
    program = ["python3", "-c", "import sys; print(sys.argv[1:])"]
    assert iotrace("record", "--", *program, *words, home=tmp_path).out == f"{words}\n"


def test_the_newest_recording_needs_no_name(tmp_path: Path) -> None:
    iotrace("record", "--", "true", home=tmp_path)
    iotrace("record", "--", "echo", "newest", home=tmp_path)
    assert iotrace("report", home=tmp_path).out.startswith("iotrace echo newest\n")


def test_without_a_terminal_run_reports(tmp_path: Path) -> None:
    ran = iotrace("run", "--", "sh", "-c", "echo out; exit 3", home=tmp_path)
    assert ran.status == 3
    assert ran.out.startswith("out\niotrace sh -c echo out; exit 3\nexit status 3 · ")
    assert ran.err.startswith("iotrace: stdin or stdout is not a terminal")


def test_output_that_nobody_reads_is_no_error(dd: Path) -> None:
    import subprocess
    import sys

    command = f"{sys.executable} -m iotrace.main report {dd} --json | head -c 1"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr) == ("{", "")


@pytest.mark.parametrize("model", ["blocking", "nonblocking"])
def test_a_model_is_measured_in_its_phase(tmp_path: Path, model: str) -> None:
    path = tmp_path / "m.iotrace"
    ran = iotrace("run", model, "--messages", "23", "--interval", "0.01", "--no-tui", "-o", path, home=tmp_path)
    assert ran.status == 0, ran.err
    assert json.loads(ran.out.splitlines()[0])["received"] == 23
    document = report(path)
    assert document["phase"] == "measure"
    assert document["command"][0] == model
    totals = document["totals"]
    assert totals["payload_out"] == 23 * 64
    if model == "blocking":
        assert (totals["calls"], totals["wasted"]) == (23, 0)
    else:
        assert totals["wasted"] == totals["failed"] > 100
    assert report(path, "--phase", "all")["totals"]["calls"] > totals["calls"]
