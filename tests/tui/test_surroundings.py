"""What a row has to do with others, told by the source: watched descriptors, places, figures, sums."""

from __future__ import annotations

import struct
from pathlib import Path

from tests.tracer.rows import ENTRY, EXIT, TestRow, batch, piece, row
from tests.tui.batches import writer
from tests.tui.test_source import polled
from tracer.wire import End
from tui.source import RecordingSource

BASE, STACK = 0x7F00_0000_0000, 0x7FFC_0000_1000
DATA = 0x5555_0000_1230


def source_of(path: Path, *rows: TestRow) -> RecordingSource:
    """A finished recording of `rows`, three a batch."""
    recording = writer(path)
    for first in range(0, len(rows), 3):
        recording.write(batch(rows[first : first + 3]))
    recording.end(End.EXITED, 0, "the program exited")
    return RecordingSource(path)


def ctl(operation: int, fd: int, data: int) -> TestRow:
    return row("epoll_ctl", 5, operation, fd, STACK, memory=[piece(3, ENTRY, STACK, struct.pack("<IQ", 1, data))])


def wait(data: int) -> TestRow:
    event = piece(1, EXIT, STACK, struct.pack("<IQ", 1, data))
    return row("epoll_wait", 5, STACK, 8, -1, result=1, memory=[event])


def test_lines_and_details_show_which_descriptor_an_event_is_about(tmp_path: Path) -> None:
    """As it was registered at that line: the same data may stand for another one later."""
    source = source_of(
        tmp_path / "run.iotrace", ctl(1, 7, DATA), wait(DATA), ctl(2, 7, 0), ctl(1, 9, DATA), wait(DATA), wait(17)
    )
    snapshot = polled(source)
    lines = [each.args[1] for each in source.rows(snapshot, 0, 6) if each.name == "epoll_wait"]
    assert [f"(fd {fd})" in line for fd, line in zip((7, 9), lines, strict=False)] == [True, True]
    assert "(fd" not in lines[2]
    assert source.details(snapshot, 1).tree[1].children[0].children[-1].text == "fd 7"


def test_copies_say_what_lies_at_their_address(tmp_path: Path) -> None:
    """A mapped file by the name it had when it was mapped, though the descriptor is long closed."""
    name = piece(1, ENTRY, STACK, b"/tmp/data\0")
    mapped = row("mmap", 0, 8192, 1, 2, 3, 0, result=BASE)
    source = source_of(
        tmp_path / "run.iotrace",
        row("openat", -100, STACK, 0, result=3, memory=[name]), mapped, row("close", 3),
        row("write", 1, BASE + 64, 61, result=61), row("write", 1, 0x1000, 61, result=61),
    )  # fmt: skip
    snapshot = polled(source)
    assert [copied.where for copied in source.details(snapshot, 3).copied] == ["file data"]
    assert [copied.where for copied in source.details(snapshot, 4).copied] == [""]


def test_figures_and_sums_are_of_the_whole_recording(tmp_path: Path) -> None:
    """Each read that brings data is a message; any number beyond the last is the last."""
    reads = [row("read", 3, STACK, 64, result=61, memory=[piece(1, EXIT, STACK, b"x" * 61)]) for _ in range(7)]
    source = source_of(tmp_path / "run.iotrace", row("getpid"), *reads, row("read", 3, STACK, 64, result=-11))
    snapshot = polled(source)
    told: list[float] = []
    drawn = source.figure(99, lambda: False, told.append)
    assert drawn is not None
    assert drawn.figure is not None
    assert (drawn.messages, drawn.figure.number, drawn.figure.size, drawn.line) == (7, 7, 61, 7)
    assert told == sorted(told)
    assert source.figure(1, lambda: True, told.append) is not None, "all of it was read before"
    sums = source.line_sums(snapshot, lambda: False)
    assert sums is not None
    assert (sums.syscalls["read"].calls, sums.errors["EAGAIN"].breakdown) == (8, {"read": 1})
    assert source.line_of(5) == 5


def test_a_search_for_messages_can_be_stopped(tmp_path: Path) -> None:
    """And begins where it stopped."""
    source = source_of(tmp_path / "run.iotrace", row("getpid"))
    polled(source)
    assert source.figure(None, lambda: True, lambda _: None) is None
    drawn = source.figure(None, lambda: False, lambda _: None)
    assert drawn is not None
    assert (drawn.figure, drawn.messages) == (None, 0)


def test_the_story_of_a_descriptor_does_not_wait_for_the_worker(tmp_path: Path) -> None:
    """While that brings the lives up to date nobody else may: both would take in the same changes."""
    name = piece(1, ENTRY, STACK, b"/tmp/data\0")
    opened = row("openat", -100, STACK, 0, result=3, memory=[name])
    source = source_of(tmp_path / "run.iotrace", opened, row("read", 3, STACK, 64, result=0))
    snapshot = polled(source)
    with source._intake.surroundings._lock:
        assert source.details(snapshot, 1).story is None
    story = source.details(snapshot, 1).story
    assert story is not None
    assert (story.fd, story.opened_by) == (3, "openat")
