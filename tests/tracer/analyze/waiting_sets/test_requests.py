"""Requests to io_uring and native AIO: what was in flight at a return, and what was answered."""

from __future__ import annotations

import errno
import struct
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tracer.analyze.waiting import begin, cuts, lives_of
from tests.tracer.rows import ENTRY, EXIT, TestRow, completed, piece, row, submission, submitted
from tracer.analyze.descriptors.lives import DescriptorLives
from tracer.analyze.waiting_sets.asked import Requests
from tracer.analyze.waiting_sets.waiting_sets import Family, WaitReturn
from tracer.syscalls.ring_entries import COMPLETION
from tracer.wire import RING_COMPLETION, RING_SUBMISSION, Kind, Reason

RING, CONTEXT = 3, 0x7F0000001000
GETEVENTS, MORE, NOTICE, SILENT, FIXED = 1, 2, 8, 64, 1


def one(lives: DescriptorLives, number: int, waiter: int = 0) -> tuple[WaitReturn, Requests]:
    """A return that is there, and its requests."""
    found = lives.waiting.one(waiter, number)
    assert found is not None
    assert isinstance(found.watched, Requests)
    return found, found.watched


def told(requests: Requests) -> tuple[list[tuple[str, int, int | None]], list[tuple[str, int, bool]]]:
    """(operation, data, result) of the answered ones, (operation, data, new) of those in flight."""
    return (
        [(each.operation, each.data, each.result) for each in requests.answered],
        [(each.operation, each.data, each.new) for each in requests.flying],
    )


def ring() -> TestRow:
    """io_uring_setup."""
    return row("io_uring_setup", 8, 0x500, result=RING)


def enter(*memory: dict[str, int | bytes], taken: int = 0, wait: int = 0, **columns: Any) -> TestRow:
    """io_uring_enter."""
    flags = GETEVENTS if wait else 0
    return row("io_uring_enter", RING, taken, wait, flags, result=taken, memory=memory, **columns)


def entry(number: int, opcode: str = "READ", fd: int = 5, **fields: int) -> bytes:
    """A submission whose user_data is `number`."""
    return submission(opcode, fd, **{"user_data": number, "len": 61, **fields})


def end() -> TestRow:
    """The thread is gone: all before is settled."""
    return row("exit", 0, kind=Kind.ENTERED)


URING = [
    begin(), ring(),
    enter(submitted(entry(1)), submitted(entry(2, "ACCEPT")), taken=2, at_ns=100, wall_ns=10),
    row("getpid", result=1, memory=[completed(61, entry(1))], at_ns=200, wall_ns=5),
    enter(submitted(entry(3)), taken=1, wait=1, at_ns=300, wall_ns=10),
    enter(completed(-errno.EAGAIN, entry(3)), completed(7, entry(2, "ACCEPT")), wait=2, at_ns=400, wall_ns=20),
    enter(wait=1, at_ns=500, wall_ns=1),
    end(),
]  # fmt: skip


@pytest.mark.parametrize("batches", cuts(URING))
def test_a_ring_however_the_rows_fall_into_batches(batches: list[list[TestRow]]) -> None:
    lives = lives_of(batches)
    (waiter,) = lives.waiting.waiters()
    assert (waiter.family, waiter.fd, waiter.returns, waiter.timeouts, waiter.failed) == (
        Family.URING,
        RING,
        4,
        0,
        0,
    )
    first, second, third, last = (one(lives, number)[1] for number in range(4))
    assert told(first) == ([], [("READ", 1, True), ("ACCEPT", 2, True)])
    assert (first.handed, first.wanted) == (2, 0)
    assert told(second) == ([("READ", 1, 61)], [("ACCEPT", 2, False), ("READ", 3, True)])
    assert (second.handed, second.wanted) == (1, 1)
    assert told(third) == ([("READ", 3, -errno.EAGAIN), ("ACCEPT", 2, 7)], [])
    assert [each.waited_ns for each in third.answered] == [120, 320]
    assert [each.waited_ns for each in second.answered] == [105], "seen at a call that is not of the ring"
    assert (told(last), last.handed, last.wanted) == (([], []), 0, 1)
    assert lives.waiting.useless(0, 0, 1) is None


def test_what_the_call_did_not_take_is_not_in_flight() -> None:
    """It is handed over again by the next one."""
    again = submitted(entry(2))
    rows = [begin(), ring(), enter(submitted(entry(1)), again, taken=1), enter(again, taken=1), end()]
    lives = lives_of([rows])
    assert told(one(lives, 0)[1])[1] == [("READ", 1, True)]
    assert told(one(lives, 1)[1])[1] == [("READ", 1, False), ("READ", 2, True)]


def test_an_answer_recorded_before_its_submission_leaves_nothing_in_flight() -> None:
    rows = [begin(), ring(), enter(completed(61, entry(1)), wait=1), enter(submitted(entry(1)), taken=1), end()]
    lives = lives_of([rows])
    assert told(one(lives, 0)[1]) == ([("READ", 1, 61)], [])
    assert told(one(lives, 1)[1]) == ([], [])


def test_a_multishot_request_stays_in_flight_until_its_last_answer() -> None:
    many = entry(1, "ACCEPT")
    rows = [
        begin(), ring(),
        enter(submitted(many), completed(7, many, MORE), completed(8, many, MORE), taken=1, wait=1),
        enter(completed(-errno.ECANCELED, many), wait=1), end(),
    ]  # fmt: skip
    lives = lives_of([rows])
    assert told(one(lives, 0)[1]) == ([("ACCEPT", 1, 7), ("ACCEPT", 1, 8)], [("ACCEPT", 1, True)])
    assert told(one(lives, 1)[1]) == ([("ACCEPT", 1, -errno.ECANCELED)], [])


def test_a_zero_copy_send_is_answered_once_and_a_quiet_request_is_not_awaited() -> None:
    send = entry(1, "SEND_ZC")
    quiet = entry(2, "WRITE", flags=SILENT)
    rows = [
        begin(), ring(),
        enter(submitted(send), submitted(quiet), completed(61, send, MORE), completed(0, send, NOTICE), taken=2),
        end(),
    ]  # fmt: skip
    assert told(one(lives_of([rows]), 0)[1]) == ([("SEND_ZC", 1, 61)], [])


def test_what_a_kernel_thread_took_and_what_was_overwritten() -> None:
    polled = piece(RING_SUBMISSION, EXIT, 0x7000, entry(1, flags=FIXED, fd=2))
    lost = piece(RING_COMPLETION, EXIT, 0, b"", Reason.NOT_CAPTURED)
    lives = lives_of([[begin(), ring(), enter(polled, lost, wait=1), end()]])
    _, requests = one(lives, 0)
    (flying,) = requests.flying
    assert (flying.fd, flying.fixed, flying.result) == (2, True, None)
    assert "overwritten" in requests.unread


def test_an_answer_whose_submission_was_not_seen() -> None:
    bare = piece(RING_COMPLETION, EXIT, 0x8000, COMPLETION.pack(17, 5, 0))
    _, requests = one(lives_of([[begin(), ring(), enter(bare, wait=1), end()]]), 0)
    (answer,) = requests.answered
    assert (answer.operation, answer.fd, answer.data, answer.submitted_ns, answer.result) == ("", None, 17, None, 5)


def submit(*numbers: int, taken: int | None = None, context: int = CONTEXT, **columns: Any) -> TestRow:
    """io_submit of PREADs on descriptor 5 whose iocbs lie at 64 times their number."""
    addresses = b"".join(struct.pack("<Q", 64 * number) for number in numbers)
    blocks = [
        piece(2, ENTRY, 64 * number, struct.pack("<QIiHhIQQqQII", 0, 0, 0, 0, 0, 5, 0x9000, 61, 0, 0, 0, 0))
        for number in numbers
    ]
    result = len(numbers) if taken is None else taken
    memory = [piece(2, ENTRY, 0x2000, addresses), *blocks]
    return row("io_submit", context, len(numbers), 0x2000, result=result, memory=memory, **columns)


def collect(*events: tuple[int, int], wait: int = 1, context: int = CONTEXT, **columns: Any) -> TestRow:
    """io_getevents that brings (number, result)."""
    data = b"".join(struct.pack("<QQqq", 0, 64 * number, result, 0) for number, result in events)
    memory = [piece(3, EXIT, 0x3000, data)] if events else []
    return row("io_getevents", context, wait, 8, 0x3000, 0, result=len(events), memory=memory, **columns)


AIO = [
    begin(), submit(1, 2, 3, taken=2, at_ns=100, wall_ns=5), collect((2, 61), at_ns=200, wall_ns=10),
    submit(3, at_ns=300, wall_ns=5), collect(wait=0, at_ns=400, wall_ns=1),
    submit(7, context=CONTEXT + 1), collect((7, 3), context=CONTEXT + 1),
    row("io_destroy", CONTEXT, result=0), collect(wait=0), end(),
]  # fmt: skip


@pytest.mark.parametrize("batches", cuts(AIO))
def test_contexts_of_native_aio(batches: list[list[TestRow]]) -> None:
    lives = lives_of(batches)
    first, second = lives.waiting.waiters()
    assert (first.family, first.context, first.returns, first.wakeups, first.ready) == (
        Family.AIO,
        CONTEXT,
        3,
        1,
        1,
    )
    assert (first.timeouts, first.pid, first.tids) == (2, 4241, (4241,))
    assert (second.context, second.returns, second.ready) == (CONTEXT + 1, 1, 1)
    ret, requests = one(lives, 0, first.number)
    assert told(requests) == ([("PREAD", 128, 61)], [("PREAD", 64, True)])
    assert (requests.wanted, requests.handed, requests.answered[0].waited_ns) == (1, 2, 110)
    assert (ret.settled, ret.brought) == (True, ())
    assert told(one(lives, 1, first.number)[1]) == ([], [("PREAD", 64, False), ("PREAD", 192, True)])
    assert told(one(lives, 2, first.number)[1]) == ([], []), "the context is gone"


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=30), st.integers(0, 40))
def test_as_many_are_in_flight_as_were_taken_and_not_answered(steps: list[tuple[int, int]], cut: int) -> None:
    """At every return, however the recording is cut: nothing is lost, nothing counts twice."""
    rows, flying, expected, number = [begin(), ring()], list[int](), list[int](), 0
    for more, fewer in steps:
        new = list(range(number, number + more))
        number += more
        flying += new
        answered, flying = flying[:fewer], flying[fewer:]
        memory = [submitted(entry(each)) for each in new] + [completed(61, entry(each)) for each in answered]
        rows.append(enter(*memory, taken=more, wait=1))
        expected.append(len(flying))
    rows.append(end())
    lives = lives_of([part for part in (rows[:cut], rows[cut:]) if part])
    assert [len(one(lives, place)[1].flying) for place in range(len(expected))] == expected
