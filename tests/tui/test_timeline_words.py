"""What is written into a lane: names where a call is wide enough, bytes of copies where there is room."""

from __future__ import annotations

import errno
from dataclasses import replace

import numpy as np
import pytest

from tests.tracer.analyze.waiting import lives_of
from tests.tracer.rows import TestRow, row
from tracer.analyze.descriptors.lives import DescriptorLives
from tracer.wire import Kind
from tui.drawing.timeline_glyphs import ASCII, UNICODE
from tui.drawing.timeline_lane import Words
from tui.drawing.timeline_window import Window
from tui.timeline_words import name_words, names_and_copies

WINDOW = Window(0, 1_000, 100, 0, 1_000)
"""Ten ns a cell."""


def lives(*rows: TestRow) -> DescriptorLives:
    return lives_of([[*rows, row("exit", 0, kind=Kind.ENTERED, at_ns=5_000)]])


def read(at_ns: int, wall_ns: int, result: int = 61) -> TestRow:
    return row("read", 3, 0x5000, 64, result=result, at_ns=at_ns, wall_ns=wall_ns)


def drawn(*rows: TestRow, window: Window = WINDOW, texts: bool = False) -> tuple[list[Words], list[Words]]:
    """Names and copies of the rows, which are of one thread."""
    made = lives(*rows)
    lines, facts = made.places.lines, made.tally.codes.facts
    numbers = np.arange(len(rows))
    text = (lambda _line: "read(3, …, 64) = 61") if texts else None
    return names_and_copies(lines, numbers, window, UNICODE, lambda code: facts[code].name, text)


def test_a_wide_call_has_its_name_and_a_narrow_one_none() -> None:
    """Between the first and the last of its cells."""
    names, _ = drawn(read(100, 60), read(400, 20))
    assert names == [Words(11, 15, ("read", "read"), "strong")]


def test_with_much_room_the_arguments_come_too() -> None:
    names, _ = drawn(read(100, 200), read(400, 60), texts=True)
    assert [each.texts for each in names] == [("read(3, …, 64) = 61", "read", "read"), ("read", "read")]


@pytest.mark.parametrize(
    ("result", "style", "word"),
    [(-errno.EAGAIN, "wasted", "read EAGAIN"), (-errno.EIO, "failed", "read EIO"), (61, "strong", "read")],
)
def test_a_failure_is_named(result: int, style: str, word: str) -> None:
    ((name,), _) = drawn(read(100, 200, result))
    assert (name.style, name.texts) == (style, (word, "read"))


def test_bytes_stand_where_they_crossed_up_to_the_next() -> None:
    """Out at the return; two copies beside each other have no room for their bytes."""
    _, copies = drawn(
        read(100, 50), read(300, 50), read(310, 50), row("write", 3, 0x5000, 9, result=9, at_ns=700, wall_ns=90)
    )
    assert copies == [
        Words(15, 35, ("↑61",), "copy_out"), Words(36, 70, ("↑61",), "copy_out"),
        Words(70, 100, ("↓9",), "copy_in"),
    ]  # fmt: skip


def test_what_is_outside_the_window_is_not_written() -> None:
    """However far: a call that began before and ends in it has its name in the visible part."""
    window = replace(WINDOW, begin_ns=1_000_000, end_ns=1_001_000, last_ns=10**15)
    assert drawn(read(100, 60), window=window) == ([], [])
    names, copies = drawn(read(0, 1_000_500), window=window)
    assert names == [Words(0, 49, ("read", "read"), "strong")]
    assert [each.first for each in copies] == [50]


def test_a_text_in_ascii_has_no_other_shape() -> None:
    made = lives(read(0, 900))
    facts = made.tally.codes.facts
    ((name,), _) = names_and_copies(
        made.places.lines, np.arange(1), WINDOW, ASCII, lambda code: facts[code].name, lambda _: "read(3, …)"
    )
    assert name.texts[0] == "read(3, ~)"


def test_nothing_is_written_without_a_text_or_without_room() -> None:
    assert name_words((), 0, 900, WINDOW, "strong") == []
    assert name_words(("x",), 0, 30, WINDOW, "strong") == []
    assert name_words(("x",), 0, 40, WINDOW, "strong") == [Words(1, 3, ("x",), "strong")]
