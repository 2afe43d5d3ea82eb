"""Messages survive being cut anywhere; every damage and every gap is counted once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workloads.errors import FeederLost
from workloads.inbox import Inbox, Latencies, Tally
from workloads.message import HEADER, Stamp, corrupted, parse
from workloads.terms import Terms

SIZES = st.integers(HEADER.size, 200)


def terms(messages: int, size: int) -> Terms:
    return Terms("send", "pipe", 1, messages, size, 0.0)


@given(st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1), st.integers(0, 2**63 - 1), SIZES)
def test_a_message_comes_back(channel: int, sequence: int, sent_ns: int, size: int) -> None:
    data = Stamp(channel, size).message(sequence, sent_ns)
    assert len(data) == size
    assert parse(data) == (channel, sequence, sent_ns, True)


@given(SIZES, st.data())
def test_any_flipped_bit_is_noticed(size: int, draw: st.DataObject) -> None:
    data = bytearray(Stamp(3, size).message(7, 11))
    bit = draw.draw(st.integers(0, size * 8 - 1))
    data[bit // 8] ^= 1 << bit % 8
    assert not parse(bytes(data)).intact


@given(SIZES, st.integers(1, 7), st.lists(st.integers(1, 64), min_size=1))
def test_a_stream_may_be_cut_anywhere(size: int, messages: int, cuts: list[int]) -> None:
    tally, latencies = Tally(), Latencies(messages)
    inbox = Inbox(3, 0, terms(messages, size), tally, latencies)
    stream = b"".join(Stamp(0, size).message(sequence, 1) for sequence in range(messages))
    piece = 0
    while stream:
        length = min(inbox.wanted, cuts[piece % len(cuts)])
        inbox.take(stream[:length])
        stream = stream[length:]
        piece += 1
    assert inbox.complete
    assert tally == Tally(received=messages, payload_bytes=messages * size)
    assert latencies.percentile(50) is not None


def test_a_gap_and_a_stranger_are_out_of_sequence() -> None:
    tally = Tally()
    inbox = Inbox(3, 0, terms(3, 64), tally, Latencies(3))
    inbox.take(Stamp(0, 64).message(1, 1))
    inbox.take(Stamp(5, 64).message(1, 1))
    inbox.take(corrupted(Stamp(0, 64).message(2, 1)))
    assert (tally.sequence_errors, tally.checksum_errors) == (2, 1)
    assert not tally.ok(3)


def test_the_end_of_a_channel_is_the_end_of_the_feeder() -> None:
    with pytest.raises(FeederLost):
        Inbox(3, 0, terms(1, 64), Tally(), Latencies(1)).take(b"")


def test_percentiles_by_nearest_rank() -> None:
    latencies = Latencies(101)
    assert latencies.percentile(50) is None
    for ns in range(100, -1, -1):
        latencies.note(ns)
    assert (latencies.percentile(50), latencies.percentile(99), latencies.percentile(100)) == (50, 99, 100)
