"""The tables of differences: they fit, noise is marked, and what could not be repeated is said."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from rich.console import Console

from iotrace.comparing.differences import MOST, difference_tables
from iotrace.comparing.output import document
from tests.tracer.analyze.comparing import run
from tracer.analyze.compare.comparison import Run
from tracer.analyze.compare.parts import DESCRIPTOR, SYSCALL, THREAD, Part
from tui.drawing.palette import PLAIN


def side(name: str, *parts: Part, repeats: int = 1) -> Run:
    return replace(run(name), parts=parts, repeats=repeats)


def printed(base: Run, other: Run, width: int = 80) -> str:
    console = Console(file=io.StringIO(), width=width, color_system=None)
    for line in difference_tables(base, other, width, PLAIN):
        console.print(line, width=width)
    text: str = console.file.getvalue()  # type: ignore[attr-defined]
    return text


def test_one_table_for_each_kind_of_part() -> None:
    base = side(
        "old", Part(SYSCALL, "read", {"calls": 1200, "kernel_ns": 5_000_000}), Part(THREAD, "main", {"calls": 3})
    )
    other = side(
        "new",
        Part(SYSCALL, "read", {"calls": 40, "kernel_ns": 5_000_000}),
        Part(DESCRIPTOR, "/etc/passwd", {"copied": 2048}),
    )
    text = printed(base, other)
    assert "From old to new" in text
    assert "1,200→40" in text
    assert "0→2.00K" in text
    assert "kernel" not in text.splitlines()[1]
    assert "3→0" in text
    assert "One run a side: how much of a difference is noise is not known." in " ".join(text.split())


def test_noise_is_marked_and_parts_that_are_nothing_else_are_only_counted() -> None:
    def parts(calls: float, time: float, blocked: float) -> tuple[Part, ...]:
        spread = {"calls": 0.0, "kernel_ns": 50_000.0}
        return (
            Part(SYSCALL, "read", {"calls": calls, "kernel_ns": time}, spread),
            Part(SYSCALL, "poll", {"blocked_ns": blocked}, {"blocked_ns": 1_000.0}),
        )

    text = printed(
        side("old", *parts(23, 1_000_000, 100), repeats=5), side("new", *parts(24, 1_090_000, 900), repeats=5)
    )
    assert "23→24 1.00ms→1.09ms~" in text
    assert "poll" not in text
    assert "1 part within the noise (--json)" in text
    assert "Medians of 5 runs" in text
    assert "up to 1 % lie outside by chance" in " ".join(text.split())


def test_one_side_that_was_not_repeated_is_named() -> None:
    part = Part(SYSCALL, "read", {"calls": 9}, {"calls": 1})
    text = " ".join(printed(side("old", repeats=3), side("new", part)).split())
    assert "within the noise of the 3 runs of old; new is a single run, taken to be as noisy" in text


def test_nothing_differs() -> None:
    assert printed(side("old"), side("new")) == "old and new do not differ in any part.\n"


@pytest.mark.parametrize("width", [60, 80, 200])
def test_it_fits_and_cannot_draw_on_the_terminal(width: int) -> None:
    figures = {
        "calls": 10**9,
        "failed": 10**7,
        "kernel_ns": 10**12,
        "user_ns": 1,
        "blocked_ns": 10**15,
        "copied": 10**12,
    }
    names = [f"\x1b[31m/a/very/long/path/that/goes/on/and/on/{n}" for n in range(23)]
    other = side("new\x1b", *(Part(DESCRIPTOR, name, figures) for name in names))
    text = printed(side("old"), other, width)
    assert max(map(len, text.splitlines())) <= width
    assert "\x1b" not in text
    assert f"{23 - MOST} more parts (--json)" in text


def test_the_differences_are_in_the_json() -> None:
    base, other = side("old", Part(SYSCALL, "read", {"calls": 3})), side("new")
    assert document([base, other])["differences"] == [
        {"base": "old", "run": "new", "kind": "syscall", "name": "read", "figure": "calls", "before": 3, "after": 0,
         "noise": None, "weight": "unknown"}
    ]  # fmt: skip
