"""A recording reads back as it was written, and can be followed while it grows."""

from __future__ import annotations

import os
from pathlib import Path

import pyarrow as pa
import pytest

from tests.tracer.recording.wires import Wired, events
from tracer.recording.errors import MissingRecording, NewerRecording, NotARecording
from tracer.recording.frames import batch_of
from tracer.recording.header import Header
from tracer.recording.reader import Recording
from tracer.recording.schema import FORMAT_VERSION, METADATA_KEY, schema
from tracer.recording.writer import Writer, create
from tracer.wire import End

HEADER = Header(command=("dd", "if=/dev/zero"), source="schedstat", pid=4003, began_ns=17)


def some(first: int, count: int) -> pa.RecordBatch:
    return batch_of([events([Wired(n, (b"x" * (n % 7),)) for n in range(first, first + count)])])


def test_what_was_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.iotrace"
    writer = Writer(create(path), HEADER)
    batches = [some(0, 23), some(23, 1), some(24, 101)]
    assert all(writer.write(batch) for batch in batches)
    writer.end(End.EXITED, 7 << 8, "the program ended")
    with Recording.open(path) as recording:
        assert recording.header == HEADER
        assert recording.batches[:-1] == batches
        assert recording.rows == 126  # and the END row
        assert recording.end is not None
        assert (recording.end.reason, recording.end.status) == (End.EXITED, 7 << 8)
        assert recording.end.text == "the program ended"
        assert recording.unread == 0
        assert recording.poll() == []


def test_a_growing_file_is_followed_batch_by_batch(tmp_path: Path) -> None:
    path = tmp_path / "a.iotrace"
    writer = Writer(create(path), HEADER)
    with Recording.open(path) as recording:
        assert recording.batches == []
        assert recording.poll() == []
        writer.write(some(0, 11))
        writer.write(some(11, 13))
        assert [batch.num_rows for batch in recording.poll()] == [11, 13]
        writer.write(some(24, 17))
        assert [batch.num_rows for batch in recording.poll()] == [17]
        assert not recording.ended
        writer.end(End.DETACHED, None, "let go")
        assert [batch.num_rows for batch in recording.poll()] == [1]
        assert recording.ended
        assert [batch.num_rows for batch in recording.batches] == [11, 13, 17, 1]


def test_half_a_batch_is_not_yet_there_until_its_other_half_comes(tmp_path: Path) -> None:
    path = tmp_path / "a.iotrace"
    writer = Writer(create(path), HEADER)
    writer.write(some(0, 11))
    whole = bytes(memoryview(some(11, 13).serialize()))
    with path.open("ab") as file, Recording.open(path) as recording:
        for begin, end in ((0, 5), (5, 300), (300, len(whole) - 1)):
            file.write(whole[begin:end])
            file.flush()
            assert recording.poll() == []
            assert recording.unread == end
        file.write(whole[-1:])
        file.flush()
        assert recording.poll() == [some(11, 13)]
        assert recording.unread == 0


def test_a_long_recording_is_mapped_and_a_long_followed_one_becomes_mapped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tracer.recording import reader

    monkeypatch.setattr(reader, "_MAP_FROM", 200_000)
    monkeypatch.setattr(reader, "_KEEP_UNMAPPED", 50_000)
    monkeypatch.setattr(reader, "_REMAP_AT", 300_000)
    path = tmp_path / "a.iotrace"
    writer = Writer(create(path), HEADER)
    with Recording.open(path) as following:
        for number in range(23):
            writer.write(some(number * 100, 97))
            following.poll()
        writer.end(End.EXITED, 0, "")
        following.poll()
        expected = [*(some(number * 100, 97) for number in range(23))]
        assert following.batches[:-1] == expected
        assert following.ended
        with Recording.open(path) as opened:
            assert opened.batches == following.batches
            assert opened.ended


def test_batches_outlive_the_recording(tmp_path: Path) -> None:
    path = tmp_path / "a.iotrace"
    writer = Writer(create(path), HEADER)
    writer.write(some(0, 97))
    with Recording.open(path) as recording:
        batch = recording.batches[0]
    path.unlink()
    assert batch == some(0, 97)


def test_a_missing_file_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(MissingRecording, match="iotrace record -o FILE"):
        Recording.open(tmp_path / "none.iotrace")


def test_a_directory_is_not_a_recording(tmp_path: Path) -> None:
    with pytest.raises(NotARecording, match="is a directory"):
        Recording.open(tmp_path)


def test_a_pipe_is_not_a_recording_and_does_not_block(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(NotARecording, match="regular file"):
        Recording.open(tmp_path / "pipe")


@pytest.mark.parametrize(
    "content", [b"\n", b"#!/bin/sh\necho\n", b"ARROW1\0\0" + b"\0" * 100, bytes(range(256)) * 19]
)
def test_other_files_are_not_recordings(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "other").write_bytes(content)
    with pytest.raises(NotARecording, match="is not an iotrace recording"):
        Recording.open(tmp_path / "other")


def test_an_empty_file_says_so(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    with pytest.raises(NotARecording, match="is empty"):
        Recording.open(tmp_path / "empty")


def test_an_arrow_stream_of_somebody_else_is_not_a_recording(tmp_path: Path) -> None:
    foreign = pa.schema([("a", pa.int64())])
    with pa.OSFile(str(tmp_path / "f"), "wb") as sink, pa.ipc.new_stream(sink, foreign):
        pass
    with pytest.raises(NotARecording, match="is not an iotrace recording"):
        Recording.open(tmp_path / "f")


def test_a_newer_format_is_refused_with_both_versions(tmp_path: Path) -> None:
    newer = Header(format=FORMAT_VERSION + 1)
    (tmp_path / "n").write_bytes(schema({METADATA_KEY: newer.to_json()}).serialize())
    with pytest.raises(NewerRecording, match=f"format {FORMAT_VERSION + 1}.*up to format {FORMAT_VERSION}"):
        Recording.open(tmp_path / "n")


def test_other_columns_under_our_name_are_refused(tmp_path: Path) -> None:
    made = pa.schema([("kind", pa.uint8())], metadata={METADATA_KEY: HEADER.to_json()})
    (tmp_path / "c").write_bytes(made.serialize())
    with pytest.raises(NotARecording, match="other columns"):
        Recording.open(tmp_path / "c")
