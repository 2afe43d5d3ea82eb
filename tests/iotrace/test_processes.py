"""The running processes as /proc tells them."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from iotrace.processes import Process, Processes


@pytest.fixture
def busy() -> Iterator[subprocess.Popen[bytes]]:
    started = subprocess.Popen(
        [sys.executable, "-c", "print(flush=True)\nwhile True: pass"], stdout=subprocess.PIPE
    )
    assert started.stdout is not None
    started.stdout.readline()
    yield started
    started.kill()
    started.communicate()


def found(processes: list[Process], pid: int) -> Process:
    return next(each for each in processes if each.pid == pid)


def test_a_busy_process_is_told_from_a_sleeping_one(busy: subprocess.Popen[bytes]) -> None:
    idle = subprocess.Popen(["sleep", "100"])
    try:
        looker = Processes()
        first = looker.look()
        assert found(first, idle.pid).command == "sleep 100"
        used = time.process_time()
        while time.process_time() - used < 0.2:  # the busy one gets its share on a busy machine, too
            pass
        second = looker.look()
        assert found(second, busy.pid).cpu > 0.05
        assert found(second, idle.pid).cpu == 0
    finally:
        idle.kill()
        idle.wait()


def test_who_is_listed() -> None:
    pids = [each.pid for each in Processes().look()]
    assert os.getpid() not in pids
    assert os.getppid() in pids
    kernel = Path("/proc/2/comm")
    assert not kernel.exists() or kernel.read_text() != "kthreadd\n" or 2 not in pids


def test_names_with_spaces_and_brackets(tmp_path: Path) -> None:
    script = os.path.join(tmp_path, "a) b (c")
    os.symlink("/bin/sleep", script)
    started = subprocess.Popen([script, "100"])
    try:
        process = found(Processes().look(), started.pid)
        assert process.name == "a) b (c"
        assert process.threads == 1
    finally:
        started.kill()
        started.wait()
