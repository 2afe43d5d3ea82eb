"""io_uring operations out of ring entries: joined, counted once, and told apart by how they were carried out."""

from __future__ import annotations

import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tracer.analyze.operating import PID, cut, operations
from tests.tracer.rows import ENTRY, EXIT, TestRow, completed, piece, row, submission, submitted
from tracer.wire import RING_COMPLETION, Kind, Reason

ENTER = 3
MORE, NOTICE, BUFFER = 2, 8, 1
FIXED, LINK, ASYNC, SELECT, SILENT = 1, 4, 16, 32, 64


def enter(*memory: dict[str, int | bytes], result: int = 0, **columns: Any) -> TestRow:
    return row("io_uring_enter", ENTER, result, 0, 0, result=result, memory=memory, **columns)


def entry(number: int, opcode: str = "READ", fd: int = 5, **fields: int) -> bytes:
    return submission(opcode, fd, **{"user_data": number, "len": 61, **fields})


def test_a_request_completed_in_the_call_that_submitted_it_is_inline() -> None:
    (found,) = operations(enter(submitted(entry(1)), completed(61, entry(1)), result=1, at_ns=100, wall_ns=23))
    assert (found.kind, found.number, found.name, found.pid, found.tid, found.fd) == (
        "io_uring", 1, "READ", PID, PID, 5,
    )  # fmt: skip
    assert (found.submitted_ns, found.completed_ns, found.latency_ns) == (100, 123, 23)
    assert (found.result, found.bytes, found.length, found.buffer) == (61, 61, 61, 0x10000)
    assert (found.inline, found.notified, found.flags, found.inferred) == (True, "completion ring", (), ())


@pytest.mark.parametrize(("when", "seen_ns"), [(ENTRY, 200), (EXIT, 207)])
def test_a_completion_seen_at_a_later_call_is_not_inline(when: int, seen_ns: int) -> None:
    (found,) = operations(
        enter(submitted(entry(1)), result=1, at_ns=100, wall_ns=7),
        row("read", 9, 0, 5, memory=[completed(61, entry(1), when=when)], at_ns=200, wall_ns=7),
    )
    assert (found.completed_ns, found.inline) == (seen_ns, False)


def test_only_what_the_call_took_was_submitted() -> None:
    rows = [submitted(entry(number)) for number in range(5)]
    found = operations(enter(*rows, result=3))
    assert [(each.completed_ns, each.notified) for each in found] == [(None, "")] * 3
    assert operations(enter(*rows, result=-4)) == []


def test_twenty_three_requests_that_look_alike_are_twenty_three_operations() -> None:
    rows = [enter(submitted(entry(0)), result=1, at_ns=number) for number in range(23)]
    answers = enter(*[completed(number, entry(0)) for number in range(19)], at_ns=100)
    found = operations(*rows, answers)
    assert [each.submitted_ns for each in found] == list(range(23))
    assert [each.result for each in found] == [*range(19), *[None] * 4]
    assert [each.number for each in found] == list(range(1, 24))


def test_a_completion_recorded_before_the_call_that_submitted_returned_is_joined() -> None:
    (found,) = operations(
        row("futex", 0x1000, 1, 1, tid=7, at_ns=150, wall_ns=3, memory=[completed(61, entry(1))]),
        enter(submitted(entry(1)), result=1, at_ns=100, wall_ns=1000),
    )
    assert (found.tid, found.submitted_ns, found.completed_ns, found.inline) == (PID, 100, 153, False)


def test_a_completion_before_its_submission_answers_another() -> None:
    found = operations(
        row("futex", 0x1000, 1, 1, at_ns=50, wall_ns=3, memory=[completed(61, entry(1))]),
        enter(submitted(entry(1)), result=1, at_ns=100),
    )
    assert sorted((each.completed_ns is None, each.submitted_ns, each.bytes) for each in found) == [
        (False, None, 61), (True, 100, 0),
    ]  # fmt: skip


def test_a_completion_without_a_submission_is_not_taken_for_bytes() -> None:
    (found,) = operations(enter(completed(61)))
    assert (found.name, found.result, found.bytes, found.fd) == ("unknown", 61, 0, None)
    assert found.flags == ("submission not seen",)


def test_multishot_answers_are_operations_without_a_latency() -> None:
    again = entry(1, "RECV", ioprio=2)
    found = operations(
        enter(
            submitted(again), *[completed(13, again, flags=MORE) for _ in range(5)], completed(0, again), result=1
        )
    )
    assert [each.bytes for each in found] == [13] * 5 + [0]
    assert {(each.latency_ns, each.flags) for each in found} == {(None, ("multishot",))}


def test_a_zero_copy_send_is_one_operation() -> None:
    sent = entry(1, "SEND_ZC")
    (found,) = operations(
        enter(submitted(sent), completed(61, sent, flags=MORE), result=1, at_ns=1, wall_ns=2),
        enter(completed(0, sent, flags=NOTICE), at_ns=9),
    )
    assert (found.bytes, found.latency_ns, found.flags) == (61, 2, ("zero-copy",))


@pytest.mark.parametrize(
    ("made", "flags"),
    [
        (entry(1, flags=LINK), ("linked",)),
        (entry(1, flags=ASYNC), ("forced to a worker",)),
        (entry(1, flags=FIXED), ("registered file",)),
        (entry(1, "READ_FIXED"), ("registered buffer",)),
        (entry(1, "POLL_ADD", len=1), ("multishot",)),
        (entry(1, flags=LINK | SELECT), ("linked", "provided buffer")),
        (entry(1), ()),
    ],
)
def test_how_it_is_special_is_named(made: bytes, flags: tuple[str, ...]) -> None:
    (found,) = operations(enter(submitted(made), completed(0, made), result=1))
    assert found.flags == flags


def test_a_provided_buffer_is_named_by_its_number() -> None:
    made = entry(1, "RECV", flags=SELECT)
    (found,) = operations(enter(submitted(made), completed(7, made, flags=19 << 16 | BUFFER), result=1))
    assert (found.buffer, found.bytes) == (19, 7)


def test_a_registered_file_is_the_descriptor_it_was_registered_for() -> None:
    table = piece(2, ENTRY, 0x5000, struct.pack("<3i", 11, -1, 13))
    made = entry(1, fd=2, flags=FIXED)
    ask = enter(submitted(made), completed(7, made), result=1)
    (found,) = operations(row("io_uring_register", ENTER, 2, 0x5000, 3, memory=[table]), ask)
    assert found.fd == 13
    assert [each.fd for each in operations(ask)] == [None]


def test_who_asked_for_no_completion_is_told_so() -> None:
    (found,) = operations(enter(submitted(entry(1, flags=SILENT)), result=1))
    assert found.flags == ("no completion asked for",)


def test_what_a_kernel_thread_took_was_submitted_without_a_call() -> None:
    taken = {**submitted(entry(1)), "when": EXIT}
    (found,) = operations(enter(taken, completed(61, entry(1)), at_ns=100, wall_ns=7))
    assert (found.flags, found.inferred) == (("submitted without a call",), ("submission",))
    assert (found.inline, found.caller_ns, found.latency_ns) == (False, 0, 7)
    (elsewhere,) = operations(row("getpid", memory=[taken, completed(61, entry(1))], at_ns=100))
    assert (elsewhere.submitted_ns, elsewhere.latency_ns, elsewhere.bytes) == (None, None, 61)


def test_completions_that_were_overwritten_are_owned_up_to() -> None:
    gone = piece(RING_COMPLETION, EXIT, 0, reason=Reason.NOT_CAPTURED)
    (found,) = operations(enter(gone, completed(61)))
    assert found.flags == ("submission not seen", "others overwritten unseen")


def test_a_call_that_never_returned_leaves_its_requests_pending() -> None:
    inside = row("io_uring_enter", ENTER, 2, 1, 1, memory=[submitted(entry(1)), submitted(entry(2))],
                 kind=Kind.ENTERED, at_ns=100)  # fmt: skip
    assert [each.completed_ns for each in operations(inside)] == [None, None]
    done = enter(submitted(entry(1)), submitted(entry(2)), completed(7, entry(1)), result=2, at_ns=100, wall_ns=5)
    assert [each.completed_ns for each in operations(inside, done)] == [105, None]


@given(st.lists(st.integers(0, 2), min_size=1, max_size=23), st.integers(0, 23))
def test_batches_do_not_matter(kinds: list[int], at: int) -> None:
    """Every submission and completion is told once, wherever the batch ends."""
    rows = [
        enter(*([submitted(entry(0))] if kind else []), *([completed(7, entry(0))] if kind != 1 else []),
              result=int(kind > 0), at_ns=place * 10, wall_ns=5)
        for place, kind in enumerate(kinds)
    ]  # fmt: skip
    found = cut(rows, at)
    assert found == operations(*rows)
    assert sum(each.bytes for each in found) == 7 * sum(kind != 1 for kind in kinds)
    asked = sum(each.submitted_ns is not None for each in found)
    assert asked == sum(kind > 0 for kind in kinds)
