"""`iotrace attach`: a program that runs already is watched, and goes on as if nobody had been there."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.bpf import bpf_refused
from tests.live.recorded import IOTRACE, TIMEOUT, iotrace
from tests.live.test_violent_ends import eventually
from tracer.recording.errors import RecordingError
from tracer.recording.reader import Recording

LOOP = """
import os, sys, threading, time
def work():
    while True:
        time.sleep(0.001)
threading.Thread(target=work, daemon=True).start()
os.write(1, b"ready\\n")
count = 0
while True:
    count += len(os.read(0, 1))
    os.write(1, b"%d\\n" % count)
"""


@pytest.fixture
def program() -> Iterator[subprocess.Popen[bytes]]:
    """Echoes how many bytes it has read; a second thread sleeps a millisecond at a time."""
    started = subprocess.Popen([sys.executable, "-c", LOOP], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert started.stdout is not None
    assert started.stdout.readline() == b"ready\n"
    yield started
    started.kill()
    started.communicate(timeout=TIMEOUT)


def ask(program: subprocess.Popen[bytes], count: int) -> None:
    assert program.stdin is not None
    assert program.stdout is not None
    program.stdin.write(b"x")
    program.stdin.flush()
    assert program.stdout.readline() == b"%d\n" % count


def state(pid: int) -> tuple[str, int]:
    """The letter of its state, and its tracer."""
    fields = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return fields["State"].split()[0], int(fields["TracerPid"])


def has_begun(path: Path) -> bool:
    """Every thread is being traced by the time there are rows."""
    try:
        with Recording.open(path) as recording:
            return recording.rows > 0
    except RecordingError:
        return False


def is_traced(pid: int) -> bool:
    return state(pid)[1] != 0


def attached(pid: int, path: Path, *options: str) -> subprocess.Popen[str]:
    command = [*IOTRACE, "attach", str(pid), "--no-tui", "-o", str(path), *options]
    return subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def ended(tracer: subprocess.Popen[str]) -> int:
    tracer.communicate(timeout=TIMEOUT)
    return tracer.returncode


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_calls_are_seen_and_the_program_goes_on(
    program: subprocess.Popen[bytes], tmp_path: Path, number: signal.Signals
) -> None:
    tracer = attached(program.pid, tmp_path / "a.iotrace")
    try:
        mask = os.sched_getaffinity(program.pid)
        assert eventually(lambda: has_begun(tmp_path / "a.iotrace"))
        for count in range(1, 24):
            ask(program, count)
        tracer.send_signal(number)
        out, errors = tracer.communicate(timeout=TIMEOUT)
    finally:
        tracer.kill()
    assert tracer.returncode == 0, errors
    assert "let run on" in out
    assert not is_traced(program.pid)
    assert os.sched_getaffinity(program.pid) == mask
    ask(program, 24)
    report = json.loads(iotrace("report", "--json", tmp_path / "a.iotrace").stdout)
    calls = {row["name"]: row for row in report["syscalls"]}
    # The read it slept in when we came is interrupted and begun again: then its beginning is seen.
    assert calls["read"]["payload_out"] == calls["write"]["calls"] == 23
    assert calls["clock_nanosleep"]["calls"] > 0
    assert len(report["threads"]) == 2
    assert report["exit"] == {"code": None, "signal": None, "complete": True}


def test_it_lasts_as_long_as_asked(program: subprocess.Popen[bytes], tmp_path: Path) -> None:
    tracer = attached(program.pid, tmp_path / "a.iotrace", "--duration", "0.3")
    _, told = tracer.communicate(timeout=TIMEOUT)
    assert tracer.returncode == 0
    assert f"process {program.pid} runs on" in told
    assert not is_traced(program.pid)
    ask(program, 1)


def test_a_program_that_ends_meanwhile(program: subprocess.Popen[bytes], tmp_path: Path) -> None:
    tracer = attached(program.pid, tmp_path / "a.iotrace")
    assert eventually(lambda: is_traced(program.pid))
    program.terminate()
    _, told = tracer.communicate(timeout=TIMEOUT)
    assert tracer.returncode == 128 + signal.SIGTERM
    assert "runs on" not in told
    assert program.wait(TIMEOUT) == -signal.SIGTERM


def test_a_stopped_program_stays_stopped(program: subprocess.Popen[bytes], tmp_path: Path) -> None:
    program.send_signal(signal.SIGSTOP)
    assert eventually(lambda: state(program.pid)[0] == "T")
    tracer = attached(program.pid, tmp_path / "a.iotrace", "--duration", "0.3")
    assert ended(tracer) == 0
    time.sleep(0.05)
    assert state(program.pid) == ("T", 0)
    program.send_signal(signal.SIGCONT)
    ask(program, 1)


@pytest.mark.parametrize("who", ["tracer", "capture"])
def test_the_program_survives_a_tracer_that_is_killed(
    program: subprocess.Popen[bytes], tmp_path: Path, who: str
) -> None:
    tracer = attached(program.pid, tmp_path / "a.iotrace")
    assert eventually(lambda: is_traced(program.pid))
    os.kill(tracer.pid if who == "tracer" else state(program.pid)[1], signal.SIGKILL)
    tracer.communicate(timeout=TIMEOUT)
    assert eventually(lambda: not is_traced(program.pid))
    ask(program, 1)


def test_one_that_is_traced_already_names_the_tracer(program: subprocess.Popen[bytes], tmp_path: Path) -> None:
    tracer = attached(program.pid, tmp_path / "a.iotrace")
    try:
        assert eventually(lambda: is_traced(program.pid))
        refused = iotrace("attach", str(program.pid), "--no-tui")
        assert refused.returncode == 125
        assert f"traced already, by process {state(program.pid)[1]} (" in refused.stderr
    finally:
        tracer.send_signal(signal.SIGINT)
        tracer.communicate(timeout=TIMEOUT)


def test_refusals(program: subprocess.Popen[bytes]) -> None:
    gone = subprocess.Popen(["true"])
    gone.wait()
    thread = next(int(tid) for tid in os.listdir(f"/proc/{program.pid}/task") if int(tid) != program.pid)
    for pid, status, words in (
        (gone.pid, 125, "there is no process"),
        (thread, 2, f"is a thread of process {program.pid}"),
        (2, 125, "kernel thread"),
    ):
        if pid == 2 and not Path("/proc/2/comm").read_text().startswith("kthreadd"):
            continue  # a container of its own
        refused = iotrace("attach", str(pid), "--no-tui")
        assert (refused.returncode, refused.stdout) == (status, "")
        assert words in refused.stderr
        assert len(refused.stderr.splitlines()) <= 3


QUIET = """
import os, threading, time
threading.Thread(target=time.sleep, args=(600,), daemon=True).start()
def work():
    while True: pass
threading.Thread(target=work, daemon=True).start()
os.write(1, b"ready\\n")
os.read(0, 1)
"""


@pytest.mark.parametrize("backend", ["ptrace", "ebpf"])
def test_threads_that_neither_enter_nor_leave_a_call_are_accounted(backend: str, tmp_path: Path) -> None:
    """One computes, two sleep in the calls they were in before: all that while, by the report."""
    if backend == "ebpf" and (why_not := bpf_refused()):
        pytest.skip(f"no BPF here: {why_not}")
    path = tmp_path / "a.iotrace"
    quiet = subprocess.Popen([sys.executable, "-c", QUIET], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert quiet.stdout is not None
        assert quiet.stdout.readline() == b"ready\n"
        done = iotrace("attach", str(quiet.pid), "--backend", backend, "--no-tui", "--duration", "0.6", "-o", path)
    finally:
        quiet.kill()
        quiet.communicate(timeout=TIMEOUT)
    assert done.returncode == 0, done.stderr
    report = json.loads(iotrace("report", "--json", path).stdout)
    threads = report["threads"]
    assert len(threads) == 3
    assert all(thread["lifetime_ns"] > 300_000_000 for thread in threads)
    (busy,) = [thread for thread in threads if thread["user_ns"] > thread["blocked_ns"]]
    assert busy["user_ns"] + busy["runnable_ns"] > 0.8 * busy["lifetime_ns"]
    assert all(thread["blocked_ns"] > 0.8 * thread["lifetime_ns"] for thread in threads if thread is not busy)
    assert {each["tid"]: each["model"] for each in report["models"]}[busy["tid"]] == "compute"
