"""Wire frames become the recording's columns, whatever the pipe does to them on the way."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tracer.recording.wires import HELLO, Wired, columns, events, frame
from tracer.recording.frame_buffer import FrameBuffer
from tracer.recording.frames import BrokenWire, Columns, Events, batch_of
from tracer.recording.schema import schema
from tracer.wire import Kind

contents = st.lists(st.binary(max_size=40), max_size=4).map(tuple)
wired = st.builds(Wired, st.integers(0, 1 << 20), contents, st.sampled_from(list(Kind)))


@given(st.lists(st.lists(wired, max_size=7), max_size=5))
def test_every_field_of_every_event_arrives(frames: list[list[Wired]]) -> None:
    batch = batch_of([events(each) for each in frames])
    batch.validate(full=True)
    assert batch.schema == schema()
    rows = batch.to_pylist()
    sent = [each for some in frames for each in some]
    assert len(rows) == len(sent)
    for row, each in zip(rows, sent, strict=True):
        n = each.number
        assert [row["kind"], row["nr"], row["pid"], row["tid"]] == [each.kind, n, n + 1, n + 2]
        assert row["args"] == [n, n + 1, n + 2, n + 3, n + 4, 2**64 - 1]
        assert [row["result"], row["at_ns"], row["span_ns"]] == [-n, n * 1000, n + 3]
        assert [row["wall_ns"], row["user_delay_ns"], row["ip"]] == [n + 5, n + 10, n + 11]
        assert [row["switches"], row["user_switches"], row["stops"], row["user_stops"]] == [1, 2, 3, 4]
        assert [piece["bytes"] for piece in row["memory"]] == list(each.memory)
        assert [piece["address"] for piece in row["memory"]] == [0x1000 + i for i in range(len(each.memory))]


@given(st.lists(st.lists(wired, max_size=3), max_size=4), st.lists(st.integers(1, 97), min_size=1, max_size=30))
def test_frames_may_be_cut_anywhere(frames: list[list[Wired]], cuts: list[int]) -> None:
    sent: list[Events | dict[str, object]] = [HELLO, *(events(each) for each in frames)]
    stream = b"".join(frame(each) for each in sent)
    buffer, got = FrameBuffer(), []
    while stream:
        cut = cuts[len(stream) % len(cuts)]
        got += list(buffer.feed(stream[:cut]))
        stream = stream[cut:]
    assert got == sent
    assert not buffer.cut


def test_an_unfinished_frame_is_told() -> None:
    buffer = FrameBuffer()
    assert list(buffer.feed(frame(events([Wired(3)]))[:-1])) == []
    assert buffer.cut


def test_foreign_bytes_are_refused() -> None:
    with pytest.raises(BrokenWire, match="unknown type"):
        list(FrameBuffer().feed(b"HTTP/1.1 200 OK\r\n\r\n"))


def test_counts_that_disagree_with_the_sections_are_refused() -> None:
    good = events([Wired(5, (b"abc",))])
    for broken in (
        Events(1, good.records, b"", good.memory),
        Events(1, good.records, good.items, b"ab"),
        Events(1, good.records, good.items, b"abcd"),
    ):
        with pytest.raises(BrokenWire):
            batch_of([broken])


@given(
    st.lists(st.tuples(st.booleans(), st.lists(wired, max_size=5)), max_size=5),
    st.lists(st.integers(1, 997), min_size=1, max_size=30),
)
def test_columns_and_records_come_to_the_same(frames: list[tuple[bool, list[Wired]]], cuts: list[int]) -> None:
    """In any mixture, in order, wherever the pipe cuts them."""
    stream = b"".join(columns(some) if many else frame(events(some)) for many, some in frames)
    buffer, got = FrameBuffer(), []
    while stream:
        cut = cuts[len(stream) % len(cuts)]
        got += list(buffer.feed(stream[:cut]))
        stream = stream[cut:]
    assert [isinstance(each, Columns) for each in got] == [many for many, _ in frames]
    batch = batch_of([each for each in got if isinstance(each, Events | Columns)])
    batch.validate(full=True)
    assert batch.to_pylist() == batch_of([events([each for _, some in frames for each in some])]).to_pylist()


def test_a_large_frame_is_read_to_where_it_stays() -> None:
    """Part of it came with what was before it; what comes behind it is the next frame's."""
    rows = [Wired(number, (b"x" * 23,)) for number in range(1009)]
    stream = frame(HELLO) + columns(rows)
    buffer = FrameBuffer()
    assert list(buffer.feed(stream[:997])) == [HELLO]
    assert len(buffer.room()) == len(stream) - 997
    assert buffer.cut
    taken = 997
    while room := buffer.room()[:40_009]:
        room[:] = stream[taken : taken + len(room)]
        taken += len(room)
        found = list(buffer.filled(len(room)))
    (whole,) = found
    assert isinstance(whole, Columns)
    assert batch_of([whole]).to_pylist() == batch_of([events(rows)]).to_pylist()
    assert whole.memory == b"x" * 23 * 1009
    assert not buffer.cut
    assert [len(each.memory) for each in buffer.feed(columns(rows[:3])) if isinstance(each, Columns)] == [3 * 23]


def test_columns_that_disagree_with_their_counts_are_refused() -> None:
    """Offsets that lead beyond what there is would crash whoever reads the recording."""
    good = columns([Wired(5, (b"abc",))])
    for place in (good.index(b"\1\0\0\0", 64 * 23), good.index(b"\3\0\0\0", 64 * 23)):
        (broken,) = FrameBuffer().feed(good[:place] + b"\7" + good[place + 1 :])
        assert isinstance(broken, Columns)
        with pytest.raises(BrokenWire):
            batch_of([broken])
