"""The view keeps off the CPU that capture is bound to, and takes all of its own again afterwards."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator

import pytest

from tui.room import Room


@pytest.fixture
def capture() -> Iterator[subprocess.Popen[bytes]]:
    """Something that can be bound to CPUs; what the test does to ours is undone."""
    before = os.sched_getaffinity(0)
    if len(before) < 2:
        pytest.skip("one CPU: there is nowhere else to go")
    process = subprocess.Popen(["sleep", "100"])
    yield process
    process.kill()
    process.wait()
    os.sched_setaffinity(0, before)


def test_room_is_made_and_taken_back(capture: subprocess.Popen[bytes]) -> None:
    ours = os.sched_getaffinity(0)
    one = min(ours)
    room = Room(capture.pid)
    room.make()
    assert os.sched_getaffinity(0) == ours, "it may run anywhere"
    os.sched_setaffinity(capture.pid, {one})
    room.make()
    assert os.sched_getaffinity(0) == ours - {one}
    os.sched_setaffinity(capture.pid, ours)
    room.make()
    assert os.sched_getaffinity(0) == ours


def test_capture_has_ended(capture: subprocess.Popen[bytes]) -> None:
    ours = os.sched_getaffinity(0)
    os.sched_setaffinity(capture.pid, {min(ours)})
    room = Room(capture.pid)
    room.make()
    capture.kill()
    capture.wait()
    room.make()
    assert os.sched_getaffinity(0) == ours
