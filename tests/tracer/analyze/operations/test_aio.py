"""glibc's POSIX AIO unmasked: which threads are its helpers, who asked, who worked, and how it was told."""

from __future__ import annotations

import errno
import struct
from collections.abc import Sequence

import pytest

from tests.tracer.analyze.operating import PID, cut, operations
from tests.tracer.rows import ENTRY, TestRow, piece, row
from tracer.analyze.operations.results import Operation
from tracer.wire import NO_ARG, Kind, Spawn

HELPER, OTHER, THIRD = 4243, 4253, 4259
SMALL, ORDINARY = 24576, 8 << 20
SETMASK, ALL_BLOCKED, NONE_BLOCKED = 2, 0xFFFFFFFE7FFBFEFF, 0
WAKE, WAIT, WAIT_BITSET, PRIVATE, REALTIME = 1, 0, 9, 128, 256
IDLE, MUTEX, SLEEPER = 0x7000, 0x7100, 0x9000
SI_ASYNCIO = -4


def spawn(tid: int, at: int, parent: int = PID) -> TestRow:
    return row(int(Spawn.CLONE), parent, PID, kind=Kind.SPAWN, tid=tid, at_ns=at)


def clone(tid: int, at: int, stack: int = SMALL, by: int = PID) -> TestRow:
    memory = [piece(0, ENTRY, 0x5000, struct.pack("<11Q", 0, 0, 0, 0, 0, 0, stack, 0, 0, 0, 0))]
    return row("clone3", 0x5000, 88, result=tid, tid=by, at_ns=at, memory=memory)


def mask(tid: int, blocked: int, at: int) -> TestRow:
    return row(
        "rt_sigprocmask", SETMASK, 0x6000, 0, 8, tid=tid, at_ns=at,
        memory=[piece(1, ENTRY, 0x6000, struct.pack("<Q", blocked))],
    )  # fmt: skip


def born(tid: int = HELPER, at: int = 10, stack: int = SMALL, by: int = PID) -> list[TestRow]:
    return [spawn(tid, at + 1, by), clone(tid, at, stack, by), mask(tid, ALL_BLOCKED, at + 2)]


def transfer(name: str, tid: int, fd: int, result: int, at: int, wall: int = 3) -> TestRow:
    return row(name, fd, 0x8000, 61, 0, result=result, tid=tid, at_ns=at, wall_ns=wall)


def pipe_read(tid: int, at: int, result: int = 61, fd: int = 5, wall: int = 100) -> list[TestRow]:
    tried = transfer("pread64", tid, fd, -errno.ESPIPE, at)
    return [tried, transfer("read", tid, fd, result, at + 5, wall)]


def futex(tid: int, word: int, operation: int, result: int, at: int, wall: int = 1) -> TestRow:
    return row("futex", word, operation, 1, result=result, tid=tid, at_ns=at, wall_ns=wall)


def idle(tid: int, at: int) -> TestRow:
    return futex(tid, IDLE, WAIT_BITSET | PRIVATE | REALTIME, 0, at)


def wake(at: int, word: int = IDLE, by: int = PID) -> TestRow:
    return futex(by, word, WAKE | PRIVATE, 1, at)


def info(value: int, number: int = 37) -> bytes:
    return struct.pack("<iii4xiiQ", number, 0, SI_ASYNCIO, PID, 0, value).ljust(128, b"\0")


def queue(tid: int, at: int, value: int) -> TestRow:
    memory = [piece(2, ENTRY, 0xA000, info(value))]
    return row("rt_sigqueueinfo", PID, 37, 0xA000, tid=tid, at_ns=at, memory=memory)


def deliver(at: int, value: int) -> TestRow:
    memory = [piece(NO_ARG, ENTRY, 0, info(value))]
    return row(37, SI_ASYNCIO, kind=Kind.SIGNAL, at_ns=at, memory=memory)


def told(found: Sequence[Operation]) -> list[tuple[str, int | None]]:
    return [(each.notified, each.notified_ns) for each in found]


def test_the_first_request_was_handed_over_by_the_clone() -> None:
    (found,) = operations(*born(), *pipe_read(HELPER, 20))
    assert (found.kind, found.name, found.pid, found.tid, found.worker) == (
        "posix-aio",
        "aio_read",
        PID,
        PID,
        HELPER,
    )
    assert (found.fd, found.buffer, found.length, found.result, found.bytes) == (5, 0x8000, 61, 61, 61)
    assert (found.submitted_ns, found.began_ns, found.completed_ns, found.latency_ns) == (10, 20, 125, 115)
    assert (found.notified, found.inferred, found.inline) == ("", ("request", "submission"), None)


def test_the_clone_may_be_recorded_last() -> None:
    first, second, third = born()
    assert operations(first, third, *pipe_read(HELPER, 20), second) == operations(*born(), *pipe_read(HELPER, 20))


@pytest.mark.parametrize(
    ("call", "name"), [("pread64", "aio_read"), ("pwrite64", "aio_write"), ("fdatasync", "aio_fsync"),
                       ("fsync", "aio_fsync")],
)  # fmt: skip
def test_files_need_no_second_try(call: str, name: str) -> None:
    result = 0 if name == "aio_fsync" else 61
    (found,) = operations(*born(), transfer(call, HELPER, 5, result, 20))
    assert (found.name, found.bytes, found.completed_ns) == (name, result, 23)


def test_a_failed_request_is_one_too() -> None:
    (found,) = operations(*born(), transfer("pread64", HELPER, 5, -errno.EIO, 20))
    assert (found.result, found.bytes) == (-errno.EIO, 0)


def test_an_ordinary_thread_is_no_helper() -> None:
    assert operations(*born(stack=ORDINARY), *pipe_read(HELPER, 20)) == []
    first, second, third = born(stack=ORDINARY)
    assert operations(first, third, *pipe_read(HELPER, 20), second) == []


def test_a_thread_that_lets_signals_in_is_no_helper() -> None:
    rows = [spawn(HELPER, 11), clone(HELPER, 10), mask(HELPER, NONE_BLOCKED, 12)]
    assert operations(*rows, transfer("pread64", HELPER, 5, 61, 20)) == []


def test_a_small_thread_that_begins_with_a_plain_read_is_no_helper() -> None:
    assert operations(*born(), transfer("read", HELPER, 5, 61, 20), transfer("pread64", HELPER, 5, 61, 30)) == []


def test_a_helper_that_was_there_before_the_trace_is_known_by_its_second_try() -> None:
    (found,) = operations(*pipe_read(HELPER, 20))
    assert (found.bytes, found.tid, found.submitted_ns, found.inferred) == (61, None, None, ("request",))
    assert operations(*pipe_read(PID, 20)) == [], "the main thread is the program's own"


def test_later_requests_were_handed_over_by_wakes_first_come_first_served() -> None:
    rows = [*born(), *pipe_read(HELPER, 20)]
    for number in range(23):
        at = 1000 * (number + 1)
        rows += [wake(at), idle(HELPER, at - 500), *pipe_read(HELPER, at + 7)]
    found = operations(*rows)
    assert [each.submitted_ns for each in found] == [10, *range(1000, 23001, 1000)]
    assert {each.tid for each in found} == {PID}


def test_a_request_nobody_was_woken_for_has_no_submission() -> None:
    found = operations(*born(), *pipe_read(HELPER, 20), *pipe_read(HELPER, 200), wake(300), idle(HELPER, 150),
                       *pipe_read(HELPER, 400))  # fmt: skip
    assert [each.submitted_ns for each in found] == [10, None, 300]


def test_wakes_on_other_words_hand_nothing_over() -> None:
    lock = futex(HELPER, MUTEX, WAIT | PRIVATE, 0, 180)
    found = operations(*born(), *pipe_read(HELPER, 20), wake(190, MUTEX), lock, *pipe_read(HELPER, 200))
    assert [each.submitted_ns for each in found] == [10, None]


def test_a_signal_is_told_when_it_is_delivered() -> None:
    found = operations(*born(), *pipe_read(HELPER, 20), queue(HELPER, 130, 7), deliver(150, 7))
    assert told(found) == [("signal SIGRT_5", 150)]
    assert "notification" not in found[0].inferred


def test_signals_find_their_request_by_its_value_even_after_the_next_began() -> None:
    found = operations(
        *born(), *born(OTHER, 13), *pipe_read(HELPER, 20), *pipe_read(OTHER, 21), queue(HELPER, 130, 7),
        queue(OTHER, 131, 11), *pipe_read(HELPER, 140), deliver(300, 11), deliver(301, 7),
    )  # fmt: skip
    assert sorted((each.worker, each.notified_ns) for each in found if each.notified) == [
        (HELPER, 301),
        (OTHER, 300),
    ]


def test_a_signal_that_never_came_was_queued_at_least() -> None:
    found = operations(*born(), *pipe_read(HELPER, 20), queue(HELPER, 130, 7))
    assert told(found) == [("signal SIGRT_5", 130)]


@pytest.mark.parametrize("late", [False, True])
def test_a_thread_that_lets_signals_in_tells_of_the_request(late: bool) -> None:
    """Its first stop may name the wrong parent, and its clone may be recorded after all it did."""
    made = clone(OTHER, 130, ORDINARY, HELPER)
    child = [spawn(OTHER, 131, PID), mask(OTHER, ALL_BLOCKED, 132), mask(OTHER, NONE_BLOCKED, 133)]
    rows = [*child, made] if late else [made, *child]
    found = operations(*born(), *pipe_read(HELPER, 20), *rows)
    assert told(found) == [(f"thread {OTHER}", 130)]
    assert "notification" in found[0].inferred
    assert operations(*born(), *pipe_read(HELPER, 20), *rows, *pipe_read(HELPER, 200))[0] == found[0]


def test_a_helper_may_start_another_helper_which_tells_nothing() -> None:
    found = operations(*born(), *pipe_read(HELPER, 20), *born(OTHER, 130, ORDINARY, HELPER), *pipe_read(OTHER, 140))
    assert told(found) == [("", None)] * 2
    assert sorted((each.worker, each.submitted_ns) for each in found) == [(HELPER, 10), (OTHER, None)]


def test_a_helper_may_start_another_one_before_it_does_anything_itself() -> None:
    """It blocks all signals around the clone; and what it wakes hands nothing over."""
    around = row(
        "rt_sigprocmask", 0, 0x6000, 0, 8, tid=OTHER, at_ns=133, memory=[piece(1, ENTRY, 0x6000, b"\xff" * 8)]
    )
    found = operations(
        *born(), *pipe_read(HELPER, 20), *born(OTHER, 130, ORDINARY, HELPER), around,
        *born(THIRD, 140, ORDINARY, OTHER), wake(145, IDLE, OTHER), idle(HELPER, 144), *pipe_read(OTHER, 150),
        *pipe_read(THIRD, 160),
    )  # fmt: skip
    assert sorted((each.worker, each.tid) for each in found) == [(HELPER, PID), (OTHER, None), (THIRD, None)]


def test_who_sleeps_in_aio_suspend_is_woken_by_the_helper() -> None:
    lock = [futex(HELPER, MUTEX, WAIT | PRIVATE, 0, 126), wake(128, MUTEX, HELPER)]
    slept = futex(PID, SLEEPER, WAIT_BITSET | PRIVATE, 0, 19, 112)
    found = operations(*born(), *pipe_read(HELPER, 20), *lock, wake(130, SLEEPER, HELPER), slept)
    assert told(found) == [("aio_suspend", 130)]
    assert told(operations(*born(), *pipe_read(HELPER, 20), *lock, slept)) == [("", None)]


def test_a_request_a_helper_was_still_at_is_pending() -> None:
    tried, reading = pipe_read(HELPER, 20)
    reading.columns["kind"] = int(Kind.ENTERED)
    (found,) = operations(*born(), tried, reading)
    assert (found.began_ns, found.completed_ns, found.result, found.bytes) == (20, None, None, 0)
    assert operations(*born(), tried, reading, pipe_read(HELPER, 20)[1]) == operations(
        *born(), *pipe_read(HELPER, 20)
    )


@pytest.mark.parametrize("at", range(0, 17, 2))
def test_batches_do_not_matter(at: int) -> None:
    rows = [
        *born(), *born(OTHER, 13), *pipe_read(HELPER, 20), *pipe_read(OTHER, 21), queue(HELPER, 130, 7),
        deliver(150, 7), wake(160), idle(HELPER, 140), *pipe_read(HELPER, 170), *born(THIRD, 300, ORDINARY, OTHER),
        mask(THIRD, NONE_BLOCKED, 310),
    ]  # fmt: skip
    assert len(operations(*rows)) == 3
    assert cut(rows, at) == operations(*rows)
