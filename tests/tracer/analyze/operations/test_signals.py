"""Signal-driven I/O: each signal with its descriptor, its handler's time, and what was read because of it."""

from __future__ import annotations

import errno
import struct

import pytest

from tests.tracer.analyze.operating import PID, operations
from tests.tracer.analyze.runs import timed
from tests.tracer.rows import ENTRY, EXIT, TestRow, piece, row
from tracer.wire import NO_ARG, Kind

NUMBER, SIGIO, SIGCHLD = 36, 29, 17
POLL_IN, SI_KERNEL = 1, 128
SETFL, SETOWN, SETSIG, ASYNC = 4, 8, 10, 0o20000


def arm(fd: int, number: int | None = NUMBER, at: int = 1) -> list[TestRow]:
    chosen = [row("fcntl", fd, SETSIG, number, at_ns=at)] if number is not None else []
    return [row("fcntl", fd, SETOWN, PID, at_ns=at), *chosen, row("fcntl", fd, SETFL, ASYNC, at_ns=at)]


def info(number: int, code: int, fd: int) -> bytes:
    return struct.pack("<iii4xqi", number, 0, code, 0x41, fd).ljust(128, b"\0")


def signal(fd: int, at: int, number: int = NUMBER, code: int = POLL_IN, tid: int = PID) -> TestRow:
    memory = [piece(NO_ARG, ENTRY, 0, info(number, code, fd))]
    return row(number, code, kind=Kind.SIGNAL, at_ns=at, memory=memory, tid=tid)


def read(fd: int, result: int, at: int) -> TestRow:
    return row("read", fd, 0x9000, 61, result=result, at_ns=at, wall_ns=3)


def returns(at: int, user: int = 11) -> TestRow:
    return timed("rt_sigreturn", at=at, user=user, kernel=2)


def test_a_signal_announces_what_is_read_until_the_next() -> None:
    found = operations(
        *arm(5), signal(5, 100), returns(120), read(5, 61, 200), read(5, 7, 210), read(5, -errno.EAGAIN, 220),
        signal(5, 300), returns(320), read(5, 13, 400), read(6, 1009, 410),
    )  # fmt: skip
    assert [(each.fd, each.bytes, each.result, each.submitted_ns, each.completed_ns) for each in found] == [
        (5, 68, 68, 100, 213), (5, 13, 13, 300, 403),
    ]  # fmt: skip
    assert [each.flags for each in found] == [
        ("armed", "after the handler", "drained"), ("armed", "after the handler"),
    ]  # fmt: skip
    assert {(each.name, each.notified, each.handler_ns, each.worker) for each in found} == {
        ("POLL_IN", "signal SIGRT_4", 13, PID)
    }


def test_what_the_handler_reads_is_told_apart() -> None:
    (found,) = operations(*arm(5), signal(5, 100), read(5, 61, 110), returns(130))
    assert (found.flags, found.bytes, found.handler_ns) == (("armed", "in the handler"), 61, 13)


def test_handlers_nest_and_each_has_its_own_time() -> None:
    found = operations(*arm(5), *arm(6, 37), signal(5, 100), signal(6, 110, 37), returns(200, 5), returns(300, 17))
    assert {(each.fd, each.handler_ns) for each in found} == {(6, 7), (5, 19)}


def test_the_handlers_time_is_never_more_than_passed_since_the_signal() -> None:
    """Signals interrupt computing, whose time before the signal is in the first row after it."""
    (found,) = operations(*arm(5), signal(5, 100), returns(123, user=100_003))
    assert found.handler_ns == 23


def test_another_signal_in_between_does_not_end_the_handler() -> None:
    child = row(SIGCHLD, 1, kind=Kind.SIGNAL, at_ns=105, memory=[piece(NO_ARG, ENTRY, 0, info(SIGCHLD, 1, 0))])
    (found,) = operations(*arm(5), signal(5, 100), child, returns(150, 7), returns(200, 11))
    assert (found.fd, found.handler_ns) == (5, 13)


def test_a_signal_nobody_read_for_is_done_with_its_handler() -> None:
    (found,) = operations(*arm(5), signal(5, 100), returns(120))
    assert (found.bytes, found.result, found.completed_ns) == (0, 0, 120)
    assert found.flags == ("armed", "nothing moved")


def test_seventeen_signals_are_seventeen_operations_whatever_was_read() -> None:
    rows = arm(5)
    for number in range(17):
        at = 100 * (number + 1)
        rows += [signal(5, at), returns(at + 20), *([read(5, 61, at + 30)] if number % 2 else [])]
    found = operations(*rows)
    assert len(found) == 17
    assert sum(each.bytes for each in found) == 8 * 61


def test_what_is_written_does_not_count_for_what_may_be_read() -> None:
    wrote = row("write", 5, 0x9000, 7, result=7, at_ns=130)
    assert [each.bytes for each in operations(*arm(5), signal(5, 100), returns(120), wrote)] == [0]
    output = operations(*arm(5), signal(5, 100, code=2), returns(120), wrote)
    assert [(each.name, each.bytes) for each in output] == [("POLL_OUT", 7)]


def test_a_plain_sigio_names_nobody_unless_only_one_can_be_meant() -> None:
    alone = [*arm(5, None), signal(0, 100, SIGIO, SI_KERNEL), returns(120), read(5, 61, 130)]
    (found,) = operations(*alone)
    assert (found.fd, found.inferred, found.bytes) == (5, ("fd",), 61)
    (found,) = operations(*arm(6, None), *alone)
    assert (found.fd, found.inferred, found.bytes) == (None, (), 0)


def test_a_signal_taken_by_waiting_for_it_has_no_handler() -> None:
    taken = row("rt_sigtimedwait", 0x100, 0x200, 0, 8, result=NUMBER, at_ns=50, wall_ns=50,
                memory=[piece(1, EXIT, 0x200, info(NUMBER, POLL_IN, 5))])  # fmt: skip
    (found,) = operations(*arm(5), taken, read(5, 61, 130))
    assert (found.submitted_ns, found.completed_ns, found.handler_ns, found.bytes) == (100, 133, None, 61)


@pytest.mark.parametrize("code", [1, 2, 5])
def test_signals_that_only_share_the_codes_are_none(code: int) -> None:
    """si_code 1 of SIGCHLD is CLD_EXITED, of SIGSEGV SEGV_MAPERR."""
    for number in (SIGCHLD, 11):
        assert operations(*arm(5), signal(5, 100, number, code), read(5, 61, 130)) == []


def test_a_descriptor_that_was_armed_before_the_trace_is_found_by_its_signal() -> None:
    (found,) = operations(signal(5, 100), returns(120), read(5, 61, 130))
    assert (found.fd, found.bytes, found.flags) == (5, 61, ("after the handler",))
