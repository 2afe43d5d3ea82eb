"""Latencies against counting call by call, whatever is counted first and however it is cut."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tracer.analyze.timeline.test_timeline import BEGAN, all_spans, call, rows_of, taken_in
from tracer.analyze.lines import lines as lines_module
from tracer.analyze.lines.lines import Lines
from tracer.analyze.timeline import latency_map as module
from tracer.analyze.timeline.latency_map import OCTAVES, Latencies, Wanted


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines_module, "CHUNK", 16)
    monkeypatch.setattr(module, "CHUNK", 16)


def latencies(lines: Lines, names: tuple[str, ...] = ("", "read")) -> Latencies:
    return Latencies(lines, lambda code: names[code])


def brute(lines: Lines, wanted: Wanted) -> list[list[int]]:
    counts = [[0] * wanted.cells for _ in range(OCTAVES)]
    threads = sorted({int(thread) for chunk in lines.chunks() for thread in chunk.thread})
    for thread in threads:
        for span in all_spans(lines, thread):
            if wanted.begin_ns <= span.end_ns < wanted.end_ns:
                latency = span.kernel_ns + (0 if wanted.kernel_only else span.blocked_ns + span.runnable_ns)
                cell = (span.end_ns - wanted.begin_ns) * wanted.cells // (wanted.end_ns - wanted.begin_ns)
                counts[int(math.log2(latency)) if latency else 0][cell] += 1
    return counts


@given(
    st.lists(call, min_size=1, max_size=120),
    st.integers(-1_000, 60_000),
    st.integers(1, 90_000),
    st.integers(1, 30),
    st.booleans(),
    st.integers(1, 50),
)
@settings(max_examples=40, deadline=None)
def test_every_call_is_counted_once(
    calls: list[tuple[int, ...]], begin: int, span: int, cells: int, kernel_only: bool, step: int
) -> None:
    lines, _ = taken_in(rows_of(calls))
    counting = latencies(lines)
    counting.count(Wanted(BEGAN, BEGAN + 777, 5), most=40)  # something else before
    wanted = Wanted(BEGAN + begin, BEGAN + begin + span, cells, None, kernel_only)
    found = counting.count(wanted, most=step)
    while found.done < 1:
        found = counting.count(wanted, most=step)
    assert found.counts.tolist() == brute(lines, wanted)


def test_only_calls_of_one_name_are_counted() -> None:
    lines, _ = taken_in(rows_of([(0, 5, 0, 0, 100, 0, 0, 0, 1)] * 23))
    wanted = Wanted(BEGAN, BEGAN + 100_000, 3)
    assert latencies(lines).count(wanted).counts.sum() == 23
    for name, number in (("read", 23), ("write", 0)):
        assert latencies(lines).count(Wanted(BEGAN, BEGAN + 100_000, 3, name)).counts.sum() == number


def test_a_call_can_be_found_where_it_was_counted() -> None:
    calls: list[tuple[int, ...]] = [(n % 3, 5, 0, 0, 10 if n != 71 else 40_000, 0, 0, 3, 1) for n in range(131)]
    lines, _ = taken_in(rows_of(calls))
    wanted = Wanted(BEGAN, BEGAN + 60_000, 13)
    counting = latencies(lines)
    found = counting.count(wanted)
    cells = np.flatnonzero(found.counts[15])
    assert found.counts[15].sum() == 1
    line = counting.find(wanted, int(cells[0]), range(15, 16))
    assert line is not None
    assert lines.gather(np.array([line]), ("kernel_ns",))["kernel_ns"].tolist() == [40_000]
    assert counting.find(wanted, int(cells[0]), range(20, 22)) is None
    assert found.octaves == range(3, 16)
    cell = int(np.argmax(found.counts[3]))
    seen, line = [], counting.find(wanted, cell, range(3, 4))
    while line is not None:
        seen.append(line)
        line = counting.find(wanted, cell, range(3, 4), after=line)
    assert len(seen) == found.counts[3][cell] > 1
    assert seen == sorted(set(seen))


def test_counting_stops_when_told_and_goes_on_where_it_stopped() -> None:
    lines, _ = taken_in(rows_of([(0, 5, 0, 0, 100, 0, 0, 0, 1)] * 100))
    counting, wanted = latencies(lines), Wanted(BEGAN, BEGAN + 100_000, 3)
    assert counting.count(wanted, stop=lambda: True).done == 0
    part = counting.count(wanted, most=37)
    assert (part.done, int(part.counts.sum())) == (0.37, 37)
    assert int(counting.count(wanted).counts.sum()) == 100
