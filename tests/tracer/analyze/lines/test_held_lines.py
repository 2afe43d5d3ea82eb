"""Calls that somebody held at their entry begin and return later than their own time says."""

from __future__ import annotations

import numpy as np

from tests.tracer.analyze.runs import HEADER, leave, spawn, timed
from tests.tracer.rows import TestRow, batch, row
from tracer.analyze.lines.lines import Lines
from tracer.analyze.tally import Tally
from tracer.analyze.timeline.timeline import Timeline
from tracer.wire import Held, Kind

PID, OTHER = 4241, 4243
S = 1_000_000_000


def held(where: Held, at: int, call_at: int, tid: int = PID) -> TestRow:
    return row(0, call_at, kind=Kind.HELD, at_ns=at, tid=tid, nr=int(where))


def entered(at: int) -> TestRow:
    return timed("read", 3, at=at, kind=Kind.ENTERED)


def taken_in(batches: list[list[TestRow]]) -> tuple[Lines, Tally]:
    tally, lines = Tally(HEADER), Lines()
    for rows in batches:
        taken = batch(rows)
        counted = tally.add(taken)
        assert counted is not None
        lines.add(taken, counted)
    return lines, tally


STEPPED = [
    [spawn(0), entered(S), held(Held.ENTRY, S, S)],
    [held(Held.GOES_ON, 6 * S, S), timed("read", 3, at=S, wall_ns=2 * S), timed("read", 3, at=9 * S, wall_ns=S)],
]


def test_a_held_call_returns_so_much_later() -> None:
    lines, _ = taken_in(STEPPED)
    timeline = Timeline(lines)
    timeline.extend()
    thread = max(timeline.tracks)
    reads = [span for span in timeline.spans(thread, 0, 20 * S, 99) or [] if span.code]
    assert [(span.held_ns, span.at_ns, span.end_ns) for span in reads] == [(5 * S, S, 8 * S), (0, 9 * S, 10 * S)]
    calls = timeline.cells([thread], np.array([0, 7 * S, 9 * S, 11 * S])).calls
    assert calls.tolist() == [[0.0, 1.0, 1.0]]


def test_the_hold_and_the_return_may_come_in_different_batches() -> None:
    first, second = STEPPED
    lines, _ = taken_in([first, second[:1], second[1:]])
    assert lines.held.of(np.arange(lines.count)).tolist() == [0, 5 * S, 0]


def test_a_call_held_now_has_not_begun() -> None:
    lines, tally = taken_in(STEPPED[:1])
    thread = next(place for place, life in enumerate(tally.threads.lives) if life.tid == PID)
    assert lines.held.inside(thread, S, 4 * S) == 3 * S
    assert lines.held.inside(thread, 2 * S, 4 * S) == 0, "another call"


def test_a_call_gone_on_with_was_held_no_longer() -> None:
    lines, tally = taken_in([STEPPED[0], STEPPED[1][:1]])
    thread = next(place for place, life in enumerate(tally.threads.lives) if life.tid == PID)
    assert lines.held.inside(thread, S, 9 * S) == 5 * S


def test_what_is_held_after_its_call_was_not_late() -> None:
    rows = [spawn(0), timed("read", 3, at=S, wall_ns=S), held(Held.EXIT, 2 * S, S), held(Held.GOES_ON, 7 * S, S)]
    lines, _ = taken_in([[*rows, timed("read", 3, at=8 * S, wall_ns=S)]])
    assert not lines.held.any


def test_the_line_of_another_thread_or_event_at_that_moment_is_not_the_held_one() -> None:
    first = [spawn(0), spawn(S, OTHER), entered(S), held(Held.ENTRY, S, S), timed("read", 4, at=S, tid=OTHER)]
    lines, _ = taken_in([first, [held(Held.GOES_ON, 6 * S, S)], [leave(7 * S, OTHER)], STEPPED[1][1:]])
    numbers = np.flatnonzero(lines.held.of(np.arange(lines.count)))
    assert [lines.row_of(int(number)) for number in numbers] == [7]
