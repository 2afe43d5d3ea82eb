"""The traced program's terminal, on a real pty."""

from __future__ import annotations

import os
import termios
from collections.abc import Iterator
from threading import Event, Thread

import pytest
from textual.message import Message

from tests.tui.fakes import FakeRun
from tui.drawing.terminal import Picture
from tui.messages import Printed
from tui.terminal import ProgramTerminal


@pytest.fixture
def run() -> Iterator[FakeRun]:
    """A live run whose slave we hold."""
    made = FakeRun()
    yield made
    made.close()


def sized(run: FakeRun, rows: int, cols: int) -> ProgramTerminal:
    """A terminal of this size."""
    termios.tcsetwinsize(run.terminal, (rows, cols))
    return ProgramTerminal(run.terminal)


def text(picture: Picture) -> list[str]:
    """The lines without looks and trailing blanks."""
    return ["".join(segment.text for segment in line).rstrip() for line in picture.lines]


def test_what_the_program_prints_is_shown(run: FakeRun) -> None:
    """Colours become styles, not text."""
    terminal = sized(run, 5, 40)
    terminal.feed(b"plain \x1b[31mred\x1b[0m\r\nsecond")
    picture = terminal.picture()
    assert text(picture) == ["plain red", "second", "", "", ""]
    assert str(picture.lines[0][1].style) == "red"
    assert picture.cursor == (6, 1)


def test_only_changed_lines_are_drawn_again(run: FakeRun) -> None:
    """The others are the same objects as before."""
    terminal = sized(run, 5, 40)
    terminal.feed(b"one\r\ntwo\r\n")
    before = terminal.picture()
    terminal.feed(b"three")
    after = terminal.picture()
    assert [new is old for new, old in zip(after.lines, before.lines, strict=True)] == [
        True,
        True,
        False,
        True,
        True,
    ]


def test_a_smaller_terminal_keeps_what_is_above_the_cursor(run: FakeRun) -> None:
    """Empty lines at the bottom go first, then the oldest at the top."""
    terminal = sized(run, 7, 40)
    terminal.feed(b"one\r\ntwo\r\nthree")
    terminal.resize(4, 40)
    assert text(terminal.picture()) == ["one", "two", "three", ""]
    terminal.resize(2, 3)
    assert text(terminal.picture()) == ["two", "thr"]
    terminal.resize(5, 40)
    assert text(terminal.picture()) == ["two", "thr", "", "", ""]


def test_what_is_printed_before_the_screen_is_there_has_the_width_of_the_pty(run: FakeRun) -> None:
    """It was 80 at first, and the lines of an editor that began quickly were broken."""
    line = b"x" * 100
    terminal = sized(run, 3, 100)
    terminal.feed(line)
    assert text(terminal.picture()) == [line.decode(), "", ""]


def test_only_the_sequence_that_is_not_understood_is_lost(run: FakeRun) -> None:
    """Not all that was printed with it; the first has a parameter too many for the emulator."""
    terminal = sized(run, 3, 40)
    terminal.feed(b"one\x1b[1;2;3H two\x1b[?4m three\r\n\x1b[31mred")
    terminal.feed(b"\x1b[2")
    terminal.feed(b";9Hcut")
    assert text(terminal.picture()) == ["one two three", "red     cut", ""]


@pytest.mark.parametrize(
    "nonsense", [b"\x1b[>4;2m", b"\x1b[?1;2;3;4x", b"\x1b[999999999999m", b"\xff\xfe\x9b", b"\x1b]0;title\x07"]
)
def test_nonsense_does_no_harm(run: FakeRun, nonsense: bytes) -> None:
    """The terminal goes on after sequences it does not know."""
    terminal = sized(run, 5, 40)
    terminal.feed(nonsense)
    terminal.feed(b"\x1b\\\x1b[2J\x1b[Hafter")
    assert text(terminal.picture())[0].endswith("after")


def test_the_program_is_answered(run: FakeRun) -> None:
    """A device status report (CSI 6 n) gets the cursor's position."""
    os.set_blocking(run.slave, False)
    terminal = sized(run, 5, 40)
    _raw(run.slave)
    terminal.feed(b"ab\x1b[6n")
    assert os.read(run.slave, 100) == b"\x1b[1;3R"


def test_what_is_typed_reaches_the_program(run: FakeRun) -> None:
    """Byte for byte."""
    _raw(run.slave)
    sized(run, 5, 40).write(b"hello\r")
    assert os.read(run.slave, 100) == b"hello\r"


def test_the_reader_posts_pictures_until_it_is_stopped(run: FakeRun) -> None:
    """From its own thread, and it ends when told."""
    posted: list[Message] = []
    printed, stop = Event(), Event()

    def post(message: Message) -> None:
        posted.append(message)
        printed.set()

    terminal = sized(run, 5, 40)
    thread = Thread(target=terminal.read, args=(post, stop))
    thread.start()
    os.write(run.slave, b"23 messages\n")
    assert printed.wait(10)
    stop.set()
    thread.join(10)
    assert not thread.is_alive()
    message = posted[0]
    assert isinstance(message, Printed)
    assert text(message.picture)[0] == "23 messages"


def _raw(slave: int) -> None:
    import tty

    tty.setraw(slave)
