"""The index of the timeline against counting every line by itself: any rows, any chunks, any stretch."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tui import batches
from tracer.analyze.lines import lines as lines_module
from tracer.analyze.lines.lines import Lines
from tracer.analyze.tally import Tally
from tracer.analyze.timeline.cells import Running
from tracer.analyze.timeline.spans import Span
from tracer.analyze.timeline.timeline import Timeline
from tracer.analyze.timeline.track import BLOCK, SUMS, TIMES
from tracer.wire import Held, Kind, Source

READ, EAGAIN = 0, 11
BEGAN = batches.BEGAN

amounts = st.integers(0, 700)
call = st.tuples(
    st.integers(0, 2),
    amounts,
    amounts,
    amounts,
    amounts,
    amounts,
    amounts,
    amounts,
    st.sampled_from([-EAGAIN, 0, 5]),
    st.sampled_from([0, 0, 0, 1, 900]),
)
"""Thread; user, asleep, queued before; kernel, blocked, runnable; held; result; held at its entry by somebody."""


def rows_of(calls: list[tuple[int, ...]]) -> list[dict[str, Any]]:
    """Rows in the order they ended, each thread's without gaps but for what it was held."""
    ends = {0: 0, 1: 17, 2: 1_000}
    rows: list[dict[str, Any]] = []
    for thread, user, asleep, queued, kernel, blocked, runnable, held, result, *stepped in calls:
        wall, before = kernel + blocked + runnable, user + asleep + queued
        span = before + wall + held
        at = ends[thread] + held + before
        looked = sum(stepped)
        ends[thread] = at + looked + wall
        for moment, where in ((at, Held.ENTRY), (at + looked, Held.GOES_ON)) if looked else ():
            rows.append({
                "kind": Kind.HELD, "nr": int(where), "pid": 7, "tid": 8 + thread, "at_ns": BEGAN + moment,
                "args": [BEGAN + at, READ, 0, 0, 0, 0], "wall_ns": 0, "done_ns": BEGAN + moment,
            })  # fmt: skip
        rows.append({
            "done_ns": BEGAN + at + looked + wall,
            "kind": Kind.CALL, "nr": READ, "pid": 7, "tid": 8 + thread, "at_ns": BEGAN + at, "span_ns": span,
            "wall_ns": wall, "run_ns": kernel, "delay_ns": runnable, "switches": 5,
            "user_wall_ns": before, "user_run_ns": user, "user_delay_ns": queued, "user_switches": 5,
            "source": Source.SCHEDSTAT, "args": [3, 0, 64, 0, 0, 0], "result": result,
        })  # fmt: skip
    rows.sort(key=lambda row: row["done_ns"])
    return [{name: value for name, value in row.items() if name != "done_ns"} for row in rows]


def taken_in(rows: list[dict[str, Any]], size: int = 50) -> tuple[Lines, Tally]:
    tally, lines = Tally(batches.header()), Lines()
    for first in range(0, len(rows), size):
        batch = batches.batch(rows[first : first + size])
        counted = tally.add(batch)
        assert counted is not None
        lines.add(batch, counted)
    return lines, tally


def timeline_of(rows: list[dict[str, Any]], step: int = 97) -> Timeline:
    timeline = Timeline(taken_in(rows)[0])
    while timeline.extend(most=step):
        pass
    return timeline


def all_spans(lines: Lines, thread: int) -> list[Span]:
    numbers = np.concatenate([chunk.first + np.flatnonzero(chunk.thread == thread) for chunk in lines.chunks()])
    return Span.of(lines, numbers)


def pieces(span: Span) -> Iterator[tuple[str, int, int]]:
    """Where a line's times lie: state, begin, end."""
    half = span.kernel_ns // 2
    begin = span.start_ns
    for name, length in [
        ("user", span.user_ns), ("before_blocked", span.before_blocked_ns),
        ("before_runnable", span.before_runnable_ns), ("kernel", half), ("blocked", span.blocked_ns),
        ("runnable", span.runnable_ns), ("kernel", span.kernel_ns - half),
    ]:  # fmt: skip
        if name == "kernel" and begin == span.at_ns:
            begin += span.held_ns
        yield name, begin, begin + length
        begin += length


def brute(spans: list[Span], edges: list[int]) -> dict[str, list[int]]:
    """The sums of every cell, one line and one piece at a time."""
    sums = {name: [0] * (len(edges) - 1) for name in SUMS}
    for span in spans:
        moments = [("calls", span.end_ns, 1), ("failed", span.end_ns, span.flags & 1),
                   ("wasted", span.end_ns, span.flags >> 1 & 1), ("bytes_out", span.end_ns, span.bytes_out),
                   ("bytes_in", span.at_ns + span.held_ns, span.bytes_in)]  # fmt: skip
        for cell, (begin, end) in enumerate(pairwise(edges)):
            for name, first, last in pieces(span):
                sums[name][cell] += max(0, min(last, end) - max(first, begin))
            for name, moment, amount in moments:
                sums[name][cell] += amount if begin <= moment < end else 0
    return sums


@given(
    st.lists(call, min_size=1, max_size=260),
    st.lists(st.integers(-2_000, 400_000), min_size=2, max_size=9, unique=True),
    st.sampled_from([1, 31, 97, 1000]),
)
@settings(max_examples=40, deadline=None)
def test_every_cell_is_the_sum_over_the_lines(calls: list[tuple[int, ...]], moments: list[int], step: int) -> None:
    timeline = timeline_of(rows_of(calls), step)
    edges = sorted(BEGAN + moment for moment in moments)
    threads = sorted(timeline.tracks)
    cells = timeline.cells(threads, np.array(edges))
    for lane, thread in enumerate(threads):
        expected = brute(all_spans(timeline.lines, thread), edges)
        for name in SUMS:
            if name not in ("wakeups", "signals"):
                assert getattr(cells, name)[lane].tolist() == expected[name], name


@given(st.lists(call, min_size=1, max_size=200), st.integers(1, 60))
@settings(max_examples=30, deadline=None)
def test_cells_of_the_whole_run_add_up_to_all_lines_at_any_zoom(calls: list[tuple[int, ...]], count: int) -> None:
    timeline = timeline_of(rows_of(calls))
    threads = sorted(timeline.tracks)
    extents = [timeline.extent(thread) for thread in threads]
    begin = min(extent[0] for extent in extents if extent)
    end = max(extent[1] for extent in extents if extent) + 1
    edges = begin + np.arange(count + 1) * (end - begin) // count
    cells = timeline.cells(threads, edges)
    for lane, thread in enumerate(threads):
        spans = all_spans(timeline.lines, thread)
        assert cells.calls[lane].sum() == len(spans)
        for name in TIMES:
            assert getattr(cells, name)[lane].sum() == sum(getattr(span, f"{name}_ns") for span in spans)
        assert (cells.own[lane] <= np.diff(edges)).all(), "no cell holds more than its time"


@given(st.lists(call, min_size=1, max_size=150), st.integers(-500, 300_000))
@settings(max_examples=50, deadline=None)
def test_the_line_at_a_moment_is_the_last_that_had_begun(calls: list[tuple[int, ...]], moment: int) -> None:
    timeline = timeline_of(rows_of(calls))
    for thread in timeline.tracks:
        spans = all_spans(timeline.lines, thread)
        begun = [place for place, span in enumerate(spans) if span.start_ns <= BEGAN + moment]
        assert timeline.at(thread, BEGAN + moment) == (begun[-1] if begun else None)


def test_spans_of_a_stretch_or_none_when_they_are_too_many() -> None:
    rows = rows_of([(0, 10, 0, 0, 20, 0, 0, 5, 5)] * (5 * BLOCK))
    timeline = timeline_of(rows)
    (thread,) = timeline.tracks
    spans = timeline.spans(thread, BEGAN + 70, BEGAN + 150, 10)
    assert spans is not None
    assert [span.line for span in spans] == [1, 2, 3, 4], "one that began before, to one that begins within"
    assert timeline.spans(thread, BEGAN, BEGAN + 5_000, 10) is None
    everything = timeline.spans(thread, BEGAN, BEGAN + 1_000_000, 5 * BLOCK)
    assert everything is not None
    assert len(everything) == 5 * BLOCK
    assert timeline.position(thread, 37) == 37
    assert timeline.position(thread, 5 * BLOCK) is None
    assert timeline.span(thread, 5 * BLOCK) is None


def test_a_call_still_running_sleeps_up_to_now_and_counts_as_nothing() -> None:
    timeline = timeline_of(rows_of([(0, 10, 0, 0, 20, 0, 0, 0, 5)]))
    (thread,) = timeline.tracks
    running = Running(row=9, at_ns=BEGAN + 100, now_ns=BEGAN + 400, code=1, user_ns=30, kernel_ns=6)
    edges = BEGAN + np.array([0, 50, 100, 150, 399, 1_000])
    cells = timeline.cells([thread, 99], edges, {thread: running, 99: running})
    assert cells.user[0].tolist() == [10, 30, 0, 0, 0]
    assert cells.blocked[0].tolist() == [0, 0, 47, 247, 0]
    assert cells.kernel[0].tolist() == [20, 0, 3, 2, 1]
    assert cells.calls[0].tolist() == [1, 0, 0, 0, 0]
    assert cells.own[1].sum() == 330, "of a thread without lines the running call is all there is"


def test_what_the_tracer_took_is_the_rest_of_a_life() -> None:
    timeline = timeline_of(rows_of([(0, 10, 0, 0, 20, 0, 0, 7, 5)] * 3))
    (thread,) = timeline.tracks
    edges = BEGAN + np.array([-50, 0, 50, 200])
    held = timeline.cells([thread], edges).tracer(edges, [(BEGAN, BEGAN + 111)])
    assert held.tolist() == [[0.0, 7 + 7.0, 7.0]]
    assert held.sum() == sum(span.tracer_ns for span in all_spans(timeline.lines, thread))


def test_signals_wakeups_and_births_are_kept_apart() -> None:
    rows = rows_of([(0, 10, 0, 0, 20, 0, 0, 0, 5)] * 2)
    rows.insert(0, {"kind": Kind.SPAWN, "pid": 7, "tid": 8, "at_ns": BEGAN - 5})
    rows.append({"kind": Kind.SIGNAL, "nr": 29, "pid": 7, "tid": 8, "at_ns": BEGAN + 70})
    rows.append({"kind": Kind.EXIT, "pid": 7, "tid": 8, "at_ns": BEGAN + 80})
    timeline = timeline_of(rows)
    (thread,) = timeline.tracks
    cells = timeline.cells([thread], BEGAN + np.array([-10, 60, 71, 90]))
    assert cells.signals[0].tolist() == [0, 1, 0]
    assert cells.calls[0].tolist() == [2 - 1, 1, 0], "the second returns at the edge"
    kinds = [(moment - BEGAN, kind, line) for moment, kind, line in timeline.events[thread]]
    assert kinds == [(-5, Kind.SPAWN, 0), (80, Kind.EXIT, 4)]


def test_the_index_takes_less_than_twelve_bytes_a_line() -> None:
    timeline = timeline_of(rows_of([(n % 3, 10, 0, 0, 20, 0, 0, 5, 5) for n in range(20_011)]), step=1 << 20)
    assert timeline.bytes < 12 * 20_011


def test_columns_can_be_taken_in_any_order_across_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines_module, "CHUNK", 7)
    lines, _ = taken_in(rows_of([(n % 3, n, 0, 0, 20, 0, 0, 5, 5) for n in range(41)]))
    numbers = np.array([40, 3, 3, 7, 0, 22])
    whole = np.concatenate([chunk.at_ns for chunk in lines.chunks()])
    taken = lines.gather(numbers, ("at_ns", "kind"))
    assert taken["at_ns"].tolist() == whole[numbers].tolist()
    assert sorted(taken) == ["at_ns", "kind"]
