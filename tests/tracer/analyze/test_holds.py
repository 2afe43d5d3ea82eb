"""Held threads: who is held at which call, and that a live view does not count them as blocked."""

from __future__ import annotations

from tests.tracer.analyze.runs import leave, spawn, tally_of, timed
from tests.tracer.rows import TestRow, batch, row
from tracer.account.calibration import Calibration
from tracer.account.times import account_times
from tracer.analyze.holds import Hold
from tracer.analyze.settling import Settling
from tracer.wire import Held, Kind

PID, OTHER = 4241, 4243
S = 1_000_000_000


def held(where: Held, at: int, tid: int = PID) -> TestRow:
    return row(0, kind=Kind.HELD, at_ns=at, tid=tid, nr=int(where))


def entered(at: int, wall: int = 0, **columns: int) -> TestRow:
    return timed("read", 3, at=at, kind=Kind.ENTERED, wall_ns=wall, **columns)


BEFORE = [spawn(0), entered(S), held(Held.ENTRY, S)]


def test_a_held_thread_is_known_with_the_row_of_its_call() -> None:
    tally = tally_of([BEFORE[:1], BEFORE[1:]])
    assert tally.holds.now == (Hold(PID, PID, S, True, 1),)
    assert tally.holds.steps == 1


def test_threads_are_listed_in_the_order_they_stopped_and_leave_when_they_go_on_or_exit() -> None:
    other = [spawn(0, OTHER), timed("read", 3, at=S, tid=OTHER), held(Held.EXIT, 2 * S, OTHER)]
    tally = tally_of([BEFORE, other])
    assert [(hold.tid, hold.at_entry, hold.row) for hold in tally.holds.now] == [(PID, True, 1), (OTHER, False, 4)]
    tally.add(batch([held(Held.GOES_ON, 3 * S)]))
    assert [hold.tid for hold in tally.holds.now] == [OTHER]
    tally.add(batch([leave(4 * S, OTHER)]))
    assert tally.holds.now == ()


def test_a_thread_that_is_held_is_not_blocked() -> None:
    assert tally_of([BEFORE]).report(None, 9 * S).totals.times.blocked_ns == 0


def test_from_when_it_goes_on_it_is() -> None:
    tally = tally_of([BEFORE, [held(Held.GOES_ON, 4 * S)]])
    assert tally.report(None, 9 * S).totals.times.blocked_ns == 5 * S
    tally.add(batch([entered(S, wall=2 * S, span_ns=5 * S, switches=2, stops=1)]))
    assert tally.report(None, 9 * S).totals.times.blocked_ns == 2 * S + 3 * S


def test_without_a_hold_the_same_rows_are_blocked_since_the_entry() -> None:
    tally = tally_of([[spawn(0), entered(S, wall=2 * S, span_ns=2 * S, switches=2, stops=1)]])
    assert tally.report(None, 9 * S).totals.times.blocked_ns == 8 * S


def test_a_hold_is_no_line_and_has_no_time() -> None:
    settling = Settling()
    made = batch([spawn(0), held(Held.ENTRY, 1), held(Held.GOES_ON, 2), timed("read", 3, at=3, user=5, held=7)])
    assert settling.add(made).tolist() == [0, 3]
    times = account_times(made, Calibration.from_json({}))
    assert times.tracer.tolist() == [0, 0, 0, 7]
    assert times.user.tolist() == [0, 0, 0, 5]
