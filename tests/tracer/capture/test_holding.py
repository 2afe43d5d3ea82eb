"""What needs no traced program: the bell, and which calls are with a descriptor."""

from __future__ import annotations

import errno
import os

import pytest

from tracer.capture.holding import Holding, _descriptors
from tracer.capture.outbox import Outbox
from tracer.capture.placement import CoScheduling
from tracer.capture.tracees import Tracees
from tracer.syscalls.names import number_of
from tracer.wire import Abi


def holding() -> Holding:
    return Holding(Tracees(Outbox(-1), CoScheduling("off")), lambda _thread: None)


def test_the_bell_is_a_child_that_ends_and_orders_wait_for_it() -> None:
    made = holding()
    assert made.order("hold")
    assert not made.on, "only noted"
    pid, status = os.waitpid(-1, 0)
    assert status == 0
    assert made.rang(pid, detaching=False)
    assert made.on
    assert not made.rang(pid, detaching=False), "each bell rings once"


def test_without_room_for_a_process_the_bell_is_rung_later(monkeypatch: pytest.MonkeyPatch) -> None:
    made = holding()

    def refuse() -> int:
        raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))

    with monkeypatch.context() as patched:
        patched.setattr(os, "fork", refuse)
        assert not made.order("hold")
    assert made.unheard
    assert made.ring()
    assert not made.unheard
    assert made.rang(os.waitpid(-1, 0)[0], detaching=False)
    assert made.on


def test_while_detaching_orders_are_void() -> None:
    made = holding()
    made.order("hold")
    assert made.rang(os.waitpid(-1, 0)[0], detaching=True)
    assert not made.on


@pytest.mark.parametrize(
    ("name", "places"),
    [("read", (0,)), ("sendfile", (0, 1)), ("epoll_ctl", (0, 2)), ("getpid", ()), ("mmap", (4,))],
)
def test_which_arguments_are_descriptors(name: str, places: tuple[int, ...]) -> None:
    number = number_of(Abi.X86_64, name)
    assert number is not None
    assert _descriptors(Abi.X86_64, number) == places
