"""A disk that fills up: the recording ends in order, says so, and counts what is missing."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from tests.tracer.recording.kept import Clock, calls_of, numbered, snapshot
from tests.tracer.recording.test_reader import HEADER, some
from tracer import wire
from tracer.recording import writer as writing
from tracer.recording.errors import OutputFailed
from tracer.recording.limits import Limits
from tracer.recording.parts import Every, PartsWriter, create_first, parts_of
from tracer.recording.reader import Recording
from tracer.recording.tail import TailWriter
from tracer.recording.writer import Writer, create
from tracer.wire import End, Kind


class Disk:
    """`os.writev` with only `room` bytes left, as a full file system gives them: first short, then ENOSPC."""

    def __init__(self, room: int) -> None:
        self.room = room
        self.gives_back = True
        """False: somebody else takes at once whatever becomes free."""

    def writev(self, fd: int, parts: list[memoryview]) -> int:
        if self.room <= 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        written = os.write(fd, b"".join(parts)[: self.room])
        self.room -= written
        return written

    def ftruncate(self, fd: int, length: int) -> None:
        if self.gives_back:
            self.room += os.fstat(fd).st_size - length
        os.ftruncate(fd, length)


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    made = Disk(1 << 30)

    class Shim:
        ftruncate = staticmethod(made.ftruncate)
        lseek, close, open, SEEK_SET = os.lseek, os.close, os.open, os.SEEK_SET
        O_WRONLY, O_CREAT, O_EXCL, O_CLOEXEC = os.O_WRONLY, os.O_CREAT, os.O_EXCL, os.O_CLOEXEC

    class Wire:
        writev = staticmethod(made.writev)

    monkeypatch.setattr(writing, "os", Shim)
    monkeypatch.setattr(wire, "os", Wire)
    return made


def test_the_batch_that_does_not_fit_is_cut_off_and_counted(tmp_path: Path, disk: Disk) -> None:
    path = tmp_path / "a.iotrace"
    writer = Writer(create(path), HEADER)
    assert writer.write(some(0, 101))
    disk.room = some(101, 103).serialize().size - 1
    assert not writer.write(some(101, 103))
    assert writer.full == "No space left on device"
    assert not writer.write(some(204, 7))
    writer.end(End.NO_SPACE, None, "disk full")
    with Recording.open(path) as recording:
        assert recording.batches[0] == some(0, 101)
        last = recording.batches[1].to_pylist()
        assert [(row["kind"], row["args"][0]) for row in last] == [(Kind.LOST, 110), (Kind.END, 0)]
        assert recording.end is not None
        assert (recording.end.reason, recording.end.status) == (End.NO_SPACE, None)
        assert recording.unread == 0
    assert (writer.rows, writer.calls, writer.lost) == (101, 101, 110)


def test_without_room_for_the_end_the_last_batch_makes_room(tmp_path: Path, disk: Disk) -> None:
    path = tmp_path / "a.iotrace"
    writer = Writer(create(path), HEADER)
    assert writer.write(some(0, 11))
    assert writer.write(some(11, 101))
    disk.room = 5
    assert not writer.write(some(112, 3))
    writer.end(End.NO_SPACE, None, "disk full")
    with Recording.open(path) as recording:
        assert recording.batches[0] == some(0, 11)
        assert [row["args"][0] for row in recording.batches[1].to_pylist()] == [104, 0]
        assert recording.ended
    assert (writer.rows, writer.lost) == (11, 104)


def test_without_any_room_at_all_the_file_is_cut_at_a_batch(tmp_path: Path, disk: Disk) -> None:
    path = tmp_path / "a.iotrace"
    writer = Writer(create(path), HEADER)
    assert writer.write(some(0, 7))
    assert writer.write(some(7, 4))
    disk.gives_back = False
    disk.room = 0
    assert not writer.write(some(11, 3))
    writer.end(End.NO_SPACE, None, "disk full")
    with Recording.open(path) as recording:
        assert recording.batches == [some(0, 7)]
        assert not recording.ended
        assert recording.unread == 0


def test_a_header_that_does_not_fit_is_an_error(tmp_path: Path, disk: Disk) -> None:
    disk.room = 100
    with pytest.raises(OutputFailed, match="No space left on device"):
        Writer(create(tmp_path / "a.iotrace"), HEADER)


def test_a_device_that_is_full_is_an_error() -> None:
    with pytest.raises(OutputFailed, match="No space left on device"):
        Writer(create(Path("/dev/full"), overwrite=True), HEADER)


@pytest.fixture
def no_file_larger(monkeypatch: pytest.MonkeyPatch) -> int:
    """The size no file may exceed (RLIMIT_FSIZE, setrlimit(2)), for what goes into recordings."""
    largest = 64 << 10

    class Wire:
        @staticmethod
        def writev(fd: int, parts: list[memoryview]) -> int:
            room = largest - os.lseek(fd, 0, os.SEEK_CUR)
            if room <= 0:
                raise OSError(errno.EFBIG, os.strerror(errno.EFBIG))
            return os.write(fd, b"".join(parts)[:room])

    monkeypatch.setattr(wire, "os", Wire)
    return largest


def _told(recording: Recording) -> int:
    """How many events the file says are missing."""
    rows = [row for batch in recording.batches for row in batch.to_pylist() if row["kind"] == Kind.LOST]
    return sum(row["args"][0] for row in rows)


@pytest.mark.parametrize("count", [7, 101, 1009])
def test_of_a_tail_that_grew_too_large_each_call_is_there_or_missing(
    tmp_path: Path, no_file_larger: int, count: int
) -> None:
    path, made = tmp_path / "a.iotrace", 0
    writer = TailWriter(path, create(path), HEADER, Limits(last_ns=1 << 60), Clock())
    while made < 10 * count or writer.full is None:
        writer.write(numbered(made, count))
        made += count
    writer.end(End.NO_SPACE, None, "file too large")
    with Recording.open(path) as recording:
        assert (len(calls_of(recording)), _told(recording)) == (writer.calls, writer.lost)
    assert (writer.calls + writer.lost, writer.dropped_calls) == (made, 0)


@pytest.mark.parametrize("count", [7, 101, 1009])
def test_of_several_files_the_last_of_which_grew_too_large_too(
    tmp_path: Path, no_file_larger: int, count: int
) -> None:
    path, clock, made = tmp_path / "a.iotrace", Clock(), 0
    writer = PartsWriter(path, create_first(path), HEADER, Every(ns=10), Limits(), clock)
    while made < 10 * count or writer.full is None:
        writer.write(numbered(made, count))
        made += count
        clock.now_ns += made <= 3 * count and 5
        if writer.wants_cut():
            writer.cut(snapshot(clock.now_ns))
    writer.end(End.NO_SPACE, None, "file too large")
    recordings = [Recording.open(each) for each in parts_of(path)]
    assert sum(len(calls_of(each)) for each in recordings) == writer.calls
    assert sum(map(_told, recordings)) == writer.lost == made - writer.calls
