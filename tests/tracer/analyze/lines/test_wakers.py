"""What ended a wait: found where the trace tells, and said to be unknown where it does not."""

from __future__ import annotations

import errno

import pytest

from tests.tracer.analyze.filter.known import OTHER, PID, born, call, pipe, taken
from tests.tui.batches import BEGAN, Fields
from tracer.analyze.lines.wakers import transferred_after, waker_of
from tracer.wire import Kind

THREAD = PID + 1
BIRTHS = (born(0, PID, "main"), born(1, THREAD, "worker"), pipe(10, 3, 4))
WAIT, WAKE, PRIVATE = 0, 1, 128


def event(kind: Kind, at_ns: int, tid: int, pid: int = PID, **fields: int) -> Fields:
    return {"kind": kind, "pid": pid, "tid": tid, "at_ns": BEGAN + at_ns, **fields}


def waker(*rows: Fields, of: int) -> tuple[int | None, str]:
    """What is found about line `of` of the births and `rows`."""
    found = waker_of(taken(*BIRTHS, *rows), of)
    return found.line, found.why


SLEPT = call("read", 1_000, 3, 0x5000, 64, result=5, blocked=9_000)


def test_a_read_is_woken_by_the_first_write_at_the_other_end() -> None:
    """Not by one before it, nor by one on another descriptor, nor by one that failed."""
    rows = (
        call("write", 500, 4, 0x5000, 5, result=5, tid=THREAD),
        call("write", 2_000, 1, 0x5000, 5, result=5, tid=THREAD),
        call("write", 3_000, 4, 0, 5, result=-errno.EFAULT, tid=THREAD),
        call("write", 4_000, 4, 0x5000, 5, result=5, tid=THREAD),
        call("write", 6_000, 4, 0x5000, 5, result=5, tid=THREAD),
        SLEPT,
    )
    assert waker(*rows, of=8) == (6, "")


def test_the_write_may_have_ended_after_the_read() -> None:
    """It only must have begun before."""
    assert waker(SLEPT, call("write", 9_900, 4, 0x5000, 5, result=5, tid=THREAD, kernel=900), of=3) == (4, "")
    assert waker(SLEPT, call("write", 10_100, 4, 0x5000, 5, result=5, tid=THREAD), of=3)[0] is None


def test_an_end_of_file_comes_from_the_last_close() -> None:
    """Not from what was written before."""
    rows = (
        call("write", 2_000, 4, 0x5000, 5, result=5, tid=THREAD),
        call("close", 3_000, 4, tid=THREAD),
        {**SLEPT, "result": 0},
    )
    line, why = waker(*rows, of=5)
    assert line == 4
    assert "closed" in why


def test_a_writer_is_woken_by_a_reader() -> None:
    """The other way round."""
    rows = (
        call("read", 2_000, 3, 0x5000, 64, result=64, tid=THREAD),
        call("write", 1_000, 4, 0x5000, 9, result=9, blocked=5_000),
    )
    assert waker(*rows, of=4) == (3, "")


def test_a_wait_is_woken_through_the_descriptor_it_then_reads() -> None:
    """poll tells nothing of other ends; what is read next does."""
    rows = (
        call("write", 2_000, 4, 0x5000, 5, result=5, tid=THREAD),
        call("poll", 1_000, 0x6000, 1, 0xFFFFFFFF, result=1, blocked=4_000),
        call("read", 7_000, 3, 0x5000, 64, result=5),
    )
    known = taken(*BIRTHS, *rows)
    assert waker_of(known, 4).line == 3
    assert transferred_after(known, 4).line == 5
    assert transferred_after(known, 5).line is None


def test_what_was_transferred_after_the_next_wait_is_not_counted() -> None:
    """Nor what another thread transferred."""
    wait = call("poll", 1_000, 0x6000, 1, 0xFFFFFFFF, result=1, blocked=4_000)
    rows = (wait, call("read", 6_000, 3, 0x5000, 9, result=5, tid=THREAD), {**wait, "at_ns": BEGAN + 7_000}, SLEPT)
    known = taken(*BIRTHS, *rows)
    assert transferred_after(known, 3).line is None
    assert transferred_after(known, 5).line == 6
    assert "not known" in waker_of(known, 3).why


def test_a_futex_is_woken_by_the_last_wake_of_its_word() -> None:
    """Of the same process, with somebody to wake."""
    rows = (
        call("futex", 2_000, 0x7000, WAKE | PRIVATE, 1, result=0, tid=THREAD),
        call("futex", 3_000, 0x7000, WAKE | PRIVATE, 1, result=1, tid=THREAD),
        call("futex", 4_000, 0x8000, WAKE | PRIVATE, 1, result=1, tid=THREAD),
        call("futex", 4_500, 0x7000, WAKE | PRIVATE, 1, result=1, tid=OTHER, pid=OTHER),
        call("futex", 1_000, 0x7000, WAIT | PRIVATE, 0, blocked=5_000),
    )
    assert waker(*rows, of=7) == (4, "")


def test_a_join_is_woken_by_the_end_of_the_thread() -> None:
    """The kernel wakes the word at its tid."""
    rows = (event(Kind.EXIT, 3_000, THREAD), call("futex", 1_000, 0x7000, WAIT, 0, blocked=5_000))
    line, why = waker(*rows, of=4)
    assert line == 3
    assert "ended" in why


def test_a_parent_is_woken_by_the_end_of_its_child() -> None:
    """Of the one that was returned."""
    rows = (
        born(100, OTHER, "child", OTHER),
        born(101, OTHER + 1, "child", OTHER + 1),
        event(Kind.EXIT, 3_000, OTHER, OTHER),
        event(Kind.EXIT, 4_000, OTHER + 1, OTHER + 1),
        call("wait4", 1_000, 0xFFFFFFFF, result=OTHER, blocked=5_000),
    )
    assert waker(*rows, of=7) == (5, "")


def test_an_interrupted_call_leads_to_its_signal() -> None:
    """That of its own thread."""
    rows = (
        call("pause", 1_000, result=-514, blocked=5_000),
        event(Kind.SIGNAL, 6_000, THREAD, nr=14),
        event(Kind.SIGNAL, 6_001, PID, nr=14),
    )
    assert waker(*rows, of=3) == (5, "")
    assert "not in the recording" in waker(rows[0], call("getpid", 7_000, result=PID), of=3)[1]


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (call("read", 1_000, 3, 0x5000, 64, result=5, kernel=100), "did not sleep"),
        (call("nanosleep", 1_000, 0x6000, blocked=5_000), "its time was over"),
        (call("poll", 1_000, 0x6000, 1, 5, result=0, blocked=5_000), "its time was over"),
        (call("futex", 1_000, 0x7000, WAIT, result=-errno.ETIMEDOUT, blocked=5_000), "its time was over"),
        (call("futex", 1_000, 0x7000, WAIT, blocked=5_000), "outside this recording"),
        (call("read", 1_000, 9, 0x5000, 64, result=5, blocked=5_000), "not in this recording"),
        (SLEPT, "No traced call on the other end"),
        (call("wait4", 1_000, 0xFFFFFFFF, result=77, blocked=5_000), "not in this recording"),
        (event(Kind.SIGNAL, 1_000, PID, nr=14), "event"),
    ],
)
def test_what_is_not_known_is_said(row: Fields, words: str) -> None:
    """And why."""
    line, why = waker(row, of=3)
    assert line is None
    assert words in why
