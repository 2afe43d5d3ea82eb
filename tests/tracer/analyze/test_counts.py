"""What counts as a call, as failed, as wasted and as a wake-up."""

from __future__ import annotations

import pytest

from tests.tracer.analyze.runs import report_of, tally_of, timed
from tests.tracer.rows import ENTRY, TestRow, piece, row
from tracer.wire import Abi, Flag, Kind, Reason

EAGAIN, EINTR, ENOENT, ERESTARTSYS = -11, -4, -2, -512
ZERO, SHORT = b"\0" * 16, b"\0" * 8 + b"\1" + b"\0" * 7


def test_failed_wasted_and_errors_are_counted_by_name() -> None:
    rows = (
        [row("read", 3, result=EAGAIN)] * 7 + [row("read", 3, result=EINTR)] * 3 + [row("read", 3, result=5)] * 11
    )
    report = report_of(*rows)
    read = report.syscalls[0]
    assert (read.name, read.calls, read.failed, read.wasted) == ("read", 21, 10, 7)
    assert read.errors == {"EAGAIN": 7, "EINTR": 3}
    assert (report.totals.calls, report.totals.failed, report.totals.wasted) == (21, 10, 7)


@pytest.mark.parametrize(
    ("result", "failed"),
    [(-1, 1), (-4095, 1), (-4096, 0), (-511, 1), (-512, 0), (-514, 0), (-516, 0), (-517, 1), (0, 0), (2**62, 0)],
)
def test_failed_is_an_errno_and_no_interruption(result: int, failed: int) -> None:
    assert report_of(row("read", 3, result=result)).totals.failed == failed


@pytest.mark.parametrize(
    ("wait", "wasted"),
    [
        (row("poll", 1, 1, 0, result=0), 1),
        (row("poll", 1, 1, 1, result=0), 0),
        (row("poll", 1, 1, -1, result=1), 0),
        (row("epoll_wait", 3, 1, 8, 0, result=0), 1),
        (row("epoll_wait", 3, 1, 8, 1 << 32, result=0), 1),  # an int: the upper half of the register is noise
        (row("epoll_pwait", 3, 1, 8, 5, result=0), 0),
        (row("select", 4, 1, 0, 0, 0x9000, result=0, memory=[piece(4, ENTRY, 0x9000, ZERO)]), 1),
        (row("select", 4, 1, 0, 0, 0x9000, result=0, memory=[piece(4, ENTRY, 0x9000, SHORT)]), 0),
        (row("select", 4, 1, 0, 0, 0x9000, result=1, memory=[piece(4, ENTRY, 0x9000, ZERO)]), 0),
        (row("select", 4, 1, 0, 0, 0, result=0), 0),
        (row("pselect6", 4, 1, 0, 0, 0x9000, result=0, memory=[piece(4, ENTRY, 0x9000, ZERO)]), 1),
        (row("ppoll", 1, 1, 0x9000, result=0, memory=[piece(2, ENTRY, 0x9000, ZERO)]), 1),
        (row("ppoll", 1, 1, 0x9000, result=0, memory=[piece(0, ENTRY, 0x9000, ZERO)]), 0),
        (row("epoll_pwait2", 3, 1, 8, 0x9000, result=0, memory=[piece(3, ENTRY, 0x9000, ZERO)]), 1),
        (
            row("epoll_pwait2", 3, 1, 8, 9, result=0, memory=[piece(3, ENTRY, 9, reason=Reason.NOT_CAPTURED)]),
            0,
        ),
        (row("read", 3, 0, 0, result=0), 0),
    ],
)
def test_a_wait_is_wasted_when_it_found_nothing_and_had_no_time(wait: TestRow, wasted: int) -> None:
    assert report_of(row("read", 3, result=9), wait, row("getpid", result=9)).totals.wasted == wasted


def test_a_wake_up_is_a_wait_that_returned_something() -> None:
    rows = [row("epoll_wait", 3, 1, 8, -1, result=n) for n in (2, 1, 0, -4)] + [row("read", 3, result=1)]
    assert report_of(*rows).totals.wakeups == 2


def test_calls_of_all_abis_with_one_name_share_a_line() -> None:
    report = report_of(row("read", 3, result=1), row("read", 3, result=1, abi=Abi.I386))
    assert [(row.name, row.calls) for row in report.syscalls] == [("read", 2)]


def test_a_call_that_never_returns_takes_time_but_is_no_call() -> None:
    final = timed("exit_group", 0, at=10, user=5, kernel=3, kind=Kind.ENTERED, flags=int(Flag.FINAL))
    report = report_of(timed("read", 3, at=1, kernel=2, result=1), final)
    assert report.totals.calls == 1
    assert (report.totals.times.user_ns, report.totals.times.kernel_ns) == (5, 5)
    assert [row.name for row in report.syscalls] == ["read"]


def entered(at: int, kernel: int, tid: int = 4241) -> TestRow:
    return timed("read", 3, at=at, user=7, kernel=kernel, kind=Kind.ENTERED, tid=tid)


DONE = timed("read", 3, at=10, user=7, kernel=50, result=1)


def test_a_call_in_progress_takes_time_but_has_not_returned() -> None:
    report = report_of(entered(10, 20))
    assert (report.totals.times.kernel_ns, report.totals.calls) == (20, 0)
    assert [(row.name, row.calls) for row in report.syscalls] == [("read", 0)]


@pytest.mark.parametrize("batches", [[[entered(10, 20), DONE]], [[entered(10, 20)], [DONE]]])
def test_its_return_supersedes_it(batches: list[list[TestRow]]) -> None:
    report = tally_of(batches).report()
    assert (report.totals.times.user_ns, report.totals.times.kernel_ns, report.totals.calls) == (7, 50, 1)


def test_calls_in_progress_of_other_threads_stay() -> None:
    done = timed("read", 3, at=11, kernel=50, result=1, tid=4243)
    tally = tally_of([[entered(10, 20), entered(11, 30, tid=4243)], [done]])
    assert tally.report().totals.times.kernel_ns == 70


def test_a_live_report_lets_a_call_in_progress_grow() -> None:
    tally = tally_of([[entered(10, 20)]])
    assert tally.report(now_ns=1030).totals.times.blocked_ns == 1000
    assert tally.report().totals.times.blocked_ns == 0


def test_a_file_without_an_end_knows_as_much_as_its_last_row() -> None:
    """It is still being written, or its recorder was killed."""
    other = timed("read", 3, at=530, kernel=500, result=1, tid=4243)
    assert tally_of([[entered(10, 20), other]]).report().totals.times.blocked_ns == 1000


def computing(at: int, user: int) -> TestRow:
    return row(0, kind=Kind.LEFT, at_ns=at, user_run_ns=user, user_wall_ns=user, span_ns=user)


@pytest.mark.parametrize(
    "batches",
    [
        [[computing(20, 13)]],
        [[computing(10, 3), computing(20, 13)]],
        [[computing(10, 3)], [computing(20, 13)]],
        [[computing(10, 3)], [entered(16, 6)], [computing(20, 13)]],
    ],
)
def test_of_a_thread_that_computes_the_last_row_counts(batches: list[list[TestRow]]) -> None:
    report = tally_of(batches).report(now_ns=1000)
    assert (report.totals.times.user_ns, report.totals.times.blocked_ns, report.totals.calls) == (13, 0, 0)
    assert report.syscalls == ()


@pytest.mark.parametrize("batches", [[[computing(20, 5), DONE]], [[computing(20, 5)], [DONE]]])
def test_its_next_call_has_that_time_again(batches: list[list[TestRow]]) -> None:
    report = tally_of(batches).report()
    assert (report.totals.times.user_ns, report.totals.times.kernel_ns, report.totals.calls) == (7, 50, 1)


def test_signals_and_lost_events_are_totals() -> None:
    rows = [row(10, kind=Kind.SIGNAL)] * 3 + [row(0, 17, kind=Kind.LOST), row(0, 6, kind=Kind.LOST)]
    totals = report_of(*rows).totals
    assert (totals.signals, totals.lost, totals.calls) == (3, 23, 0)
