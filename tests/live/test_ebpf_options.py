"""What BPF capture can do besides: options that ptrace cannot combine, and files that begin among busy threads."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.live.bpf import bpf_refused
from tests.live.captured import compile_c
from tests.live.recorded import IOTRACE, TIMEOUT, iotrace
from tests.live.test_attach import has_begun
from tests.live.test_recording_tail import assert_adds_up
from tests.live.test_violent_ends import eventually
from tracer.capture.seccomp_filter import always
from tracer.wire import Abi

if why_not := bpf_refused():
    pytest.skip(f"no BPF here: {why_not}", allow_module_level=True)

# Two threads that call as fast as they can, and one that waits for them.
BUSY = r"""
#include <fcntl.h>
#include <pthread.h>
#include <time.h>
#include <unistd.h>
static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec + now.tv_nsec / 1e9;
}
static void *work(void *arg) {
    int fd = open("/dev/zero", O_RDONLY);
    char byte;
    double begin = seconds();
    for (int turn = 1; turn <= 1600; turn++) {
        for (int i = 0; i < 100; i++) (void)!read(fd, &byte, 1);
        while (seconds() < begin + turn / 1e3);
    }
    return arg;
}
int main(void) {
    pthread_t threads[2];
    for (int i = 0; i < 2; i++) pthread_create(&threads[i], 0, work, 0);
    for (int i = 0; i < 2; i++) pthread_join(threads[i], 0);
    return 0;
}
"""

# 1,009 reads by itself and 101 by a child; then it waits to be let go.
FAMILY = r"""
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>
int main(void) {
    int fd = open("/dev/zero", O_RDONLY);
    char byte;
    do { if (read(0, &byte, 1) != 1) return 1; } while (byte != 'x');
    for (int i = 0; i < 1009; i++) { (void)!read(fd, &byte, 1); getppid(); }
    if (!fork()) { for (int i = 0; i < 101; i++) (void)!read(fd, &byte, 1); _exit(7); }
    int status;
    wait(&status);
    return WEXITSTATUS(status);
}
"""


def report(path: Path) -> dict[str, Any]:
    done = iotrace("report", str(path), "--json", "--phase", "all")
    assert done.returncode == 0, done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    return document


@pytest.mark.slow
def test_a_file_that_begins_among_busy_threads_knows_them_all(tmp_path: Path) -> None:
    program, path = compile_c(BUSY, tmp_path, "-pthread"), tmp_path / "a.iotrace"
    done = subprocess.run(
        [*IOTRACE, "record", "--backend", "ebpf", "-o", path, "--output-every", "400ms", "--", program],
        check=False, capture_output=True, text=True, timeout=TIMEOUT,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    documents = [report(each) for each in sorted(tmp_path.glob("a.iotrace.*"))]
    assert len(documents) >= 3
    for document in documents:
        assert_adds_up(document)
        assert document["totals"]["lost"] == 0
    for document in documents[1:-1]:
        assert len(document["threads"]) == 3
        waiting = max(document["threads"], key=lambda thread: thread["blocked_ns"])
        assert waiting["blocked_ns"] >= 0.9 * waiting["lifetime_ns"]
    assert sum(document["totals"]["calls"] for document in documents[:-1]) == documents[-1]["scope"]["calls_before"]


def test_a_process_that_runs_already_can_be_asked_for_some_calls(tmp_path: Path) -> None:
    """Nothing is put on it, so nothing need be there before it starts."""
    path = tmp_path / "a.iotrace"
    running = subprocess.Popen([compile_c(FAMILY, tmp_path)], stdin=subprocess.PIPE, bufsize=0)
    asked = 0

    def seen() -> bool:
        """Whether a call of it is in the file by now."""
        nonlocal asked
        assert running.stdin is not None
        running.stdin.write(b".")
        asked += 1
        return has_begun(path)

    watching = subprocess.Popen(
        [*IOTRACE, "attach", str(running.pid), "--backend", "ebpf", "--no-tui", "--trace", "read", "-o", path],
        stdout=subprocess.DEVNULL,
    )
    try:
        assert eventually(seen)
        assert running.stdin is not None
        with running.stdin:
            running.stdin.write(b"x")
        assert running.wait(timeout=TIMEOUT) == 7
        assert watching.wait(timeout=TIMEOUT) == 0
    finally:
        watching.kill()
        running.kill()
    counts = {row["name"]: row["calls"] for row in report(path)["syscalls"] if row["calls"]}
    assert 1 + 1 + 1009 + 101 <= counts["read"] <= asked + 1 + 1009 + 101
    assert not set(counts) - {"read"} - always(Abi.X86_64)


def test_some_calls_of_one_process_only(tmp_path: Path) -> None:
    """What it starts has no filter of ours, so it can be let go."""
    path = tmp_path / "a.iotrace"
    done = subprocess.run(
        [*IOTRACE, "record", "--backend", "ebpf", "-o", path, "--no-follow", "--trace", "read", "--",
         compile_c(FAMILY, tmp_path)],
        check=False, capture_output=True, input=b"x", timeout=TIMEOUT,
    )  # fmt: skip
    assert done.returncode == 7, done.stderr
    document = report(path)
    counts = {row["name"]: row["calls"] for row in document["syscalls"] if row["calls"]}
    assert counts["read"] == 1 + 1 + 1009  # the loader's, and the letter
    assert len(document["threads"]) == 1
    assert document["scope"]["follow"] is False
    assert document["scope"]["trace"] == "read"
