"""Which descriptor a call used: numbers that are closed and opened again, copied, inherited and closed by exec."""

from __future__ import annotations

import struct
from typing import Any

from tests.tracer.analyze.runs import report_of, spawn, tally_of
from tests.tracer.rows import ENTRY, EXIT, TestRow, piece, row
from tracer.wire import Kind

O_NONBLOCK, O_CLOEXEC = 0o4000, 0o2000000


def opened(path: bytes, fd: int, flags: int = 0, **columns: Any) -> TestRow:
    return row("openat", -100, 0x1000, flags, result=fd, memory=[piece(1, ENTRY, 0x1000, path + b"\0")], **columns)


def read(fd: int, times: int = 1, result: int = 5, **columns: Any) -> list[TestRow]:
    return [row("read", fd, 0x2000, 64, result=result, **columns)] * times


def seen(*rows: TestRow) -> list[tuple[int, int, str, str, int]]:
    """fd, generation, what, opened by, calls of every descriptor used, busiest first."""
    return [(d.fd, d.generation, d.what, d.opened_by, d.calls) for d in report_of(*rows).fds]


def test_a_number_opened_again_is_another_descriptor() -> None:
    rows = [
        opened(b"/a", 3), *read(3, 7), row("close", 3),
        opened(b"/b", 3), *read(3, 5), row("close", 3),
    ]  # fmt: skip
    assert seen(*rows) == [(3, 0, "/a", "openat", 8), (3, 1, "/b", "openat", 6)]


def test_a_number_given_out_before_its_close_has_returned() -> None:
    """close frees the number at its beginning, and another thread's call may get it and return first."""

    def rows(closed_at: int) -> list[TestRow]:
        return [
            opened(b"/a", 3, at_ns=10, wall_ns=5), *read(3, 7, at_ns=20),
            opened(b"/b", 3, at_ns=50, wall_ns=60), row("close", 3, at_ns=closed_at, wall_ns=20, tid=4242),
            *read(3, 5, at_ns=200),
        ]  # fmt: skip

    assert seen(*rows(100)) == [(3, 0, "/a", "openat", 7), (3, 1, "/b", "openat", 6)]
    # One that began later is meant for the new one.
    assert seen(*rows(120)) == [(3, 0, "/a", "openat", 7), (3, 1, "/b", "openat", 1)]


def test_the_same_across_batches() -> None:
    rows = [opened(b"/a", 3), *read(3, 7), row("close", 3), opened(b"/b", 3), *read(3, 5)]
    for cut in range(len(rows)):
        report = tally_of([rows[:cut], rows[cut:]]).report()
        assert [(d.generation, d.what, d.calls) for d in report.fds] == [(0, "/a", 8), (1, "/b", 5)]


def test_descriptors_that_were_there_before_are_inherited() -> None:
    assert seen(*read(0, 3), *read(9, 2), row("write", 1, result=1)) == [
        (0, 0, "stdin", "inherited", 3), (9, 0, "?", "inherited", 2), (1, 0, "stdout", "inherited", 1),
    ]  # fmt: skip


def test_a_bad_descriptor_is_none() -> None:
    assert seen(*read(7, 3, result=-9), row("write", -1, result=-9)) == []
    assert seen(opened(b"/a", 3), row("close", 3), *read(3, 5, result=-9)) == [(3, 0, "/a", "openat", 1)]


def test_pipes_and_copies() -> None:
    ends = piece(0, EXIT, 0x3000, struct.pack("<ii", 4, 5))
    rows = [
        row("pipe2", 0x3000, O_NONBLOCK, memory=[ends]), *read(4, 7), row("write", 5, result=1),
        row("dup2", 4, 0, result=0), *read(0, 3), row("fcntl", 4, 1030, 10, result=10), *read(10, 2),
    ]  # fmt: skip
    assert seen(*rows) == [
        (4, 0, "pipe (read end)", "pipe2", 9), (0, 0, "pipe (read end)", "pipe2", 3),
        (10, 0, "pipe (read end)", "pipe2", 2), (5, 0, "pipe (write end)", "pipe2", 1),
    ]  # fmt: skip
    assert {d.nonblocking for d in report_of(*rows).fds} == {True}


def test_nonblocking_belongs_to_all_copies() -> None:
    rows = [
        row("socket", 1, 1, 0, result=3), row("dup", 3, result=4),
        row("fcntl", 4, 4, O_NONBLOCK, result=0), *read(3, 1),
    ]  # fmt: skip
    assert [(d.what, d.nonblocking) for d in report_of(*rows).fds] == [("socket unix stream", True)] * 2


def test_a_child_inherits_and_its_changes_are_its_own() -> None:
    child: dict[str, Any] = {"pid": 4243, "tid": 4243}
    rows = [
        opened(b"/a", 3), *read(3, 2),
        spawn(50, tid=4243, pid=4243, parent=4241),
        *read(3, 3, **child), row("close", 3, **child), opened(b"/b", 3, **child), *read(3, 5, **child),
        *read(3, 1),
    ]  # fmt: skip
    found = {(d.pid, d.generation, d.what): d.calls for d in report_of(*rows).fds}
    assert found == {(4241, 0, "/a"): 3, (4243, 0, "/a"): 4, (4243, 1, "/b"): 5}


def test_exec_closes_what_is_marked_close_on_exec() -> None:
    rows = [opened(b"/a", 3, O_CLOEXEC), opened(b"/b", 4), row(0, kind=Kind.EXEC), *read(3, 1, result=-9), *read(4)]
    assert seen(*rows) == [(4, 0, "/b", "openat", 1)]


def test_close_range_closes_all_in_it() -> None:
    rows = [
        opened(b"/a", 3), opened(b"/b", 4), *read(3), *read(4),
        row("close_range", 4, 2**32 - 1, 0), opened(b"/c", 4), *read(4, 2),
    ]  # fmt: skip
    found = sorted((fd, what, calls) for fd, _, what, _, calls in seen(*rows))
    assert found == [(3, "/a", 1), (4, "/b", 1), (4, "/c", 2)]


def test_a_number_used_before_it_is_opened_in_the_same_batch_was_inherited() -> None:
    rows = [*read(7, 3), opened(b"/a", 7), *read(7, 2)]
    assert seen(*rows) == [(7, 0, "?", "inherited", 3), (7, 1, "/a", "openat", 2)]


def test_a_child_inherits_what_its_parent_never_used() -> None:
    child: dict[str, Any] = {"pid": 4243, "tid": 4243}
    rows = [*read(5), spawn(50, tid=4243, pid=4243, parent=4241), *read(0, 3, **child)]
    found = {(d.pid, d.fd, d.what): d.calls for d in report_of(*rows).fds}
    assert found == {(4241, 5, "?"): 1, (4243, 0, "stdin"): 3}


def test_copies_are_counted_where_they_went() -> None:
    report = report_of(opened(b"/a", 3), *read(3, 7, result=64), *read(0, 3, result=5))
    assert {d.fd: d.copies.payload_out for d in report.fds} == {3: 448, 0: 15}
    assert report.totals.copies.payload_out == 463
