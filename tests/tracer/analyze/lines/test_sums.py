"""Sums over lines agree with the report, and spreads with the times they are made of."""

from __future__ import annotations

import errno
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tui import batches
from tracer.analyze.groups import View, group_rows
from tracer.analyze.histogram import BUCKETS, buckets_of
from tracer.analyze.lines.lines import Lines
from tracer.analyze.lines.sums import LineSummer, LineSums
from tracer.analyze.spread import NO_SPREAD, Counts, spread_of
from tracer.analyze.tally import Tally
from tracer.syscalls.names import number_of
from tracer.wire import Abi, Kind

READ, FUTEX, OPENAT = (number_of(Abi.X86_64, name) for name in ("read", "futex", "openat"))
RESULTS = (7, -errno.EAGAIN, -errno.ENOENT, 0)


def mark(at_ns: int, text: str) -> dict[str, object]:
    piece = {"arg": 255, "when": 0, "reason": 0, "address": 0, "bytes": text.encode()}
    return batches.event(Kind.MARK, at_ns, memory=[piece])


def recording() -> Iterator[pa.RecordBatch]:
    """Three threads, three calls, four results; the middle batch in a phase."""
    for number in range(3):
        rows: list[dict[str, object]] = [mark(1000 * number, "begin middle")] if number == 1 else []
        for at in range(1, 98):
            nr = (READ, FUTEX, OPENAT)[at % 3]
            clocks = {"wall_ns": 50 * at, "run_ns": 20 * at, "user_run_ns": at, "span_ns": 100 * at, "switches": 9}
            rows.append(
                batches.read(1000 * number + at, RESULTS[at % 4], batches.PID + at % 3 % 2, nr=nr, **clocks)
            )
        rows += [mark(1000 * number + 500, "end middle")] if number == 1 else []
        rows.append(batches.inside(1000 * number + 600, batches.PID))
        yield batches.batch(rows)


@pytest.fixture
def read() -> tuple[Tally, Lines]:
    tally, lines = Tally(batches.header()), Lines()
    for batch in recording():
        counted = tally.add(batch)
        assert counted is not None
        lines.add(batch, counted)
    return tally, lines


def summed(tally: Tally, lines: Lines, phase: str | None = None) -> LineSums:
    summer = LineSummer()
    assert summer.update(lines)
    sets = None if phase is None else tally.phases.sets_with(phase)
    return summer.sums(tally.codes.facts, tally.threads.lives, tally.phases.members, sets)


@pytest.mark.parametrize("phase", [None, "middle"])
def test_sums_by_call_are_those_of_the_report(read: tuple[Tally, Lines], phase: str | None) -> None:
    """Of the whole run and of a phase; errors too, and the largest times are no smaller than percentiles."""
    tally, lines = read
    report, sums = tally.report(phase, now_ns=0), summed(tally, lines, phase)
    for row in report.syscalls:
        mine = sums.syscalls[row.name]
        assert (mine.calls, mine.failed, mine.wasted, mine.breakdown) == (
            row.calls,
            row.failed,
            row.wasted,
            row.errors,
        )
        assert (mine.times.kernel_ns, mine.times.blocked_ns) == (row.times.kernel_ns, row.times.blocked_ns)
        assert (mine.kernel.p50_ns, mine.kernel.p99_ns) == (row.kernel_p50_ns, row.kernel_p99_ns)
        assert (mine.wall.p50_ns, mine.wall.p99_ns) == (row.wall_p50_ns, row.wall_p99_ns)
        assert mine.wall.p50_ns <= mine.wall.p90_ns <= mine.wall.p99_ns <= mine.wall.max_ns
        assert mine.kernel.count == sum(mine.kernel.log2) == mine.calls
    assert set(sums.syscalls) == {row.name for row in report.syscalls}


def test_sums_by_thread_phase_and_error_add_up(read: tuple[Tally, Lines]) -> None:
    """Every view splits the same calls."""
    tally, lines = read
    report, sums = tally.report(now_ns=0), summed(tally, lines)
    for row in report.threads:
        assert sums.threads[row.pid, row.tid].calls == row.calls
    assert sum(each.failed for each in sums.threads.values()) == report.totals.failed
    assert {name: each.calls for name, each in sums.errors.items()} == {
        name: sum(row.errors.get(name, 0) for row in report.syscalls) for name in ("EAGAIN", "ENOENT")
    }
    assert sums.errors["ENOENT"].breakdown == {
        row.name: row.errors["ENOENT"] for row in sorted(report.syscalls, key=lambda row: -row.errors["ENOENT"])
    }
    (phase,) = report.phases
    assert (sums.phases["middle"].calls, sums.phases["middle"].failed) == (phase.totals.calls, phase.totals.failed)


def test_every_view_has_its_rows(read: tuple[Tally, Lines]) -> None:
    tally, lines = read
    report, sums = tally.report(now_ns=0), summed(tally, lines)
    names = {view: {row.name for row in group_rows(view, report, sums)} for view in View}
    assert names[View.CALL] == {"read", "futex", "openat"}
    assert names[View.PHASE] == {"middle"}
    assert names[View.ERROR] == {"EAGAIN", "ENOENT"}
    assert len(names[View.THREAD]) == len(report.threads)


def test_it_can_be_stopped_and_goes_on_where_it_stopped(read: tuple[Tally, Lines]) -> None:
    tally, lines = read
    summer = LineSummer()
    assert not summer.update(lines, lambda: True)
    assert summer.lines == 0
    assert summer.update(lines)
    assert summer.update(lines)
    found = summer.sums(tally.codes.facts, tally.threads.lives, tally.phases.members)
    assert sum(each.calls for each in found.syscalls.values()) == tally.report().totals.calls


@given(st.lists(st.integers(0, 1 << 40), min_size=1, max_size=200), st.sampled_from([0, 2]))
def test_percentiles_are_near_the_exact_ones(values: list[int], shift: int) -> None:
    """Nearest-rank, within 0.8 %; with coarse buckets within 4 %, or 4 ns."""
    counts = Counts(shift)
    array = np.array(values, dtype=np.int64)
    counts.add(np.full(len(values), 5), buckets_of(array))
    spread, ordered = counts.spread([5, 6]), sorted(values)
    for share, found in ((0.5, spread.p50_ns), (0.9, spread.p90_ns), (0.99, spread.p99_ns), (1, spread.max_ns)):
        exact = ordered[max(1, int(np.ceil(share * len(values)))) - 1]
        assert abs(found - exact) <= (0.008 if shift == 0 else 0.04) * exact + (1 if shift == 0 else 4)
    assert sum(spread.log2) == spread.count == len(values)


@given(st.lists(st.integers(0, 1 << 40), min_size=1, max_size=50))
def test_powers_of_two_count_what_lies_in_them(values: list[int]) -> None:
    counts = np.bincount(buckets_of(np.array(values, dtype=np.int64)), minlength=BUCKETS)
    log2 = spread_of(counts.astype(np.int64)).log2
    for octave, number in enumerate(log2):
        assert number == sum((octave == 0 and each == 0) or 1 << octave <= each < 2 << octave for each in values)


def test_nothing_has_no_spread() -> None:
    assert spread_of(np.zeros(BUCKETS, dtype=np.int64)) is NO_SPREAD
    assert Counts().spread([1]) is NO_SPREAD
