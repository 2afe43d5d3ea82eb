"""Threads are reached by an iterator where the kernel has no pidfds for them, as before Linux 6.9."""

from __future__ import annotations

import errno
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from tests.live.bpf import bpf_refused
from tracer.capture.ebpf import waiting
from tracer.capture.ebpf.loading import Limits, Loaded, compiled, load
from tracer.capture.ebpf.waiting import Waiting
from tracer.capture.ebpf.walk import Walk
from tracer.capture.threads import threads_of

pytestmark = pytest.mark.skipif(bool(bpf_refused()), reason=f"no BPF here: {bpf_refused()}")

THREADS = 7
SLEEPERS = f"""
import threading, time
for _ in range({THREADS - 1}):
    threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
print(flush=True)
time.sleep(60)
"""


@pytest.fixture
def loaded() -> Iterator[Loaded]:
    """The programs, which follow nobody yet."""
    programs = load(compiled(), Limits(ring_bytes=1 << 16), {})
    yield programs
    programs.close()


@pytest.fixture
def process() -> Iterator[int]:
    """A process with seven threads that all sleep."""
    with subprocess.Popen([sys.executable, "-c", SLEEPERS], stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()
        yield child.pid
        child.kill()


def test_each_thread_is_followed_once(loaded: Loaded, process: int) -> None:
    """With the state it is given, and not again; a process that does not exist has none."""
    walk = Walk(loaded.tasks)
    try:
        threads = set(threads_of(process))
        assert len(threads) == THREADS
        assert walk.states(process) == {}
        assert walk.follow(process, 11) == threads
        assert walk.follow(process, 13) == threads  # which changes nothing
        states = walk.states(process)
        assert states.keys() == threads
        assert {(int(each["since"]), int(each["attached"]), int(each["first"])) for each in states.values()} == {
            (11, 1, 1)
        }
        assert walk.follow(1 << 22, 17) == set()
    finally:
        walk.close()


def test_states_are_read_whichever_way_there_is(
    loaded: Loaded, process: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of all seven threads: of one by its pidfd, of the others by the iterator."""
    before = waiting.open_thread

    def no_threads(tid: int) -> int:
        if tid != process:
            raise OSError(errno.EINVAL, "Invalid argument")
        return before(tid)

    monkeypatch.setattr(waiting, "open_thread", no_threads)
    looking = Waiting(loaded.tasks)
    try:
        looking.walk().follow(process, time.monotonic_ns())
        states = [looking.state(tid) for tid in threads_of(process)]
        assert [int(state["attached"]) for state in states if state is not None] == [1] * THREADS
    finally:
        looking.close()
