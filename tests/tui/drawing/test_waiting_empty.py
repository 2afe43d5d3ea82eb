"""What stands where no set is waited on."""

from __future__ import annotations

import pytest

from tui.drawing.waiting_empty import nobody_waits


def test_live_there_may_be_one_yet() -> None:
    assert nobody_waits((), live=True).startswith("Nobody has waited on a set of descriptors so far. Here stand")
    assert nobody_waits((), live=False).startswith("Nobody waited on a set of descriptors. Here stand")


@pytest.mark.parametrize("call", ["rt_sigtimedwait"])
def test_programs_that_wait_for_something_else_are_told_apart(call: str) -> None:
    words = nobody_waits(["read", call], live=False)
    assert f"This program waits in {call}" in words
    assert "Figure tab" in words


def test_reading_alone_is_no_such_wait() -> None:
    assert "This program waits" not in nobody_waits(["read", "epoll_ctl"], live=False)
