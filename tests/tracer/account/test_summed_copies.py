"""What calls copied of which only sums are known, against what is counted of each by itself."""

from __future__ import annotations

import errno
from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tracer.account.vector_rows import ROWS
from tests.tracer.rows import TestRow, batch, row
from tests.tracer.summing import summed_up
from tracer.account.copies import Copies, account_copies
from tracer.account.summed import summed_copies, summed_of
from tracer.account.summed_copies import FIELDS
from tracer.syscalls.objects import Object


def by_sums(rows: list[TestRow]) -> dict[str, int]:
    """Copies by sums, and how many calls may have made more."""
    made = batch(summed_up(rows))
    summed = summed_of(made)
    assert summed is not None
    return dict(zip((*FIELDS, "unknown"), summed_copies(made, summed).sum(axis=1).tolist(), strict=True))


def one_by_one(rows: list[TestRow]) -> dict[str, int]:
    """The same of every call by itself."""
    counts = account_copies(batch(rows))
    return {field.name: int(np.sum(getattr(counts, field.name))) for field in fields(Copies)}


@pytest.mark.parametrize("key", ROWS)
def test_a_case_thrice_is_three_times_the_case_or_less_and_said_so(key: str) -> None:
    """Of the cases measured inside a kernel; never more than there was, and where it is less, that is known."""
    found = ROWS[key]
    made, thing = found if isinstance(found, tuple) else (found, Object.UNKNOWN)
    if thing is not Object.UNKNOWN:
        pytest.skip("whoever only has sums does not know what a descriptor is")
    sums, single = by_sums([made] * 3), one_by_one([made] * 3)
    for name in FIELDS:
        assert sums[name] <= single[name]
        assert sums[name] == single[name] or sums["unknown"] == 3


def test_reads_and_writes_are_exact() -> None:
    """Whatever the buffers, lengths and results."""
    rows = [row("read", 3, 0x1000 + i, 100 + i, result=i) for i in range(1, 50)]
    rows += [row("write", 4, 0x2000 + i, i, result=i) for i in range(1, 50)]
    rows += [row("read", 3, 0x1000, 100, result=0), row("read", 3, 0x1000, 100, result=-errno.EAGAIN)]
    assert by_sums(rows) == one_by_one(rows)
    assert by_sums(rows)["payload_out"] == sum(range(1, 50))


def test_structures_of_a_fixed_size_and_arrays_by_the_result_are_exact() -> None:
    """Pointers that differ but never are NULL; epoll_wait copies as many events as it returns."""
    rows = [row("fstat", i, 0x1000 * i) for i in range(1, 9)]
    rows += [row("epoll_wait", 5, 0x1000, 64, 7, result=i) for i in (1, 2, 17)]
    rows += [row("clock_gettime", 1, 0x5000 + i) for i in range(4)]
    sums = by_sums(rows)
    assert sums == one_by_one(rows)
    assert sums["unknown"] == 0


def test_a_pointer_that_was_null_at_times_leaves_it_open() -> None:
    """Nobody knows how often."""
    sums = by_sums([row("rt_sigprocmask", 0, 0, 0x1000 * (i % 2), 8) for i in range(4)])
    assert sums["unknown"] == 4


def test_faults_and_unknown_calls() -> None:
    """As everywhere: of these nobody can tell."""
    assert by_sums([row("read", 3, 0x1000, 10, result=-errno.EFAULT)] * 2)["unknown"] == 2
    assert by_sums([row(4000, 3, result=0)] * 2)["unknown"] == 2
    assert by_sums([row("read", 3, 0x1000, 10, result=-errno.ENOSYS)] * 2)["unknown"] == 0


def test_damaged_rows_are_left_out() -> None:
    """Without their item, or with one of another length."""
    whole = summed_up([row("getppid", result=1)])[0]
    torn = TestRow({**whole.columns, "memory": []})
    short = TestRow({**whole.columns, "memory": [{**whole.columns["memory"][0], "bytes": b"abc"}]})
    summed = summed_of(batch([torn, whole, short]))
    assert summed is not None
    assert summed.rows.tolist() == [1]


_CALLS = st.sampled_from(("read", "write", "epoll_wait", "poll", "recvfrom", "sendto", "readv", "fstat",
                          "getdents64", "pread64", "select", "accept", "nanosleep", "wait4"))  # fmt: skip
_ARGUMENT = st.sampled_from((0, 1, 3, 8, 64, 0x1000, 0x2000))


@settings(max_examples=200, deadline=None)
@given(_CALLS, st.lists(st.tuples(st.lists(_ARGUMENT, min_size=6, max_size=6), st.integers(-40, 200)), min_size=1))
def test_sums_never_tell_more_than_there_was(name: str, calls: list[tuple[list[int], int]]) -> None:
    """Whatever the arguments; and they tell all of it where nothing is said to be unknown."""
    rows = [row(name, *args, result=result) for args, result in calls]
    sums, single = by_sums(rows), one_by_one(rows)
    for each in FIELDS:
        assert sums["unknown"] > 0 or sums[each] == single[each]
    if not single["unknown"]:
        for each in FIELDS:
            assert sums[each] <= single[each]
