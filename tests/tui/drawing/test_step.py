"""The step panel as text."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.tui.fakes import PID, FakeSource
from tracer.analyze.holds import Hold
from tracer.kernel.states import DescriptorState, ThreadState, Watch
from tui.drawing.ascii import in_ascii
from tui.drawing.palette import DARK
from tui.drawing.step import descriptor_words, step_lines
from tui.step_view import Elsewhere, StepView

SOURCE = FakeSource(live=True)
PIPE = DescriptorState(3, "pipe:[7]", False, 5, readable=True, capacity=65536)


def view(*, entry: bool = True) -> StepView:
    call = SOURCE.held_call(SOURCE.snapshot(), Hold(PID, PID, 0, entry, 7))
    state = ThreadState("t", "held by the tracer")
    return StepView(call, "5 bytes are waiting: it will not sleep" if entry else "", (PIPE,), state, threads=1)


def text(shown: StepView, width: int = 80, height: int = 10) -> list[str]:
    return [line.plain for line in step_lines(shown, width, height, DARK)]


def test_before_a_call() -> None:
    assert text(view(), 110) == [
        "HELD before read(3, 0x7ffe1230, 64)",
        "Asks descriptor 3 (pipe) for up to 64 bytes; 5 bytes are waiting: it will not sleep.",
        "application ● ───▶│        kernel  has done nothing yet",
        "fd 3 pipe  blocking · 5 B of 64.0 KiB queued · readable",
    ]


def test_after_a_call() -> None:
    assert text(view(entry=False)) == [
        "HELD after read(3, 0x7ffe1230, 64) = 64",
        "Asks descriptor 3 (pipe) for up to 64 bytes; gets all 64.",
        "application   ◀───│ ●       kernel  is done; the program does not know yet",
        "fd 3 pipe  blocking · 5 B of 64.0 KiB queued · readable",
    ]


@pytest.mark.parametrize("width", [20, 40, 80, 300])
def test_every_line_fits(width: int) -> None:
    for line in step_lines(view(), width, 10, DARK):
        assert line.cell_len <= width


def test_no_more_lines_than_there_is_room() -> None:
    assert len(text(view(), 80, 2)) == 2


def test_every_shape_has_a_stand_in_in_ascii() -> None:
    for line in step_lines(view(), 80, 10, DARK):
        assert "?" not in in_ascii(line.plain)


def test_what_the_program_runs_on_to_is_said() -> None:
    assert text(StepView(None, until="call on fd 4"))[0] == (
        "NOT HELD YET  runs until the next call on fd 4 begins; s holds it at any call"
    )


def test_before_anything_is_held_the_threads_inside_calls_are_shown() -> None:
    row = SOURCE.rows(SOURCE.snapshot(), SOURCE.snapshot().settled, SOURCE.snapshot().rows)[0]
    waiting = StepView(None, elsewhere=(Elsewhere(row, ThreadState("S", "asleep", "pipe_read")),), threads=1)
    assert text(waiting) == [
        "NOT HELD YET  every thread is inside a call; it is held when the call returns",
        f"thread {PID} asleep in pipe_read inside read(3)",
    ]
    assert text(replace(waiting, threads=2))[0] == "NOT HELD YET  a thread is held when it comes to its next call"


def test_other_held_threads_are_counted() -> None:
    assert text(replace(view(), also_held=2))[-1] == "2 other threads held as well (t shows the next)"


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (DescriptorState(3, "", reason="not open"), ["not open"]),
        (DescriptorState(3, "socket:[1]", True, listening=True, state="LISTEN", waiting=0, readable=False),
         ["non-blocking", "LISTEN", "nobody waits to be accepted", "nothing to read"]),
        (DescriptorState(3, "socket:[1]", False, reason="pidfd_getfd: EPERM"),
         ["blocking", "more is not known (pidfd_getfd: EPERM)"]),
        (DescriptorState(3, "anon_inode:[eventpoll]", False, readable=True, watches=()), ["something is ready"]),
        (DescriptorState(3, "socket:[1]", False, 0, unsent=7, readable=True, writable=False, hung_up=True),
         ["blocking", "0 B queued", "7 B not acknowledged", "readable", "no room to write", "other end closed"]),
    ],
)  # fmt: skip
def test_words_of_a_descriptor(state: DescriptorState, words: list[str]) -> None:
    assert descriptor_words(state) == words


def test_an_interest_list_has_its_own_line() -> None:
    epoll = DescriptorState(3, "anon_inode:[eventpoll]", False, watches=(Watch(5, 0x80000019), Watch(6, 0x1C)))
    lines = text(replace(view(), descriptors=(epoll,)))
    assert lines[-1] == "  interest list: fd 5 IN ET, fd 6 OUT LT"


def test_text_of_the_program_is_made_safe() -> None:
    bad = view()
    assert bad.call is not None
    lines = text(replace(bad, call=replace(bad.call, text="read(\x1b[31m)", sentence="a\x07b", names=("\x1b",))))
    assert not any(ord(character) < 32 for line in lines for character in line)
