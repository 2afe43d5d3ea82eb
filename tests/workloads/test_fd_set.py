"""fd_set through ctypes: the bits of C, and the C library's select on real descriptors."""

import os
import signal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workloads.fd_set import FD_SETSIZE, FdSet, select

FDS = st.sets(st.integers(0, FD_SETSIZE - 1))


@given(FDS, FDS)
def test_a_set_holds_what_was_put_in_and_not_taken_out(put: set[int], taken: set[int]) -> None:
    made = FdSet.of(put)
    before = made.copy()
    for fd in taken:
        made.remove(fd)
    assert {fd for fd in range(FD_SETSIZE) if fd in made} == put - taken
    assert {fd for fd in range(FD_SETSIZE) if fd in before} == put
    assert bytes(before) == sum(1 << fd for fd in put).to_bytes(FD_SETSIZE // 8, "little")


def test_select_leaves_what_is_ready() -> None:
    (quiet, _quiet_end), (told, told_end) = os.pipe(), os.pipe()
    os.write(told_end, b"x")
    readable, writable, exceptional = FdSet.of((quiet, told)), FdSet.of([told_end]), FdSet()
    assert select(max(quiet, told, told_end) + 1, readable, writable, exceptional) == 2
    assert (told in readable, quiet in readable, told_end in writable) == (True, False, True)
    for fd in (quiet, _quiet_end, told, told_end):
        os.close(fd)


def test_a_closed_descriptor_is_an_error() -> None:
    gone, other = os.pipe()
    os.close(gone)
    os.close(other)
    with pytest.raises(OSError, match="Bad file descriptor"):
        select(gone + 1, FdSet.of([gone]), FdSet(), FdSet())


def test_a_signal_ends_the_wait() -> None:
    noted = []
    before = signal.signal(signal.SIGALRM, lambda number, _frame: noted.append(number))
    quiet, end = os.pipe()
    signal.setitimer(signal.ITIMER_REAL, 0.05)
    try:
        assert select(quiet + 1, FdSet.of([quiet]), FdSet(), FdSet()) == 0
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        os.close(quiet)
        os.close(end)
    assert noted == [signal.SIGALRM]
