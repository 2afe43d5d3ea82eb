"""Counts of the kernel's programs: summed over CPUs, and told as what is new."""

from __future__ import annotations

import struct
import subprocess

import pytest

from tracer.capture.ebpf.top_reading import changes, has_gone, over_cpus, possible_cpus


@pytest.mark.parametrize(("text", "number"), [("0\n", 1), ("0-3\n", 4), ("0-1,8-11\n", 6), ("0,2,4\n", 3)])
def test_the_kernels_list_of_cpus(text: str, number: int) -> None:
    """A per-CPU map has a value for each."""
    assert possible_cpus(text) == number


def test_the_values_of_all_cpus_are_one() -> None:
    """Of each element by itself."""
    first = struct.pack("<6Q", 1, 2, 3, 4, 5, 6) + struct.pack("<6Q", 10, 20, 30, 40, 50, 1 << 40)
    second = struct.pack("<12Q", *[7] * 12)
    assert over_cpus(first + second, 2) == [(11, 22, 33, 44, 55, (1 << 40) + 6), (14,) * 6]
    assert over_cpus(b"", 0) == []


def test_who_has_gone() -> None:
    """A process that was not waited for is there; init is there for everybody."""
    with subprocess.Popen(["true"], stdout=subprocess.PIPE) as ending:
        assert ending.stdout is not None
        ending.stdout.read()
        assert not has_gone(ending.pid)
    assert has_gone(ending.pid)
    assert not has_gone(1)


def test_only_what_is_new_is_told() -> None:
    """A process that did nothing is left out; a new one has all of its counts."""
    before = {1: (5, 0, 0, 90, 0, 0), 2: (7, 1, 1, 10, 0, 0)}
    now = {1: (8, 0, 0, 100, 0, 0), 2: (7, 1, 1, 10, 0, 0), 3: (1, 0, 0, 3, 0, 0), 4: (0,) * 6}
    assert changes(before, now) == {1: (3, 0, 0, 10, 0, 0), 3: (1, 0, 0, 3, 0, 0)}


def test_a_number_that_was_used_again() -> None:
    """Nothing is ever negative: another process began to count from nothing."""
    assert changes({1: (500, 0, 0, 900, 0, 0)}, {1: (3, 1, 0, 20, 0, 0)}) == {1: (3, 1, 0, 20, 0, 0)}
