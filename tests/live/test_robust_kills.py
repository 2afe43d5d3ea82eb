"""SIGKILL at any moment, of the program, of the process that made its threads, of capture, of the recorder.

Every worker of the program counts in a file what it has done, and passes the count to the kernel in a call that
fails at once (lseek(2) of descriptor -1), so that what is missing in a recording can be told. How many kills there
are is in the environment variable IOTRACE_KILLS.
"""

from __future__ import annotations

import os
import random
import signal
import struct
import subprocess
import time
from collections import defaultdict
from pathlib import Path

import pytest

from tests.live.captured import compile_c
from tests.live.recorded import IOTRACE, TIMEOUT
from tests.live.test_violent_ends import eventually, is_gone
from tracer.recording.captured import captured
from tracer.recording.reader import Recording
from tracer.syscalls.names import number_of
from tracer.wire import Abi, Kind

KILLS = int(os.environ.get("IOTRACE_KILLS", "40"))
_WORKERS = 4
_MARK = 7000
_BATCH = 4096
_FRAME = 4096
"""Rows that may be on their way: the recorder's batch; its buffer, the pipe (1 MiB) and capture's frame."""

# Two threads, and a child with two threads. Each worker's count, and the pids, are in the file words[1].
PROGRAM = """
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
static volatile long *counts;
static void *work(void *which) {
    long me = (long)which;
    for (long i = 1;; i++) { syscall(SYS_lseek, -1, i, 7000 + me); counts[me] = i; }
    return 0;
}
int main(int count, char **words) {
    int fd = open(words[1], O_RDWR | O_CREAT, 0600);
    if (count != 2 || ftruncate(fd, 4096)) return 1;
    counts = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    counts[8] = getpid();
    int child = fork() == 0;
    counts[8 + child] = getpid();
    pthread_t thread;
    pthread_create(&thread, 0, work, (void *)(long)(2 * child));
    work((void *)(long)(2 * child + 1));
}
"""


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compile_c(PROGRAM, tmp_path_factory.mktemp("kills"), "-pthread")


def parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def numbers(counts: Path) -> tuple[int, ...]:
    """The workers' counts, then the pids of the two processes; zeros as long as they are not known."""
    data = counts.read_bytes() if counts.exists() else b""
    values = struct.unpack("<512q", data.ljust(4096, b"\0")[:4096])
    return (*values[:_WORKERS], *values[8:10])


def seen(path: Path, *, may_be_empty: bool) -> dict[int, list[int]]:
    """The counts of every worker, in the order of the recording; there is none when the recorder died before it had
    begun to write."""
    found: dict[int, list[int]] = defaultdict(list)
    if may_be_empty and (not path.exists() or path.stat().st_size == 0):
        return found
    lseek = number_of(Abi.X86_64, "lseek")
    with Recording.open(path) as recording:
        for batch in recording.batches:
            flat = captured(batch)
            ours = (flat.nr == lseek) & (flat.kind == Kind.CALL) & (flat.args[:, 2] >= _MARK)
            for worker, count in zip(flat.args[ours, 2].tolist(), flat.args[ours, 1].tolist(), strict=True):
                found[worker - _MARK].append(count)
    return found


def one_kill(program: Path, folder: Path, chance: random.Random) -> str:
    """Record, kill somebody at a random moment, and look what is left. Whom it was."""
    path, counts = folder / "kill.iotrace", folder / "counts"
    for each in (path, counts):
        each.unlink(missing_ok=True)
    whom = chance.choice(("program", "creator", "child", "capture", "recorder"))
    recorder = subprocess.Popen(
        [*IOTRACE, "record", "-o", path, "--", program, counts], stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        needed = 2 if whom == "creator" else 1
        assert eventually(lambda: all(numbers(counts)[4 - needed :])), whom
        time.sleep(chance.random() * 0.3)
        *_, first, second = numbers(counts)
        capture = parent_of(first)
        victim = {"program": first, "creator": first, "child": second, "capture": capture, "recorder": recorder.pid}
        os.kill(victim[whom], signal.SIGKILL)
        if whom == "child":  # the other goes on
            time.sleep(0.05)
            os.kill(first, signal.SIGKILL)
        elif whom in ("program", "creator"):
            time.sleep(0.05 * chance.random())
            os.kill(second, signal.SIGKILL)
        _, errors = recorder.communicate(timeout=TIMEOUT)
        assert "Traceback" not in errors, errors
        for pid in (first, second, capture):
            assert eventually(lambda pid=pid: is_gone(pid)), (whom, pid)  # type: ignore[misc]
    finally:
        recorder.kill()
        recorder.communicate()
        for pid in numbers(counts)[4:]:
            if pid:
                assert is_gone(pid), whom
    done, found = numbers(counts)[:_WORKERS], seen(path, may_be_empty=whom == "recorder")
    for worker in range(_WORKERS):
        assert found.get(worker, []) == list(range(1, len(found.get(worker, [])) + 1)), (whom, worker)
    missing = [done[worker] - len(found.get(worker, [])) for worker in range(_WORKERS)]
    allowed = {"capture": _FRAME, "recorder": 2 * _FRAME + _BATCH}.get(whom, 1)
    assert sum(missing) <= allowed * (_WORKERS if allowed == 1 else 1), (whom, missing, done)
    if whom in ("program", "creator", "child"):
        assert recorder.returncode == 128 + signal.SIGKILL, (whom, errors)
    return whom


@pytest.mark.slow
def test_somebody_is_killed_at_any_moment(program: Path, tmp_path: Path) -> None:
    """All that was recorded is there, nothing is lost but what was on its way, and nobody is left behind."""
    seed = int(os.environ.get("IOTRACE_SEED", "23"))
    chance = random.Random(seed)
    for turn in range(KILLS):
        print(turn, one_kill(program, tmp_path, chance), flush=True)
