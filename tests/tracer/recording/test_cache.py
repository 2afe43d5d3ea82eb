"""What a growing recording leaves in the page cache."""

from __future__ import annotations

import os

import pytest

from tracer.recording import cache
from tracer.recording.cache import Passing

MIB = 1 << 20


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """The stretches the kernel is told of, in MiB: first and end."""
    stretches: list[tuple[int, int]] = []

    class Os:
        POSIX_FADV_DONTNEED = os.POSIX_FADV_DONTNEED

        @staticmethod
        def posix_fadvise(_fd: int, first: int, length: int, _advice: int) -> None:
            stretches.append((first // MIB, (first + length) // MIB))

    monkeypatch.setattr(cache, "os", Os)
    return stretches


def test_a_small_recording_stays(told: list[tuple[int, int]]) -> None:
    passing = Passing(-1)
    for size in range(0, 16 * MIB, 4096 * 97):
        passing.grown(size)
    assert told == []


def test_portions_are_written_at_once_and_dropped_when_they_are_behind(told: list[tuple[int, int]]) -> None:
    """Each byte once for either; the end of the file stays."""
    passing = Passing(-1)
    for size in range(0, 113, 16):
        passing.grown(size * MIB)
    assert told == [
        (0, 16), (16, 32), (32, 48), (48, 64), (64, 80), (0, 16), (80, 96), (16, 32), (96, 112), (32, 48)
    ]  # fmt: skip


def test_a_file_that_was_cut_back_goes_on_from_there(told: list[tuple[int, int]]) -> None:
    """Its last batch did not fit."""
    passing = Passing(-1)
    passing.grown(32 * MIB)
    passing.grown(24 * MIB)
    passing.grown(40 * MIB)
    assert told == [(0, 32), (24, 40)]


def test_what_comes_slowly_is_left_there(told: list[tuple[int, int]]) -> None:
    """And is not touched either when it comes fast later."""
    now = [0.0]
    passing = Passing(-1, lambda: now[0])
    for size in range(16, 65, 16):
        now[0] += 1
        passing.grown(size * MIB)
    assert told == []
    for size in range(80, 177, 16):
        passing.grown(size * MIB)
    assert told[0] == (64, 80)
    assert min(first for first, _ in told) == 64


def test_what_has_no_pages_is_no_error() -> None:
    """A pipe (ESPIPE, posix_fadvise(2))."""
    ends = os.pipe()
    Passing(ends[1]).grown(32 * MIB)
    for end in ends:
        os.close(end)
