"""Line numbers that never change, and calls that are never shown twice."""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from tests.tui import batches
from tracer.analyze.settling import Settling
from tracer.wire import Flag, Kind

Row = tuple[Kind, int, int, int]
"""kind, tid, at_ns, flags."""


def batch(rows: Iterable[Row]) -> pa.RecordBatch:
    """A batch with these rows."""
    return batches.batch(dict(zip(("kind", "tid", "at_ns", "flags"), row, strict=True)) for row in rows)


class Index:
    """A list of lines, as row numbers."""

    def __init__(self) -> None:
        self.settling = Settling()
        self.settled: list[int] = []

    def add(self, batch: pa.RecordBatch) -> None:
        self.settled += self.settling.add(batch).tolist()


def lines(index: Index) -> list[int]:
    """All lines as row numbers."""
    return index.settled + list(index.settling.inside)


def call(tid: int, at: int) -> Row:
    """A call that returned."""
    return (Kind.CALL, tid, at, 0)


def entered(tid: int, at: int, flags: int = 0) -> Row:
    """A call its thread was inside."""
    return (Kind.ENTERED, tid, at, flags)


def test_calls_and_events_are_lines_and_calibrations_are_not() -> None:
    """In their order."""
    index = Index()
    index.add(batch([call(7, 1), (Kind.CALIBRATION, 0, 2, 0), (Kind.SIGNAL, 7, 3, 0), call(7, 4)]))
    assert lines(index) == [0, 2, 3]


def test_a_thread_that_computes_has_one_line_until_it_calls() -> None:
    """It comes last, and leaves nothing behind."""
    index = Index()
    index.add(batch([call(7, 1), (Kind.LEFT, 7, 5, 0), call(8, 6)]))
    assert lines(index) == [0, 2, 1]
    index.add(batch([(Kind.LEFT, 7, 9, 0), call(8, 10)]))
    assert lines(index) == [0, 2, 4, 3]
    index.add(batch([call(7, 12), (Kind.LEFT, 7, 20, 0), (Kind.EXIT, 7, 21, 0)]))
    assert lines(index) == [0, 2, 4, 5, 7]


def test_a_running_call_comes_last_and_is_replaced_by_its_return() -> None:
    """Even when another thread went on meanwhile; it never shows twice."""
    index = Index()
    index.add(batch([call(7, 1), entered(7, 5), call(8, 6)]))
    assert lines(index) == [0, 2, 1]
    index.add(batch([call(8, 9), call(7, 5)]))
    assert lines(index) == [0, 2, 3, 4]
    assert not index.settling.inside


def test_a_call_cut_off_by_death_stays_before_the_exit() -> None:
    """It never returned: its line is settled where its thread ended."""
    index = Index()
    index.add(batch([call(7, 1), entered(7, 5), call(8, 6)]))
    index.add(batch([call(8, 7), (Kind.EXIT, 7, 9, 0)]))
    assert lines(index) == [0, 2, 3, 1, 4]


def test_a_final_entered_row_supersedes_the_provisional_one() -> None:
    """exit_group: one line, not two."""
    index = Index()
    index.add(batch([entered(7, 5)]))
    index.add(batch([entered(7, 5, Flag.FINAL), (Kind.EXIT, 7, 9, 0)]))
    assert lines(index) == [1, 2]


def test_the_near_miss_a_later_call_of_the_same_thread() -> None:
    """Another entry time means another call: the first one never returned, and both are shown."""
    index = Index()
    index.add(batch([entered(7, 5)]))
    index.add(batch([call(7, 6)]))
    assert lines(index) == [0, 1]


def test_a_signal_does_not_end_the_call_it_interrupts() -> None:
    """Its thread is still inside."""
    index = Index()
    index.add(batch([entered(7, 5)]))
    index.add(batch([(Kind.SIGNAL, 7, 6, 0)]))
    assert lines(index) == [1, 0]


_STEPS = st.lists(st.tuples(st.integers(1, 5), st.integers(0, 3)), max_size=60)


@given(_STEPS, st.integers(1, 9))
def test_settled_lines_never_change_and_every_call_is_one_line(
    steps: list[tuple[int, int]], per_batch: int
) -> None:
    """For any interleaving of threads that enter, return and die, cut into batches anywhere."""
    rows = _history(steps)
    index, before = Index(), list[int]()
    for first in range(0, len(rows), per_batch):
        index.add(batch(rows[first : first + per_batch]))
        assert index.settled[: len(before)] == before
        before = list(index.settled)
    shown = lines(index)
    assert len(shown) == len(set(shown))
    calls = [(tid, at) for kind, tid, at, _ in (rows[row] for row in shown) if kind in (Kind.CALL, Kind.ENTERED)]
    assert sorted(calls) == sorted({(tid, at) for kind, tid, at, _ in rows if kind in (Kind.CALL, Kind.ENTERED)})


def _history(steps: list[tuple[int, int]]) -> list[Row]:
    """Rows as capture writes them: an ENTERED row at most once per call, and nothing after a thread's exit."""
    rows: list[Row] = []
    inside: dict[int, int] = {}
    gone: set[int] = set()
    for at, (tid, step) in enumerate(steps):
        if tid in gone:
            continue
        if step == 0:
            rows.append(call(tid, inside.pop(tid, at)))
        elif step == 1 and tid not in inside:
            inside[tid] = at
            rows.append(entered(tid, at))
        elif step == 2:
            rows.append((Kind.SIGNAL, tid, at, 0))
        elif step == 3:
            inside.pop(tid, None)
            gone.add(tid)
            rows.append((Kind.EXIT, tid, at, 0))
    return rows
