"""A recording in several files, each complete by itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tracer.recording.kept import HEADER, Clock, calls_of, numbered, snapshot
from tracer.recording.errors import MissingRecording, OutputExists
from tracer.recording.limits import Limits
from tracer.recording.parts import Every, PartsWriter, create_first, part_path, parts_of
from tracer.recording.reader import Recording
from tracer.wire import End

SECOND = 1_000_000_000


def parts(path: Path, clock: Clock, every: Every, **limits: int) -> PartsWriter:
    return PartsWriter(path, create_first(path), HEADER, every, Limits(**limits), clock)


def run(writer: PartsWriter, clock: Clock, seconds: int) -> None:
    for second in range(seconds):
        clock.now_ns += SECOND
        assert writer.write(numbered(7 * second, 7))
        if writer.wants_cut():
            writer.cut(snapshot(clock.now_ns))


def test_a_new_file_every_so_often_and_nothing_is_missing(tmp_path: Path) -> None:
    clock, path = Clock(), tmp_path / "a.iotrace"
    writer = parts(path, clock, Every(ns=10 * SECOND))
    run(writer, clock, 101)
    writer.end(End.EXITED, 3 << 8, "the program ended")
    files = parts_of(path)
    assert [each.name for each in files] == [f"a.iotrace.{n:03d}" for n in range(11)]
    recordings = [Recording.open(each) for each in files]
    assert [n for each in recordings for n in calls_of(each)] == list(range(707))
    assert [each.end.reason for each in recordings if each.end] == [End.CONTINUED] * 10 + [End.EXITED]
    assert recordings[3].end is not None
    assert recordings[3].end.text == "the recording goes on in a.iotrace.004"
    assert recordings[3].header.earlier["calls"] == 210
    assert (writer.calls, writer.dropped_calls, writer.newest) == (707, 0, files[-1])


def test_the_name_without_a_number_says_which_files_there_are(tmp_path: Path) -> None:
    clock, path = Clock(), tmp_path / "a.iotrace"
    run(parts(path, clock, Every(ns=10 * SECOND)), clock, 31)
    with pytest.raises(MissingRecording, match=r"a\.iotrace\.000 to a\.iotrace\.003"):
        Recording.open(path)


def test_a_size_begins_another_file_too(tmp_path: Path) -> None:
    clock, path = Clock(), tmp_path / "a.iotrace"
    writer = parts(path, clock, Every(bytes=1 << 16))
    run(writer, clock, 101)
    writer.end(End.EXITED, 0, "the program ended")
    sizes = [each.stat().st_size for each in parts_of(path)]
    assert len(sizes) > 2
    assert all((1 << 16) <= size < (1 << 16) + (1 << 13) for size in sizes[:-1])


def test_with_a_limit_the_oldest_files_go(tmp_path: Path) -> None:
    clock, path = Clock(), tmp_path / "a.iotrace"
    writer = parts(path, clock, Every(ns=10 * SECOND), last_ns=25 * SECOND)
    run(writer, clock, 101)
    writer.end(End.EXITED, 0, "the program ended")
    assert [each.name for each in parts_of(path)] == [f"a.iotrace.{n:03d}" for n in (7, 8, 9, 10)]
    kept = [n for each in parts_of(path) for n in calls_of(Recording.open(each))]
    assert kept == list(range(kept[0], 707))
    assert writer.calls == len(kept)
    assert writer.dropped_calls == kept[0]


def test_all_files_together_keep_to_a_size(tmp_path: Path) -> None:
    clock, path = Clock(), tmp_path / "a.iotrace"
    writer = parts(path, clock, Every(ns=1000 * SECOND), max_bytes=1 << 17)
    for second in range(101):
        clock.now_ns += SECOND
        assert writer.write(numbered(7 * second, 7))
        if writer.wants_cut():
            writer.cut(snapshot(clock.now_ns))
        assert sum(each.stat().st_size for each in parts_of(path)) <= 1 << 17
    assert writer.dropped_calls > 0


def test_files_of_that_name_are_not_overwritten_unless_told(tmp_path: Path) -> None:
    path = tmp_path / "a.iotrace"
    for number in (0, 7):
        part_path(path, number).write_bytes(b"old")
    (tmp_path / "a.iotrace.old").write_bytes(b"mine")
    with pytest.raises(OutputExists, match=r"a\.iotrace\.000"):
        create_first(path)
    create_first(path, overwrite=True)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["a.iotrace.000", "a.iotrace.old"]


def test_when_there_can_be_no_other_file_it_says_why(tmp_path: Path) -> None:
    clock, path = Clock(), tmp_path / "a.iotrace"
    writer = parts(path, clock, Every(ns=SECOND))
    part_path(path, 1).mkdir()
    clock.now_ns += 2 * SECOND
    assert writer.write(numbered(0, 7))
    assert writer.wants_cut()
    writer.cut(snapshot(clock.now_ns))
    assert writer.full is not None
    assert "directory" in writer.full
    assert not writer.write(numbered(7, 7))
    writer.end(End.NO_SPACE, None, "over")
    assert calls_of(Recording.open(part_path(path, 0))) == list(range(7))
