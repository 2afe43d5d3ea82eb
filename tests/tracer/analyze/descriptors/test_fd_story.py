"""The story of a descriptor around one line of a recording."""

from __future__ import annotations

from collections.abc import Sequence

from tests.tracer.rows import EXIT, TestRow, batch, piece, row
from tests.tui import batches
from tracer.analyze.descriptors.fd_story import FdStory, Use, story_of
from tracer.analyze.descriptors.history import History, Lives
from tracer.analyze.lines.lines import Lines
from tracer.analyze.row_places import RowPlaces
from tracer.analyze.tally import Tally

FILE = b"/tmp/a\0"


def opened(fd: int) -> TestRow:
    return row("openat", -100, 0x1000, 0, result=fd, memory=[piece(1, 0, 0x1000, FILE)])


def stories(calls: Sequence[TestRow]) -> list[FdStory | None]:
    """The story at every line; the recording has batches of four rows."""
    tally, lines = Tally(batches.header()), Lines()
    history = tally.descriptors.history = History()
    made = [batch(calls[first : first + 4]) for first in range(0, len(calls), 4)]
    for number, each in enumerate(made):
        counted = tally.add(each)
        assert counted is not None, number
        lines.add(each, counted)
    lives = Lives(history, tally.descriptors.seen)
    lives.update()
    places = RowPlaces(made, range(0, len(calls), 4), lines)
    return [story_of(places, tally.descriptors.seen, lives, tally.codes.facts, line) for line in range(lines.count)]


def names(*uses: Use | None) -> list[tuple[int, str] | None]:
    return [None if use is None else (use.line, use.name) for use in uses]


def test_who_opened_it_used_it_and_closed_it() -> None:
    """Two generations of one number are told apart; calls on other descriptors are left out."""
    calls = [
        opened(3), row("read", 3, 0, 9), row("read", 0, 0, 9), row("write", 3, 0, 9), row("close", 3),
        opened(3), row("fstat", 3, 0), row("getpid"),
    ]  # fmt: skip
    found = stories(calls)
    first = found[3]
    assert first is not None
    assert (first.fd, first.generation, first.still_open) == (3, 0, False)
    assert (first.what, first.opened_by) == ("/tmp/a", "openat")
    assert names(first.opened, first.previous, first.next, first.closed) == [
        (0, "openat"), (1, "read"), (4, "close"), (4, "close"),
    ]  # fmt: skip
    second = found[6]
    assert second is not None
    assert (second.generation, second.still_open) == (1, True)
    assert names(second.opened, second.previous, second.next, second.closed) == [(5, "openat"), None, None, None]
    assert found[7] is None


def test_what_was_there_before_has_no_opening() -> None:
    story = stories([row("read", 0, 0, 9), row("read", 0, 0, 9)])[1]
    assert story is not None
    assert (story.opened_by, story.opened, story.still_open) == ("inherited", None, True)


def test_a_pair_is_opened_by_one_call() -> None:
    ends = piece(0, EXIT, 0x1000, (5).to_bytes(4, "little") + (6).to_bytes(4, "little"))
    story = stories([row("pipe2", 0x1000, 0, memory=[ends]), row("write", 6, 0, 9, result=9)])[1]
    assert story is not None
    assert names(story.opened) == [(0, "pipe2")]
    assert "write end" in story.what
