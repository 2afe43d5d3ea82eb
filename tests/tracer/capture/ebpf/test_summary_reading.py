"""What was added to sums between two looks, with a map in ordinary memory."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from tracer.capture.ebpf import bpf
from tracer.capture.ebpf import summary_layout as layout
from tracer.capture.ebpf.summary_maps import SummaryMaps
from tracer.capture.ebpf.summary_reading import SummaryReader
from tracer.capture.outbox import Outbox
from tracer.syscalls.names import name_of
from tracer.wire import ITEM, RECORD, SUMMED, Kind


class FakeMaps(SummaryMaps):
    """Eras begin at 1000, 2000, ..."""

    __slots__ = ()
    now = 0

    def era(self) -> int:
        return FakeMaps.now

    def began(self, era: int) -> int:
        return 1000 * era


class Kernel:
    """The sums, by key."""

    def __init__(self) -> None:
        self.sums: dict[bytes, Any] = {}
        self.twice = False

    def count(self, tid: int, calls: int, era: int = 0, nr: int = 0, **more: int) -> None:
        """More calls of a thread."""
        key = np.zeros((), layout.KEY)
        key["pid"], key["tid"], key["nr"], key["era"] = 7, tid, nr, era
        sums = self.sums.setdefault(key.tobytes(), np.zeros((), layout.SUMS))
        sums["calls"] += calls
        sums["wall"] += 100 * calls
        sums["kernel"][6] = (int(sums["kernel"][6]) + calls) % (1 << 32)
        for name, value in more.items():
            sums[name] = (int(sums[name]) + value) % (1 << 64)

    def elements(self, descriptor: int, key: int, value: int) -> Iterator[tuple[bytes, bytes]]:
        """In chunks, some of them coming twice if so wished."""
        assert descriptor == 5
        for each, sums in self.sums.items():
            for _ in range(1 + self.twice):
                yield each, sums.tobytes()

    def forget(self, descriptor: int, keys: bytes, number: int) -> None:
        """Delete."""
        size = layout.KEY.itemsize
        assert len(keys) == number * size
        for place in range(number):
            del self.sums[keys[place * size : (place + 1) * size]]


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> Kernel:
    """In place of the real one."""
    fake = Kernel()
    FakeMaps.now = 0
    monkeypatch.setattr(bpf, "elements", fake.elements)
    monkeypatch.setattr(bpf, "forget", fake.forget)
    return fake


@pytest.fixture
def reader() -> SummaryReader:
    """Of that map."""
    return SummaryReader(FakeMaps({"sums": 5}))


def rows(outbox: Outbox) -> list[tuple[int, ...]]:
    """The wire records, taken out."""
    found = list(RECORD.iter_unpack(outbox.records))
    assert len(outbox.items) == ITEM.size * len(found) == ITEM.size * outbox.pieces
    lengths = [item[3] for item in ITEM.iter_unpack(outbox.items)]
    assert sum(lengths) == len(outbox.memory)
    assert all(item[0] == SUMMED for item in ITEM.iter_unpack(outbox.items))
    outbox.drop()
    return found


def calls(found: list[tuple[int, ...]]) -> Counter[int]:
    """Calls by thread."""
    counted: Counter[int] = Counter()
    for each in found:
        assert each[0] == Kind.SUMS
        counted[each[7]] += each[11]
    return counted


def test_only_what_was_added_is_sent(kernel: Kernel, reader: SummaryReader) -> None:
    """And nothing when nothing was, however often sums come twice."""
    outbox = Outbox(os.dup(2))
    kernel.count(11, 5)
    kernel.count(12, 7)
    reader.look(outbox, 1, (11, 12))
    assert calls(rows(outbox)) == {11: 5, 12: 7}
    kernel.twice = True
    reader.look(outbox, 2, (11, 12))
    assert not rows(outbox)
    kernel.count(12, 3)
    reader.look(outbox, 3, (11, 12))
    assert calls(rows(outbox)) == {12: 3}


def test_part_of_a_call_comes_with_the_rest(kernel: Kernel, reader: SummaryReader) -> None:
    """A look in the middle of an addition: its time came later than its number."""
    outbox = Outbox(os.dup(2))
    kernel.count(11, 1, wall=-100)
    reader.look(outbox, 1, (11,))
    first = rows(outbox)
    kernel.count(11, 0, wall=100, user_wall=17)
    reader.look(outbox, 2, (11,))
    second = rows(outbox)
    assert calls(first + second) == {11: 1}
    assert sum(each[10] for each in first + second) == 117


def test_counts_of_histograms_may_wrap_around(kernel: Kernel, reader: SummaryReader) -> None:
    """They have 32 bits: the difference is right all the same."""
    outbox = Outbox(os.dup(2))
    kernel.count(11, 2**32 - 3)
    reader.look(outbox, 1, (11,))
    outbox.drop()
    kernel.count(11, 9)
    reader.look(outbox, 2, (11,))
    counts = np.frombuffer(outbox.memory, "<u4", layout.BUCKETS, 7 * 8)
    assert counts[6] == 9


def test_threads_that_are_gone_make_room_once_all_was_read(kernel: Kernel, reader: SummaryReader) -> None:
    """Not at the first look: the word that a thread was born may come after its sums."""
    outbox = Outbox(os.dup(2))
    kernel.count(11, 5)
    kernel.count(12, 5)
    reader.look(outbox, 1, (12,))
    kernel.count(11, 2)
    assert len(kernel.sums) == 2
    reader.look(outbox, 2, (12,))
    assert len(kernel.sums) == 1
    kernel.count(12, 1)
    kernel.count(11, 4)  # another thread of that number
    reader.look(outbox, 3, (11, 12))
    assert calls(rows(outbox)) == {11: 5 + 2 + 4, 12: 5 + 1}


def test_eras_that_are_over_make_room(kernel: Kernel, reader: SummaryReader) -> None:
    """When the thread can add nothing to them any more, and they have been read since."""
    outbox = Outbox(os.dup(2))
    kernel.count(11, 5, era=0)
    FakeMaps.now = 2
    kernel.count(11, 6, era=2)
    inside: dict[int, int | None] = {11: 0}
    for look in range(3):
        reader.look(outbox, look, (11,), inside.get)
    assert len(kernel.sums) == 2
    kernel.count(11, 1, era=0)
    inside[11] = 2
    reader.look(outbox, 4, (11,), inside.get)
    assert len(kernel.sums) == 2
    reader.look(outbox, 5, (11,), inside.get)
    assert len(kernel.sums) == 1
    found = rows(outbox)
    assert calls(found) == {11: 12}
    assert {each[9] for each in found} == {reader.began_ns + 1, 2001}


def test_a_row_says_what_it_is(kernel: Kernel, reader: SummaryReader) -> None:
    """Call, thread, sums."""
    outbox = Outbox(os.dup(2))
    kernel.count(11, 4, nr=1, result=40, run=250, user_wall=30, user_run=30, switches=3)
    reader.look(outbox, 99, (11,))
    (found,) = rows(outbox)
    assert name_of(found[1], found[5]) == "write"
    assert found[6:8] == (7, 11)
    assert found[10] == 4 * 100 + 30
    assert found[11:15] == (4, 0, 0, 99)
    assert found[17] == 40
    assert found[18:20] == (400, 250)
    assert found[-4:] == (4 + 3, 4, 4, 4)
