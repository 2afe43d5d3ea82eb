"""What stands where no set is waited on."""

from __future__ import annotations

import pytest

from tracer.analyze.results import Copies, SyscallRow, Times
from tui.drawing.waiting_empty import nobody_waits


def row(name: str, user_ns: int, blocked_ns: int) -> SyscallRow:
    return SyscallRow(name, 1, 0, 0, {}, Times(user_ns=user_ns, blocked_ns=blocked_ns), 0, 0, 0, 0, Copies())


def test_live_there_may_be_one_yet() -> None:
    assert nobody_waits((), live=True).startswith("Nobody has waited on a set of descriptors so far. Here stand")
    assert nobody_waits((), live=False).startswith("Nobody waited on a set of descriptors. Here stand")


@pytest.mark.parametrize(
    ("call", "what"),
    [("rt_sigtimedwait", "for a signal"), ("rt_sigsuspend", "for a signal"), ("read", "one descriptor")],
)
def test_programs_that_wait_for_something_else_are_told_apart(call: str, what: str) -> None:
    words = nobody_waits([row("write", 10, 0), row(call, 10, 100)], live=False)
    assert f"This program waits in {call}, for" in words
    assert what in words
    assert "Figure tab" in words


def test_a_call_that_hardly_sleeps_is_no_such_wait() -> None:
    assert "This program waits" not in nobody_waits([row("read", 100, 10), row("epoll_ctl", 10, 0)], live=False)
