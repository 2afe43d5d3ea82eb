"""Native AIO: iocbs and the events that answer them."""

from __future__ import annotations

import struct

from tests.tracer.analyze.operating import PID, operations
from tests.tracer.rows import ENTRY, EXIT, TestRow, piece, row

LIST, EVENTS = 0x2000, 0x3000


def submit(*blocks: tuple[int, int, int], taken: int | None = None, at: int = 10) -> TestRow:
    """io_submit of (address, command, fd)."""
    addresses = b"".join(struct.pack("<Q", address) for address, _, _ in blocks)
    memory = [piece(2, ENTRY, LIST, addresses)] + [
        piece(2, ENTRY, address, struct.pack("<QIiHhIQQqQII", 0, 0, 0, command, 0, fd, 0x9000, 61, 0, 0, 0, 0))
        for address, command, fd in blocks
    ]
    result = len(blocks) if taken is None else taken
    return row("io_submit", 1, len(blocks), LIST, result=result, memory=memory, at_ns=at, wall_ns=3)


def collect(*events: tuple[int, int], at: int = 100) -> TestRow:
    """io_getevents that brings (address, result)."""
    data = b"".join(struct.pack("<QQqq", 0, address, result, 0) for address, result in events)
    memory = [piece(3, EXIT, EVENTS, data)]
    return row("io_getevents", 1, 1, 8, EVENTS, result=len(events), memory=memory, at_ns=at, wall_ns=7)


def test_every_event_ends_the_request_it_names() -> None:
    blocks = [(0x1000 + 64 * number, 0, 5) for number in range(13)]
    found = operations(submit(*blocks), collect(*[(address, 61) for address, _, _ in blocks[::-1]]))
    assert len(found) == 13
    assert {(each.kind, each.name, each.pid, each.tid, each.fd, each.length) for each in found} == {
        ("native-aio", "PREAD", PID, PID, 5, 61)
    }
    assert {(each.submitted_ns, each.completed_ns, each.bytes, each.notified) for each in found} == {
        (10, 107, 61, "io_getevents")
    }


def test_what_was_not_taken_was_not_submitted() -> None:
    found = operations(submit((0x1000, 1, 5), (0x1040, 1, 6), (0x1080, 1, 7), taken=2), collect((0x1040, 61)))
    assert [(each.fd, each.completed_ns) for each in found] == [(6, 107), (5, None)]


def test_a_block_may_be_used_again() -> None:
    rounds = [
        row
        for at in range(0, 7000, 1000)
        for row in (submit((0x1000, 0, 5), at=at), collect((0x1000, 7), at=at + 9))
    ]
    found = operations(*rounds)
    assert [each.latency_ns for each in found] == [16] * 7


def test_a_poll_moves_nothing() -> None:
    (found,) = operations(submit((0x1000, 5, 5)), collect((0x1000, 1)))
    assert (found.name, found.result, found.bytes) == ("POLL", 1, 0)


def test_an_event_of_a_block_nobody_saw_submitted_is_left_out() -> None:
    assert operations(collect((0x1000, 61))) == []
