"""The tail of a run: never more than asked for on disk, readable at every moment, nothing in it missing."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tracer.recording.kept import HEADER, Clock, calls_of, numbered, snapshot
from tracer.recording.limits import Limits
from tracer.recording.reader import Recording
from tracer.recording.rows import Ended
from tracer.recording.tail import TailWriter
from tracer.recording.writer import create
from tracer.wire import End, Kind

SECOND = 1_000_000_000
KIB = 1 << 10


def tail(path: Path, clock: Clock, **limits: int) -> TailWriter:
    return TailWriter(path, create(path), HEADER, Limits(**limits), clock)


def step(writer: TailWriter, clock: Clock, first: int, count: int = 7, memory: bytes = b"") -> None:
    assert writer.write(numbered(first, count, memory))
    if writer.wants_cut():
        writer.cut(snapshot(clock.now_ns))


def test_as_much_as_asked_for_is_kept_and_not_twice_as_much(tmp_path: Path) -> None:
    clock, path = Clock(), tmp_path / "a.iotrace"
    writer = tail(path, clock, last_ns=10 * SECOND)
    for second in range(101):
        clock.now_ns += SECOND
        step(writer, clock, 7 * second)
        with Recording.open(path) as recording:
            kept = calls_of(recording)
            assert kept[-1] == 7 * second + 6
            assert kept == list(range(kept[0], kept[-1] + 1))
            assert min(7 * 9, 7 * second + 7) <= len(kept) <= 7 * 16
            assert recording.header.earlier.get("calls", 0) == kept[0]
    writer.end(End.EXITED, 0, "the program ended")
    with Recording.open(path) as recording:
        assert recording.end is not None
        assert recording.end.reason is End.EXITED
        assert writer.dropped_calls + writer.calls == 707 == writer.dropped_calls + len(calls_of(recording))
    assert os.listdir(tmp_path) == ["a.iotrace"]


def test_the_header_says_what_was_before_and_when_it_begins(tmp_path: Path) -> None:
    clock, path = Clock(), tmp_path / "a.iotrace"
    writer = tail(path, clock, last_ns=10 * SECOND)
    for second in range(30):
        clock.now_ns += SECOND
        step(writer, clock, 7 * second)
    header = Recording.open(path).header
    began_s = (header.began_ns - 1_000) // SECOND
    assert header.earlier == {
        "rows": 7 * began_s, "calls": 7 * began_s, "batches": began_s, "began_ns": 17, "part": 0, "snapshot": 1,
    }  # fmt: skip
    assert header.began_unix_ns - HEADER.began_unix_ns == header.began_ns - HEADER.began_ns
    assert header.command == ("prog",)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 97), st.sampled_from([0, 100, 5_000])), min_size=5, max_size=40), st.data()
)
def test_a_size_is_never_exceeded(sizes: list[tuple[int, int]], data: st.DataObject) -> None:
    """Whatever comes, and whether capture answers at once, late or never."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        clock, path = Clock(), Path(folder) / "a.iotrace"
        writer = tail(path, clock, max_bytes=256 * KIB)
        first, asked = 0, False
        for count, memory in sizes:
            assert writer.write(numbered(first, count, bytes(memory)))
            first += count
            clock.now_ns += SECOND
            asked = writer.wants_cut() or asked
            if asked and data.draw(st.booleans()):
                writer.cut(snapshot(clock.now_ns))
                asked = False
            assert writer.bytes <= 256 * KIB
            with Recording.open(path) as recording:
                kept = calls_of(recording)
                assert kept == list(range(recording.header.earlier.get("calls", 0), first))
        writer.end(End.EXITED, 0, "the program ended")
        assert path.stat().st_size <= 256 * KIB + 4 * KIB  # and its end


def test_without_an_answer_it_says_that_the_state_is_not_known(tmp_path: Path) -> None:
    clock, path = Clock(), tmp_path / "a.iotrace"
    writer = tail(path, clock, max_bytes=64 * KIB)
    for turn in range(101):
        assert writer.write(numbered(11 * turn, 11, bytes(100)))
        writer.wants_cut()
    assert Recording.open(path).header.earlier["snapshot"] == 0


def test_a_row_that_never_fits_is_lost_and_counted(tmp_path: Path) -> None:
    clock, path = Clock(), tmp_path / "a.iotrace"
    writer = tail(path, clock, max_bytes=64 * KIB)
    writer.write(numbered(0, 3))
    writer.write(numbered(3, 1, bytes(100 * KIB)))
    writer.write(numbered(4, 3))
    assert writer.lost == 1
    assert writer.bytes <= 64 * KIB
    assert calls_of(Recording.open(path))[-3:] == [4, 5, 6]


def test_a_reader_that_follows_sees_every_row_once(tmp_path: Path) -> None:
    clock, path = Clock(), tmp_path / "a.iotrace"
    writer = tail(path, clock, last_ns=10 * SECOND)
    reader = Recording.open(path)
    for second in range(101):
        clock.now_ns += SECOND
        step(writer, clock, 7 * second)
        if second % 4 == 3:
            reader.poll()
    writer.end(End.EXITED, 0, "the program ended")
    reader.poll()
    assert calls_of(reader) == list(range(707))
    assert isinstance(reader.end, Ended)
    assert reader.rows == sum(batch.num_rows for batch in reader.batches)
    assert not [batch for batch in reader.batches if Kind.LOST in batch.column("kind").to_pylist()]


def test_a_reader_that_is_too_slow_is_told_how_much_it_missed(tmp_path: Path) -> None:
    clock, path = Clock(), tmp_path / "a.iotrace"
    writer = tail(path, clock, last_ns=4 * SECOND)
    reader = Recording.open(path)
    for second in range(101):
        clock.now_ns += SECOND
        step(writer, clock, 7 * second)
        if second == 3:
            reader.poll()
    reader.poll()
    seen = calls_of(reader)
    lost = [
        args[0]
        for batch in reader.batches
        for kind, args in zip(batch.column("kind").to_pylist(), batch.column("args").to_pylist(), strict=True)
        if kind == Kind.LOST
    ]
    assert seen[:28] == list(range(28))
    assert seen[-1] == 706
    assert lost == [707 - len(seen)]


def test_a_file_of_another_run_under_that_name_is_not_followed(tmp_path: Path) -> None:
    clock, path = Clock(), tmp_path / "a.iotrace"
    writer = tail(path, clock, last_ns=4 * SECOND)
    step(writer, clock, 0)
    reader = Recording.open(path)
    other = tmp_path / "b.iotrace"
    TailWriter(other, create(other), HEADER.__class__(capture_pid=1), Limits(last_ns=SECOND), clock)
    os.replace(other, path)
    step(writer, clock, 7)
    reader.poll()
    assert calls_of(reader) == list(range(14))


def test_where_files_need_a_name_they_get_one_and_leave_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """File systems without O_TMPFILE (open(2)): NFS, some overlays."""
    really = os.open

    def refuse(path: str, flags: int, mode: int = 0o777, **more: int) -> int:
        if flags & os.O_TMPFILE == os.O_TMPFILE:
            raise OSError(errno.EOPNOTSUPP, "no")
        return really(path, flags, mode, **more)

    monkeypatch.setattr(os, "open", refuse)
    clock, path = Clock(), tmp_path / "a.iotrace"
    writer = tail(path, clock, last_ns=4 * SECOND)
    for second in range(31):
        clock.now_ns += SECOND
        step(writer, clock, 7 * second)
    assert len(os.listdir(tmp_path)) > 1
    writer.end(End.EXITED, 0, "the program ended")
    assert os.listdir(tmp_path) == ["a.iotrace"]
    assert calls_of(Recording.open(path))[-1] == 216


def test_when_the_older_part_cannot_be_replaced_recording_stops(tmp_path: Path) -> None:
    """Its folder is gone: going on would break the promise of how much is on disk."""
    clock, folder = Clock(), tmp_path / "there"
    folder.mkdir()
    path = folder / "a.iotrace"
    writer = tail(path, clock, last_ns=4 * SECOND)
    reader = Recording.open(path)
    folder.rename(tmp_path / "gone")
    results = []
    for second in range(31):
        clock.now_ns += SECOND
        results.append(writer.write(numbered(7 * second, 7)))
        if writer.wants_cut():
            writer.cut(snapshot(clock.now_ns))
    # Without the folder there are no younger generations; what there is goes on, or says why it does not.
    assert all(results) == (writer.full is None)
    writer.end(End.NO_SPACE if writer.full else End.EXITED, None, "over")
    reader.poll()
    assert reader.ended
