"""Cut and damaged recordings: an error or a shorter recording, never a crash, a hang or a wrong row.

A crash of the process would be one of Arrow's C++ code on offsets it did not check; that is why whatever is
read back is also touched, row by row and by the whole analysis.
"""

from __future__ import annotations

import contextlib
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.tracer.recording.test_reader import HEADER, some
from tracer.analyze.tally import Tally
from tracer.recording.errors import RecordingError
from tracer.recording.reader import Recording
from tracer.recording.schema import METADATA_KEY, schema
from tracer.recording.writer import Writer, create
from tracer.wire import End

relaxed = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A recording of 11 + 13 + 1 events, small enough to be hit everywhere."""
    path = tmp_path_factory.mktemp("whole") / "whole.iotrace"
    writer = Writer(create(path), HEADER)
    writer.write(some(0, 11))
    writer.write(some(11, 13))
    writer.end(End.EXITED, 0, "the program ended")
    return path.read_bytes()


def read(path: Path, content: bytes) -> list[pa.RecordBatch]:
    path.write_bytes(content)
    with Recording.open(path) as recording:
        tally = Tally(recording.header)
        for batch in recording.batches:
            batch.to_pylist()
            tally.add(batch)
        tally.report(tally.default_phase)
        return list(recording.batches)


@relaxed
@given(data=st.data())
def test_cut_anywhere_it_has_its_whole_batches(whole: bytes, tmp_path: Path, data: st.DataObject) -> None:
    length = data.draw(st.integers(0, len(whole)))
    header = schema({METADATA_KEY: HEADER.to_json()}).serialize().size
    if length < header:
        with pytest.raises(RecordingError):
            read(tmp_path / "cut", whole[:length])
        return
    ends = [header + some(0, 11).serialize().size]
    ends.append(ends[0] + some(11, 13).serialize().size)
    whole_before = sum(end <= length for end in ends)
    batches = read(tmp_path / "cut", whole[:length])
    assert batches[:2] == [some(0, 11), some(11, 13)][:whole_before]
    assert len(batches) == whole_before or length >= len(whole) - 8


def test_cut_at_every_offset_around_the_ends_of_batches(whole: bytes, tmp_path: Path) -> None:
    path = tmp_path / "w"
    path.write_bytes(whole)
    lengths = [memory.serialize().size for memory in (some(0, 11), some(11, 13))]
    with Recording.open(path) as recording:
        begin = path.stat().st_size - sum(lengths) - recording.batches[2].serialize().size - 8
    for ends, at in ((0, begin), (1, begin + lengths[0]), (2, begin + sum(lengths))):
        for offset in range(-9, 10):
            cut = at + offset
            have = ends - (offset < 0)
            if have < 0:
                continue
            assert len(read(path, whole[:cut])) == have


@relaxed
@given(data=st.data())
def test_flipped_bits_never_crash(whole: bytes, tmp_path: Path, data: st.DataObject) -> None:
    damaged = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, len(whole) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    with contextlib.suppress(RecordingError):
        read(tmp_path / "flipped", bytes(damaged))


@relaxed
@given(data=st.data())
def test_extreme_numbers_never_crash(whole: bytes, tmp_path: Path, data: st.DataObject) -> None:
    damaged = bytearray(whole)
    width = data.draw(st.sampled_from([4, 8]))
    at = data.draw(st.integers(0, len(whole) // width - 1)) * width
    damaged[at : at + width] = data.draw(st.sampled_from([b"\xff", b"\x7f", b"\x80", b"\0"])) * width
    with contextlib.suppress(RecordingError):
        read(tmp_path / "extreme", bytes(damaged))


@relaxed
@given(data=st.data())
def test_moved_and_doubled_stretches_never_crash(whole: bytes, tmp_path: Path, data: st.DataObject) -> None:
    at, source = (data.draw(st.integers(0, len(whole))) for _ in range(2))
    piece = whole[source : source + data.draw(st.integers(0, 600))]
    with contextlib.suppress(RecordingError):
        read(tmp_path / "moved", whole[:at] + piece + whole[at + data.draw(st.integers(0, 600)) :])
