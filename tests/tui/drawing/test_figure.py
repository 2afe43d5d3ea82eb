"""The picture of one message: the textbook's, in 80 columns, readable without colour and in plain ASCII."""

from __future__ import annotations

from dataclasses import replace

import pytest
from rich.cells import cell_len

from tracer.analyze.figure.figure import SHARED, Crossing, Figure, Phase, Step, StepKind
from tracer.analyze.results import Times
from tui.drawing.figure import figure_lines
from tui.drawing.figure_glyphs import ASCII, UNICODE, Glyphs
from tui.drawing.palette import DARK, PLAIN

OUT = (Crossing("out", "payload", 64),)
READ = Step(
    StepKind.CALL, 7, 1000, until_ns=20_100_000, row=3, name="read", fd=4, args=("4", '"hello"', "64"), result=64,
    times=Times(user_ns=17_500, kernel_ns=7_110, blocked_ns=20_000_000, runnable_ns=33_200), crossings=OUT,
    phases=(Phase.WAIT, Phase.COPY),
)  # fmt: skip
SENT = Step(StepKind.SENT, 7, 19_000_000)
TRIES = Step(
    StepKind.TRIES, 7, 500, name="read", fd=4, args=("4", "0x1", "64"), result=-11, errno="EAGAIN", count=1141,
    times=Times(user_ns=1_600_000, kernel_ns=287_000), phases=(Phase.WAIT,),
)  # fmt: skip
WRITE = replace(
    READ, name="write", args=("5", '"hello"', "64"), crossings=(Crossing("in", "payload", 64),),
    phases=(Phase.COPY,), times=Times(kernel_ns=900),
)  # fmt: skip
BLOCKING = Figure(
    number=6, of=11, model="blocking", program="blocking", size=64, fd=4, pid=7, tid=7, before=(),
    steps=(READ, SENT), typical=True, latency_ns=42_100,
)  # fmt: skip


def drawn(figure: Figure, width: int = 80, glyphs: Glyphs = UNICODE) -> list[str]:
    return [line.plain.rstrip() for line in figure_lines(figure, width, PLAIN, glyphs)]


def test_the_whole_picture_of_a_blocking_read() -> None:
    assert drawn(BLOCKING) == [
        " blocking · message 6 of 11, a typical one · 64 bytes on fd 4",
        "",
        " application                            kernel",
        " ██ runs 17.5 µs                         │",
        " ██─ read(4, 64) ──────────────────────▶ │                     ╮ phase 1",
        "  │                                     ░░                     │ wait for data",
        "  │                                     ░░ asleep 20.0 ms      │",
        "  │                                     ░░                     │",
        "  │                                     ░░ data arrives        │",
        "  │                                     ╱╱ no CPU 33.2 µs      ╯",
        "  │                                     ▓▓ copies, 7.11 µs     ╮ phase 2",
        " ██◀═════════════════════════ 64 bytes ═ │                     ╯ copy data",
        "",
        " ██ runs   ▓▓ runs in the kernel   ░░ asleep   ═ payload",
        " phase 1, wait  20.0 ms asleep · 33.2 µs waiting for a CPU",
        " phase 2, copy  7.11 µs in the kernel, on a CPU",
        " calls          1 · payload copied: 64 B out",
        " delivered      42.1 µs after it was sent, the tracer's time included",
    ]


def test_spinning_is_drawn_once_with_how_often() -> None:
    spin = replace(BLOCKING, steps=(TRIES, replace(READ, times=Times(kernel_ns=900), phases=(Phase.COPY,))))
    lines = drawn(spin)
    assert any("◀─────────────────────────── EAGAIN ─" in line for line in lines)
    assert any("██ 1,141 times, runs 1.60 ms" in line and "▓▓ 287 µs" in line for line in lines)
    assert " phase 1, wait  1.89 ms on a CPU" in lines
    assert " calls          1,142 · payload copied: 64 B out" in lines
    assert not any("░░" in line for line in lines)


def test_data_that_came_before_the_call_arrives_before_it() -> None:
    late = replace(BLOCKING, steps=(replace(SENT, at_ns=10), replace(READ, phases=(Phase.COPY,), times=Times())))
    lines = drawn(late)
    assert lines[3] == " ██                                      │ data arrives"


def test_payload_into_the_kernel_is_a_double_arrow_to_the_right() -> None:
    lines = drawn(replace(BLOCKING, steps=(WRITE,), latency_ns=None))
    assert lines[3] == " ██═ write(5, 64) ═════════════════════▶ │                     ╮ copy, in"
    assert not any("phase" in line for line in lines)


def test_moving_inside_the_kernel_is_no_copy() -> None:
    moved = replace(WRITE, name="sendfile", args=("5", "4", "NULL", "64"), crossings=(), phases=())
    lines = drawn(replace(BLOCKING, steps=(moved,), latency_ns=None))
    assert any("▓▓ moves, 900 ns" in line for line in lines)
    assert " calls          1 · payload copied: none" in lines
    assert not any("═" in line for line in lines)


def test_a_result_in_shared_memory_is_drawn_inside_the_call_that_brought_it() -> None:
    request = Step(StepKind.REQUEST, 7, 999, row=3, name="READ", fd=4, args=(SHARED,), result=64)
    enter = replace(READ, name="io_uring_enter", args=("6", "1", "1"), crossings=(), result=1)
    result = Step(
        StepKind.RESULT, 7, 20_100_000, row=3, name="READ", fd=4, result=64, crossings=OUT, phases=(Phase.COPY,)
    )
    lines = drawn(replace(BLOCKING, steps=(request, enter, result), latency_ns=None))
    copied = next(
        n for n, line in enumerate(lines) if "◀═══════════════════ READ: 64 bytes ═▓▓ to its buffer" in line
    )
    assert "1 taken" in lines[copied + 1]
    assert "request READ(4, 64)" in lines[3]


def test_threads_are_named_where_they_take_over() -> None:
    steps = (replace(WRITE, tid=7, at_ns=1), Step(StepKind.THREAD, 9, 2), replace(READ, tid=9))
    lines = drawn(replace(BLOCKING, tid=9, steps=steps, latency_ns=None))
    assert (lines[3], lines[7]) == ("    main thread 7", "    helper thread 9")


def test_a_step_that_was_not_seen_is_not_drawn() -> None:
    lines = drawn(replace(BLOCKING, steps=(replace(READ, times=Times()),), latency_ns=None))
    assert not any(
        word in line for line in lines for word in ("asleep", "runs 1", "no CPU", "data arrives", "delivered")
    )


@pytest.mark.parametrize("glyphs", [UNICODE, ASCII], ids=["unicode", "ascii"])
@pytest.mark.parametrize("width", [20, 80, 101])
def test_no_line_is_wider_than_asked_for(width: int, glyphs: Glyphs) -> None:
    steps = (
        TRIES,
        READ,
        SENT,
        replace(WRITE, name="a_call_with_a_name_that_is_far_too_long_for_any_arrow", args=()),
    )
    lines = drawn(replace(BLOCKING, steps=steps), width, glyphs)
    assert max(cell_len(line) for line in lines) <= max(80, width)


def test_ascii_is_ascii_and_keeps_every_line_in_place() -> None:
    plain, shaped = drawn(BLOCKING, glyphs=ASCII), drawn(BLOCKING)
    assert all(line.isascii() for line in plain)
    assert [len(line) for line in plain] == [len(line) for line in shaped]
    assert "?" not in "".join(plain)


def test_colour_adds_nothing_that_is_not_there_without_it() -> None:
    assert [line.plain for line in figure_lines(BLOCKING, 80, DARK)] == [
        line.plain for line in figure_lines(BLOCKING, 80, PLAIN)
    ]


def test_what_a_program_calls_itself_cannot_reach_the_terminal() -> None:
    evil = replace(BLOCKING, model="", program="\x1b[2Jrm", steps=(replace(READ, name="\x1b]0;x", args=("\x07",)),))
    assert not any(ord(character) < 32 for line in drawn(evil) for character in line)
