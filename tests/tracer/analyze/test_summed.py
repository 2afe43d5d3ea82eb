"""Totals of calls that were summed up in the kernel, against the totals of the same calls one by one."""

from __future__ import annotations

import errno
from dataclasses import replace
from typing import Any

import pytest

from tests.tracer.rows import TestRow, batch, row
from tests.tracer.summing import summed_up
from tracer.analyze.results import Report
from tracer.analyze.tally import Tally
from tracer.recording.header import Header
from tracer.recording.rows import calls_in
from tracer.wire import Kind, Placement, Source

HEADER = Header(
    command=("p",), backend="ebpf", calibration={"apart": {"run_ns": 7, "user_run_ns": 3, "samples": 99}}
)
SUMMARY = replace(HEADER, options={"summary": True})


def clocks(i: int, slept: int = 0) -> dict[str, Any]:
    """Of the i-th call; it sleeps so long in it."""
    return {
        "wall_ns": 100 + i + slept, "run_ns": 100 + i, "user_wall_ns": 50 + i, "user_run_ns": 50 + i,
        "span_ns": 150 + 2 * i + slept, "stops": 1, "user_stops": 1, "switches": 2 if slept else 1,
        "user_switches": 1, "placement": int(Placement.APART), "source": int(Source.SWITCHES),
    }  # fmt: skip


CALLS = [
    *(row("read", 3, 0x1000, 64, result=i, **clocks(i)) for i in range(1, 11)),
    *(row("read", 3, 0x1000, 64, result=-errno.EAGAIN, **clocks(i)) for i in range(7)),
    *(row("poll", 0x1000, 1, 5, result=1, **clocks(i, slept=9000)) for i in range(3)),
    *(row("poll", 0x1000, 1, 0, result=0, **clocks(i)) for i in range(4)),
    *(row("rt_sigreturn", result=-errno.EAGAIN, **clocks(i)) for i in range(2)),
    *(row("openat", 3, 0x9000, result=-errno.ENOENT, tid=4242, **clocks(i)) for i in range(2)),
    *(row("nanosleep", 0x10, 0x20, result=-516, **clocks(i)) for i in range(3)),
]


def report(header: Header, *batches: list[TestRow]) -> Report:
    """Of these rows."""
    tally = Tally(header)
    for rows in batches:
        tally.add(batch(rows))
    return tally.report()


@pytest.fixture(scope="module")
def single() -> Report:
    """Of the calls one by one."""
    rows = [replace(each) for each in CALLS]
    return report(HEADER, rows)


@pytest.fixture(scope="module")
def summed() -> Report:
    """Of their sums. What rt_sigreturn returns is not a result, which the programs know."""
    returns = [each for each in CALLS if each.columns["nr"] == 15]
    others = [each for each in CALLS if each.columns["nr"] != 15]
    asked = [place for place, each in enumerate(others) if each.columns["nr"] == 7 and not each.columns["args"][2]]
    restored = [TestRow({**each.columns, "result": 5}) for each in returns]
    return report(SUMMARY, summed_up(others, asked=asked) + summed_up(restored))


def test_totals_are_the_same(single: Report, summed: Report) -> None:
    """Calls, errors, wasted, wake-ups, times, payload; of control, a poll without its array is not known."""
    ours, theirs = summed.totals, single.totals
    for name in ("calls", "failed", "wasted", "wakeups", "ready", "counted_wakeups", "times", "failed_kernel_ns"):
        assert getattr(ours, name) == getattr(theirs, name), name
    assert ours.copies.payload_out == theirs.copies.payload_out == 55
    assert ours.wasted == 7 + 4


def test_calls_and_threads_are_the_same(single: Report, summed: Report) -> None:
    """Line by line."""
    theirs = {each.name: each for each in single.syscalls}
    assert theirs.keys() == {each.name for each in summed.syscalls}
    for each in summed.syscalls:
        other = theirs[each.name]
        for name in ("calls", "failed", "wasted", "errors", "times"):
            assert getattr(each, name) == getattr(other, name), (each.name, name)
    assert [(each.tid, each.calls, each.times) for each in summed.threads] == [
        (each.tid, each.calls, each.times) for each in single.threads
    ]


def test_percentiles_are_within_their_power_of_two(single: Report, summed: Report) -> None:
    """The middle of the power of two that the exact one lies in; here nothing is less the bias."""
    exact = {each.name: each for each in report(replace(HEADER, calibration={}), CALLS).syscalls}
    assert {each.name for each in summed.syscalls} == exact.keys()
    for each in summed.syscalls:
        other = exact[each.name]
        for name in ("kernel_p50_ns", "kernel_p99_ns"):
            assert getattr(other, name) / 1.5 <= getattr(each, name) <= getattr(other, name) * 1.5


def test_what_only_single_calls_tell_is_not_known(summed: Report) -> None:
    """Never an empty table, or a zero, as if it were one."""
    assert summed.scope.summary
    assert summed.totals.useless_wakeups is None
    assert summed.findings is None
    assert summed.models == ()
    assert not summed.fds


def test_growth_adds_up(summed: Report) -> None:
    """The same sums in two parts."""
    others = [each for each in CALLS if each.columns["nr"] != 15]
    twice = report(SUMMARY, summed_up(others[:9]), summed_up(others[9:]))
    whole = report(SUMMARY, summed_up(others))
    assert twice.totals.calls == whole.totals.calls
    assert twice.totals.times == whole.totals.times
    assert [(each.name, each.errors) for each in twice.syscalls] == [
        (each.name, each.errors) for each in whole.syscalls
    ]


def test_sums_belong_to_the_phase_their_mark_began() -> None:
    """By their time, which lies behind the mark that came before their calls."""
    memory = [{"arg": 255, "when": 0, "reason": 0, "address": 0, "bytes": b"begin measure"}]
    mark = TestRow({"kind": int(Kind.MARK), "abi": 0, "nr": 0, "args": [0] * 6, "result": 0, "at_ns": 500,
                    "memory": memory})  # fmt: skip
    late = [TestRow({**each.columns, "at_ns": 501}) for each in summed_up(CALLS[:5], until_ns=9999)]
    early = [TestRow({**each.columns, "at_ns": 1}) for each in summed_up(CALLS[5:7], until_ns=9999)]
    tally = Tally(SUMMARY)
    tally.add(batch([mark, *late, *early]))
    assert tally.report("measure").totals.calls == 5
    assert tally.report().totals.calls == 7
    assert tally.report().duration_ns == 9998


def test_a_call_under_way_is_over_when_its_thread_has_new_sums() -> None:
    """It is among them then."""
    before: dict[str, Any] = {"kind": Kind.ENTERED, "at_ns": 10, **clocks(1, slept=1000)}
    tally = Tally(SUMMARY)
    tally.add(batch([row("read", 3, 0x1000, 64, **before)]))
    assert tally.report().totals.times.blocked_ns == 1000
    tally.add(batch(summed_up([row("read", 3, 0x1000, 64, result=1, **clocks(1, slept=2000))])))
    assert tally.report().totals.times.blocked_ns == 2000


def test_the_recorder_counts_the_calls_that_are_summed() -> None:
    """For its last line, and for what of a run lies before a file."""
    assert calls_in(batch([*CALLS, *summed_up(CALLS)])) == 2 * len(CALLS)
