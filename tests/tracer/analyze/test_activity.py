"""What each thread did in each cell, against counting every row by itself, and against the report's totals."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.tracer.analyze.timeline.test_timeline import all_spans, brute, rows_of, taken_in
from tests.tui import batches
from tracer.analyze.activity import STATES, Activity, extent_of
from tracer.analyze.tally import Tally
from tracer.recording.reader import Recording
from tracer.recording.stretches import stretches

RECORDINGS = Path(__file__).parents[2] / "recordings"
amounts = st.integers(0, 700)
call = st.tuples(st.integers(0, 2), *[amounts] * 7, st.sampled_from([-11, 0, 5]))
"""Thread; user, asleep, queued before; kernel, blocked, runnable; held; result."""


@given(st.lists(call, min_size=1, max_size=60), st.integers(1, 20), st.integers(1, 64))
@settings(max_examples=25, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
def test_every_cell_is_the_sum_over_the_rows(calls: list[tuple[int, ...]], cells: int, size: int) -> None:
    rows = rows_of(calls)
    lines, other = taken_in(rows)
    codes = {life.tid: code for code, life in enumerate(other.threads.lives)}
    made = [batches.batch(rows[first : first + size]) for first in range(0, len(rows), size)]
    first, last = extent_of(made)
    width = -(-(last - first + 3_000) // cells)
    begin = first - 3_000
    tally, activity = Tally(batches.header()), Activity(begin, begin + width * cells, cells)
    for batch in made:
        activity.add(tally.add(batch))
    edges = [begin + width * cell for cell in range(cells + 1)]
    edges[-1] += 1  # what ends with the last cell counts there
    for thread, life in enumerate(tally.threads.lives):
        expected = brute(all_spans(lines, codes[life.tid]), edges)
        found = activity.of(thread)
        assert np.allclose(found.user, expected["user"], atol=0.01)
        assert np.allclose(found.kernel, expected["kernel"], atol=0.01)
        assert np.allclose(found.blocked, np.add(expected["blocked"], expected["before_blocked"]), atol=0.01)
        assert np.allclose(found.runnable, np.add(expected["runnable"], expected["before_runnable"]), atol=0.01)
        assert found.calls.tolist() == expected["calls"]


@pytest.mark.parametrize("name", ["epoll", "nonblocking"])
def test_cells_add_up_to_the_report(name: str) -> None:
    with Recording.open(RECORDINGS / f"{name}.iotrace") as recording:
        tally, activity = Tally(recording.header), Activity(*extent_of(recording.batches))
        for stretch in stretches(recording.batches):
            activity.add(tally.add(stretch))
    report = tally.report()
    threads = [activity.of(thread) for thread in range(len(tally.threads.lives))]
    for state in STATES:
        total = sum(getattr(each, state).sum() for each in threads)
        assert total == pytest.approx(getattr(report.totals.times, f"{state}_ns"), abs=10)
    assert sum(each.calls.sum() for each in threads) == report.totals.calls
    assert all((each.own <= activity.cell_ns * 1.001).all() for each in threads)


def test_a_long_sleep_fills_its_cells_and_costs_no_more_than_a_short_one() -> None:
    def kept(wall: int) -> tuple[Activity, int]:
        activity, tally = Activity(batches.BEGAN, batches.BEGAN + 1_000_000, 1_000), Tally(batches.header())
        slept = batches.read(1_500, 1, wall_ns=wall, run_ns=0, span_ns=wall, switches=5, stops=0, source=1)
        activity.add(tally.add(batches.batch([slept])))
        return activity, activity.bytes

    short, few = kept(4_000)
    long, many = kept(900_000)
    assert short.of(0).blocked[:8].round().tolist() == [0, 500, 1000, 1000, 1000, 500, 0, 0]
    blocked = long.of(0).blocked
    assert blocked[1].round() == 500
    assert (blocked[2:901].round() == 1000).all()
    assert blocked.sum() == pytest.approx(900_000, abs=1)
    assert many <= few + 256


def test_a_call_that_never_returned_is_in_it_up_to_where_it_is_known() -> None:
    activity, tally = Activity(batches.BEGAN, batches.BEGAN + 100_000, 10), Tally(batches.header())
    waits = batches.inside(5_000, wall_ns=60_000, span_ns=60_000, run_ns=0, switches=5, source=1)
    activity.add(tally.add(batches.batch([waits])))
    assert activity.of(0).own.sum() == 0
    activity.add_running(tally.still_inside)
    found = activity.of(0)
    assert found.blocked.round().tolist() == [5_000, *[10_000] * 5, 5_000, 0, 0, 0]
    assert found.calls.sum() == 0


def test_memory_does_not_grow_with_the_rows() -> None:
    activity, tally = Activity(batches.BEGAN, batches.BEGAN + 1_000_000, 64), Tally(batches.header())
    sizes = []
    for part in range(20):
        rows = [
            batches.read(part * 40_000 + n * 40, 1, wall_ns=10, run_ns=10, source=1, switches=0)
            for n in range(1_000)
        ]
        activity.add(tally.add(batches.batch(rows)))
        activity.of(0)
        sizes.append(activity.bytes)
    assert activity.of(0).calls.sum() == 20_000
    assert max(sizes) <= 64 * (8 + 9 * 4)


def test_the_extent_is_that_of_all_rows() -> None:
    rows = [batches.read(50, 1, wall_ns=900), batches.read(70, 1, wall_ns=5)]
    assert extent_of([batches.batch([each]) for each in rows]) == (batches.BEGAN + 50, batches.BEGAN + 950)
    assert extent_of([]) == (0, 0)
