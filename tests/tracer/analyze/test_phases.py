"""Phases: what belongs to them, and what does not."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tracer.analyze.runs import mark, report_of, tally_of, timed
from tests.tracer.rows import TestRow
from tracer.analyze.phases import Phases, UnknownPhase


def run_with_a_phase() -> list[TestRow]:
    """Marks are writes to fd -1: a MARK row at the entry, and the write's own row after it."""
    return [
        timed("read", 3, at=100, user=50, kernel=10, result=1),
        mark(200, "begin measure"),
        timed("write", -1, at=200, user=7, kernel=1, result=-9),
        timed("read", 3, at=300, user=11, kernel=13, result=1),
        timed("read", 3, at=400, user=17, kernel=19, result=-11),
        mark(900, "end measure"),
        timed("write", -1, at=900, user=401, kernel=1, result=-9),
        timed("read", 3, at=1000, user=50, kernel=10, result=1),
    ]


def test_a_phase_has_what_happened_between_its_marks() -> None:
    report = report_of(*run_with_a_phase(), phase="measure")
    assert report.phase == "measure"
    assert report.duration_ns == 700
    assert (report.totals.calls, report.totals.failed, report.totals.wasted) == (2, 1, 1)
    assert report.totals.times.user_ns == 11 + 17 + 401
    assert report.totals.times.kernel_ns == 13 + 19
    assert [(row.name, row.calls, row.errors) for row in report.syscalls] == [("read", 2, {"EAGAIN": 1})]
    assert [(row.fd, row.calls) for row in report.fds] == [(3, 2)]


def test_everything_has_the_marks_themselves_too() -> None:
    report = report_of(*run_with_a_phase())
    assert (report.phase, report.totals.calls) == (None, 6)
    phases = [(row.name, row.begin_ns, row.end_ns, row.totals.calls) for row in report.phases]
    assert phases == [("measure", 200, 900, 2)]


def test_a_phase_of_computing_alone_has_its_user_time() -> None:
    rows = [
        mark(10, "begin work"), timed("write", -1, at=10, result=-9),
        mark(510, "end work"), timed("write", -1, at=510, user=499, result=-9),
    ]  # fmt: skip
    report = report_of(*rows, phase="work")
    assert (report.totals.times.user_ns, report.totals.times.kernel_ns, report.totals.calls) == (499, 0, 0)


def test_a_call_of_another_thread_belongs_where_it_was_entered() -> None:
    rows = [
        timed("read", 3, at=100, kernel=10, result=1, tid=4243),
        mark(50, "begin a"),
        mark(200, "end a"),
        timed("read", 3, at=150, kernel=100, result=1, tid=4247),
    ]
    assert report_of(*rows, phase="a").totals.times.kernel_ns == 110


def test_the_default_phase_is_measure_where_there_is_one() -> None:
    assert tally_of([run_with_a_phase()]).default_phase == "measure"
    assert tally_of([[mark(1, "begin other")]]).default_phase is None


def test_an_unknown_phase_is_an_error() -> None:
    with pytest.raises(UnknownPhase, match="nope"):
        report_of(*run_with_a_phase(), phase="nope")


def test_an_open_phase_lasts_until_now() -> None:
    tally = tally_of([[mark(100, "begin a"), timed("read", 3, at=300, kernel=10, result=1)]])
    assert tally.report("a").duration_ns == 210
    assert tally.report("a").phases[0].end_ns is None
    assert tally.report("a", now_ns=1100).duration_ns == 1000


def test_labels_that_mark_a_moment_make_no_phase() -> None:
    assert report_of(mark(1, "checkpoint"), mark(2, "begin"), mark(3, "end x"), mark(4, "beginning y")).phases == ()


marks = st.lists(st.tuples(st.sampled_from(["begin", "end"]), st.sampled_from(["a", "b", "c"])), max_size=12)


@given(marks, st.lists(st.integers(0, 130), max_size=20))
def test_sets_agree_with_looking_at_every_interval(labels: list[tuple[str, str]], moments: list[int]) -> None:
    phases = Phases()
    intervals: list[tuple[str, int, int]] = []
    depth: dict[str, int] = {}
    since: dict[str, int] = {}
    for number, (word, name) in enumerate(labels):
        at = 10 * (number + 1)
        phases.mark(at, f"{word} {name}")
        before = depth.get(name, 0)
        depth[name] = before + 1 if word == "begin" else max(0, before - 1)
        if before == 0 and depth[name]:
            since[name] = at
        elif before and not depth[name]:
            intervals.append((name, since.pop(name), at))
    intervals += [(name, at, 1 << 40) for name, at in since.items()]
    before_sets, inside_sets = phases.of(np.array(moments, dtype=np.int64))
    for at, before_set, inside_set in zip(moments, before_sets, inside_sets, strict=True):
        assert phases.members[before_set] == {name for name, begin, end in intervals if begin < at <= end}
        assert phases.members[inside_set] == {name for name, begin, end in intervals if begin < at < end}
