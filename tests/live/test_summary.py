"""`--summary`: what the kernel summed up, against the program's own count, strace, schedstat, a full recording."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.live.bpf import bpf_refused
from tests.live.captured import compile_c
from tests.live.recorded import IOTRACE, TIMEOUT, iotrace
from tests.live.test_violent_ends import eventually
from tracer.capture.ebpf import bpf, summary_layout
from tracer.capture.ebpf.loading import Limits, compiled, load
from tracer.capture.ebpf.summary_maps import make_maps
from tracer.recording.errors import RecordingError
from tracer.recording.reader import Recording
from tracer.wire import Kind

WHY_NOT = bpf_refused()
pytestmark = pytest.mark.skipif(bool(WHY_NOT), reason=f"no BPF here: {WHY_NOT}")

# Errors of several kinds, waits in vain, threads, children, exec; the same each time.
MANY_WAYS = r"""
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
static int pipes[2], empty[2];
static void *work(void *unused) {
    char text[100];
    for (int i = 1; i <= 100; i++) { write(pipes[1], text, i); read(pipes[0], text, sizeof text); }
    return unused;
}
int main(int argc, char **argv) {
    char byte;
    if (argc > 1) { for (int i = 0; i < 50; i++) getppid(); return 7; }
    pipe(pipes); pipe2(empty, O_NONBLOCK);
    for (int i = 0; i < 300; i++) read(empty[0], &byte, 1);
    for (int i = 0; i < 20; i++) open("/nowhere/at/all", O_RDONLY);
    for (int i = 0; i < 10; i++) close(-7);
    struct pollfd one = {empty[0], POLLIN, 0}, full = {empty[1], POLLOUT, 0};
    for (int i = 0; i < 40; i++) poll(&one, 1, 0);
    for (int i = 0; i < 3; i++) poll(&one, 1, 1);
    for (int i = 0; i < 30; i++) poll(&full, 1, -1);
    struct timespec none = {0, 0};
    for (int i = 0; i < 12; i++) ppoll(&one, 1, &none, 0);
    struct epoll_event event = {EPOLLOUT, {.fd = 1}};
    int watch = epoll_create1(0);
    epoll_ctl(watch, EPOLL_CTL_ADD, empty[1], &event);
    for (int i = 0; i < 17; i++) epoll_wait(watch, &event, 1, -1);
    for (int i = 0; i < 25; i++) { struct stat about; fstat(0, &about); }
    for (int i = 0; i < 4; i++) {
        pthread_t each;
        pthread_create(&each, 0, work, 0);
        pthread_join(each, 0);
    }
    for (int i = 0; i < 3; i++) {
        int status;
        pid_t child = fork();
        if (!child) execl(argv[0], argv[0], "again", (char *)0);
        waitpid(child, &status, 0);
    }
    return 5;
}
"""

# Two threads that call without a pause; prints how often, and what /proc says of them.
UNPACED = r"""
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
static long number;
static void *work(void *where) {
    char byte, text[64];
    int zero = open("/dev/zero", O_RDONLY), stat = open("/proc/thread-self/schedstat", O_RDONLY);
    for (long i = 0; i < number; i++) read(zero, &byte, 1);
    long size = pread(stat, text, sizeof text - 1, 0);
    text[size] = 0;
    strcpy(where, text);
    return 0;
}
int main(int argc, char **argv) {
    char one[64], other[64];
    pthread_t a, b;
    number = atol(argv[argc - 1]);
    pthread_create(&a, 0, work, one); pthread_create(&b, 0, work, other);
    pthread_join(a, 0); pthread_join(b, 0);
    printf("%s%s", one, other);
    return 0;
}
"""

NARROW = r"""
#include <errno.h>
#include <poll.h>
#include <unistd.h>
int main(void) {
    char byte;
    struct pollfd none = {-1, 0, 0};
    for (int i = 0; i < 70; i++) read(-1, &byte, 1);
    for (int i = 0; i < 30; i++) poll(&none, 1, 0);
    for (int i = 0; i < 20; i++) getppid();
    return 0;
}
"""

KNOWN_CALLS = r"""
#include <sys/syscall.h>
#include <unistd.h>
int main(void) {
    char byte;
    read(0, &byte, 1);
    for (int i = 0; i < 100; i++) syscall(SYS_getppid);
    for (int i = 0; i < 50; i++) syscall(SYS_getuid);
    for (int i = 0; i < 25; i++) syscall(SYS_getgid);
    _exit(0);
}
"""
KNOWN_NUMBER = 1 + 100 + 50 + 25

MARKING = r"""
import os
def mark(text):
    try:
        os.write(-1, text)
    except OSError:
        pass
for i in range(100): os.getppid()
mark(b"iotrace:begin first")
for i in range(200): os.getppid()
mark(b"iotrace:end first")
for i in range(400): os.getppid()
mark(b"iotrace:begin second")
for i in range(800): os.getppid()
"""

BUSY = "import os\nprint('here', flush=True)\nwhile True:\n    os.getppid()"
LUCK = ("futex", "madvise", "munmap", "mprotect", "mmap", "brk", "wait4")
"""Who waits for whom is decided anew each time, and so is where memory for threads comes from."""


def record(folder: Path, *command: str | Path, options: tuple[str, ...] = ("--summary",)) -> tuple[Path, str]:
    """The recording, and what the program wrote."""
    path = folder / "summed.iotrace"
    done = iotrace("record", *options, "--force", "-o", path, "--", *command)
    assert "calls written" in done.stderr, done.stderr
    return path, done.stdout


def report(path: Path, *options: str) -> dict[str, Any]:
    """`iotrace report --json`."""
    done = iotrace("report", "--json", *options, path)
    assert done.returncode == 0, done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def calls(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The lines of its calls by name."""
    return {row["name"]: row for row in document["syscalls"]}


def alike(rows: dict[str, dict[str, Any]]) -> dict[str, tuple[Any, ...]]:
    """What is the same each time."""
    figures = ("calls", "failed", "wasted", "errors")
    return {name: tuple(row[each] for each in figures) for name, row in rows.items() if name not in LUCK}


def test_a_summary_says_what_a_full_recording_says(tmp_path: Path) -> None:
    """Calls, errors by errno, wasted, wake-ups, payload; exec, fork and threads; and the exit status."""
    program = compile_c(MANY_WAYS, tmp_path, "-pthread")
    summed = report(record(tmp_path, program)[0])
    full = report(record(tmp_path, program, options=("--backend", "ebpf"))[0])
    assert summed["exit"] == full["exit"] == {"code": 5, "signal": None, "complete": True}
    assert alike(calls(summed)) == alike(calls(full))
    for name in ("wakeups", "signals", "lost"):
        assert summed["totals"][name] == full["totals"][name], name
    ours, theirs = calls(summed), calls(full)
    for name in ("read", "write"):
        for figure in ("payload_in", "payload_out", "copies_in", "copies_out"):
            assert ours[name][figure] == theirs[name][figure], (name, figure)
    for name in ("poll", "epoll_wait", "newfstatat", "pread64"):
        assert ours[name]["control_out"] <= theirs[name]["control_out"]
    assert ours["epoll_wait"]["control_out"] == theirs["epoll_wait"]["control_out"] == 17 * 12
    assert ours["read"]["errors"] == {"EAGAIN": 300}
    assert ours["poll"]["wasted"] == 40
    assert ours["ppoll"]["wasted"] == 12
    assert ours["getppid"]["calls"] == 150
    assert len(summed["threads"]) == len(full["threads"]) == 4 + 4


def test_what_single_calls_tell_is_null(tmp_path: Path) -> None:
    """Never an empty table as if it were one."""
    document = report(record(tmp_path, "true")[0])
    assert document["scope"]["summary"] is True
    assert document["fds"] is document["findings"] is document["models"] is None
    assert document["totals"]["useless_wakeups"] is None


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
def test_counts_are_straces(tmp_path: Path) -> None:
    """Of every call of a program and its children."""
    program = compile_c(MANY_WAYS, tmp_path, "-pthread")
    ours = calls(report(record(tmp_path, program)[0]))
    table = tmp_path / "table"
    subprocess.run(
        ["strace", "-f", "-c", "-U", "name,calls,errors", "-o", table, program], timeout=TIMEOUT, check=False
    )
    theirs = {}
    for line in table.read_text().splitlines()[2:]:
        words = line.split()
        if len(words) >= 2 and words[1].isdigit() and words[0] != "total":
            theirs[words[0]] = (int(words[1]), int(words[2]) if len(words) > 2 else 0)
    counted = {name: (row["calls"], row["failed"]) for name, row in ours.items() if name not in LUCK}
    assert counted == {name: numbers for name, numbers in theirs.items() if name not in LUCK}


@pytest.mark.slow
def test_nothing_is_lost_at_any_rate(tmp_path: Path) -> None:
    """Two threads that do nothing but call; and their time on CPUs is what schedstat says of them."""
    program = compile_c(UNPACED, tmp_path, "-pthread", "-O2")
    number = 2_000_000
    path, said = record(tmp_path, program, str(number))
    document = report(path)
    assert calls(document)["read"]["calls"] >= 2 * number
    assert calls(document)["read"]["payload_out"] >= 2 * number
    assert document["totals"]["lost"] == 0
    on_cpu, queued = (sum(int(line.split()[place]) for line in said.splitlines()) for place in (0, 1))
    raw_run = raw_delay = 0
    pid = next(row["pid"] for row in document["threads"])
    with Recording.open(path) as recording:
        for batch in recording.batches:
            for row in batch.to_pylist():
                if row["kind"] in (Kind.SUMS, Kind.CALL, Kind.EXIT) and row["tid"] != pid:
                    raw_run += row["run_ns"] + row["user_run_ns"]
                    raw_delay += row["delay_ns"] + row["user_delay_ns"]
    assert on_cpu * 0.97 - 5_000_000 <= raw_run <= on_cpu * 1.03 + 5_000_000
    assert queued * 0.97 - 5_000_000 <= raw_delay <= queued * 1.03 + 5_000_000
    for row in document["threads"]:
        parts = sum(row[f"{name}_ns"] for name in ("user", "kernel", "blocked", "runnable", "tracer"))
        assert abs(parts - row["lifetime_ns"]) <= 0.02 * row["lifetime_ns"] + 1_000_000


@pytest.mark.slow
def test_sums_are_split_at_marks(tmp_path: Path) -> None:
    """By the phases that a program marks; the marks themselves are calls of no phase."""
    path, _ = record(tmp_path, sys.executable, "-c", MARKING)
    for phase, expected in (("first", 200), ("second", 800)):
        assert calls(report(path, "--phase", phase))["getppid"]["calls"] == expected
    everything = report(path)
    assert calls(everything)["getppid"]["calls"] == 1500
    assert calls(everything)["write"]["errors"] == {"EBADF": 3}


def test_programs_of_32_bits(tmp_path: Path) -> None:
    """Their numbers are of another table."""
    try:
        program = compile_c(NARROW, tmp_path, "-m32")
    except (AssertionError, subprocess.CalledProcessError):
        pytest.skip("no compiler for 32 bits")
    ours = calls(report(record(tmp_path, program)[0]))
    assert ours["read"]["errors"] == {"EBADF": 70}
    assert ours["poll"]["wasted"] == 30
    assert ours["getppid"]["calls"] == 20


@pytest.fixture
def busy() -> Iterator[subprocess.Popen[str]]:
    """A process that calls without a pause."""
    with subprocess.Popen([sys.executable, "-c", BUSY], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield process
        process.kill()


@pytest.mark.slow
def test_attaching_sums_up_from_then_on(busy: subprocess.Popen[str], tmp_path: Path) -> None:
    """And lets go again."""
    path = tmp_path / "attached.iotrace"
    done = iotrace("attach", str(busy.pid), "--summary", "--no-tui", "--duration", "0.5", "-o", path)
    assert done.returncode == 0, done.stderr
    document = report(path)
    assert calls(document)["getppid"]["calls"] > 1000
    assert document["exit"]["complete"] is False or document["exit"]["code"] is None
    assert 0.2e9 < document["duration_ns"] < 30e9
    assert busy.poll() is None


@pytest.mark.slow
def test_killing_iotrace_leaves_no_programs(tmp_path: Path) -> None:
    """Nothing is pinned: the capture process's descriptors are all there is. What was read is a whole recording."""
    path = tmp_path / "killed.iotrace"
    command = [*IOTRACE, "record", "--summary", "-o", str(path), "--", sys.executable, "-c", BUSY]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        assert eventually(lambda: _has_sums(path))
        capture = _capture_of(process.pid)
        os.kill(process.pid, signal.SIGKILL)
        process.wait(TIMEOUT)
        assert eventually(lambda: not os.path.exists(f"/proc/{capture}"))
    assert report(path)["totals"]["calls"] > 0


def _has_sums(path: Path) -> bool:
    try:
        with Recording.open(path) as recording:
            return any((batch.column("kind").to_numpy() == Kind.SUMS).any() for batch in recording.batches)
    except RecordingError:
        return False


def _capture_of(recorder: int) -> int:
    """The capture process that a recorder started."""
    end = time.monotonic() + 10
    while time.monotonic() < end:
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    line = (entry / "cmdline").read_bytes()
                    parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                except (OSError, ValueError):
                    continue
                if parent == recorder and b"tracer.capture" in line:
                    return int(entry.name)
        time.sleep(0.05)
    raise AssertionError("no capture process")


@pytest.mark.slow
def test_it_takes_the_backend_that_can(tmp_path: Path) -> None:
    """By default and with `auto`; with ptrace it says how."""
    for options in (("--summary",), ("--summary", "--backend", "auto")):
        assert report(record(tmp_path, "true", options=options)[0])["backend"] == "ebpf"
    done = iotrace("record", "--summary", "--backend", "ptrace", "-o", tmp_path / "x", "--", "true")
    assert done.returncode == 2
    assert "eBPF" in done.stderr
    assert "Traceback" not in done.stderr


def test_calls_without_room_for_their_sums_are_counted_as_lost(tmp_path: Path) -> None:
    """Exactly."""
    maps = make_maps(most=2)
    loaded = load(compiled("summary"), Limits(ring_bytes=1 << 16), {}, others=maps.named)
    try:
        with subprocess.Popen([compile_c(KNOWN_CALLS, tmp_path)], stdin=subprocess.PIPE) as process:
            eventually(lambda: "read" in Path(f"/proc/{process.pid}/wchan").read_text())
            pidfd = os.pidfd_open(process.pid)
            loaded.follow(pidfd)
            os.close(pidfd)
            process.communicate(b"x", TIMEOUT)
        found = list(bpf.elements(maps.named["sums"], summary_layout.KEY.itemsize, summary_layout.SUMS.itemsize))
        counted = [np.frombuffer(sums, summary_layout.SUMS)["calls"] for _, sums in found]
        kept = int(np.concatenate(counted).sum())
        assert 0 < kept < KNOWN_NUMBER
        assert loaded.counter("lost_events") == KNOWN_NUMBER - kept
    finally:
        loaded.close()
        maps.close()
