"""Recorders as the pytest plugin runs them: refusals, what comes back, and how this process is let go."""

from __future__ import annotations

import os
import re
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from iotrace.failures import cannot_trace
from iotrace.plugin import running as running
from iotrace.plugin.recording import Recorder
from iotrace.plugin.results import Budgets
from tests.iotrace.tracing import tracer_of


def test_a_process_that_is_traced_already_is_a_reason_to_skip(tmp_path: Path) -> None:
    first = running.OwnProcess(tmp_path / "first.iotrace")
    try:
        assert tracer_of(os.getpid()) != 0
        with pytest.raises(pytest.skip.Exception, match="being traced already, by process"):
            Recorder(tmp_path, Budgets()).begin()
        with pytest.raises(pytest.fail.Exception, match="being traced already"):
            Recorder(tmp_path, Budgets(), required=True).begin()
    finally:
        first.end()
    assert tracer_of(os.getpid()) == 0


def test_a_refusal_of_the_kernel_is_a_reason_to_skip() -> None:
    refusal = "".join(f"iotrace: {line}\n" for line in str(cannot_trace("seize", "EPERM", "true")).splitlines())
    command = running.Command(["true"], Path("never.iotrace"))
    with pytest.raises(running.NotPermitted, match="is forbidden: ptrace says EPERM"):
        running._finished(command, 125, "", refusal)
    with pytest.raises(running.NotRecorded, match="no room"):
        running._finished(command, 125, "", "iotrace: no room\n")


def test_the_programs_errors_are_told_from_the_recorders() -> None:
    command = running.Command(["p"], Path("/tmp/1-p.iotrace"))
    summary = "iotrace: 1,234 calls written to /tmp/1-p.iotrace; see them: iotrace view /tmp/1-p.iotrace\n"
    assert running._finished(command, 3, "o", f"no newline{summary}").stderr == "no newline"
    with pytest.raises(running.NotRecorded, match="the recording is incomplete"):
        running._finished(command, 125, "", f"{summary}iotrace: the recording is incomplete: it broke.\n")


def test_the_request_of_prctl_is_the_kernels() -> None:
    header = Path("/usr/include/linux/prctl.h")
    if not header.exists():
        pytest.skip("no kernel headers")
    found = re.search(r"^#define PR_SET_PTRACER\s+(0x[0-9a-f]+)$", header.read_text(), re.MULTILINE)
    assert found
    assert int(found[1], 16) == running._PR_SET_PTRACER


def test_only_under_yama_s_scope_1_we_permit_our_children(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    class Libc:
        def prctl(self, request: int, name: Any, *rest: int) -> int:
            asked.append(name.value)
            assert request == running._PR_SET_PTRACER
            return 0

    monkeypatch.setattr("ctypes.CDLL", lambda _name: Libc())
    for scope in (None, 0, 1, 2, 3):
        monkeypatch.setattr(running, "yama_scope", lambda scope=scope: scope)
        running._let_our_children_trace_us(True)
        running._let_our_children_trace_us(False)
    assert asked == [os.getpid(), 0]


@pytest.mark.slow
def test_a_recorder_that_dies_fails_the_test_and_lets_the_process_go(tmp_path: Path) -> None:
    seen, end = Recorder(tmp_path, Budgets()).begin()
    recorders = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    (recorder,) = (int(pid) for pid in recorders if str(seen.path) in Path(f"/proc/{pid}/cmdline").read_text())
    os.kill(recorder, signal.SIGKILL)
    with pytest.raises(pytest.fail.Exception, match="the recorder ended with exit status 137"):
        end()
    until = time.monotonic() + 30
    while tracer_of(os.getpid()):
        assert time.monotonic() < until, "still traced"
        time.sleep(0.02)
