"""Budgets: the names they have, when they are kept, and that what is not known is not kept."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from iotrace.checking.names import Figured, UnknownName
from iotrace.checking.verdicts import Judgement, State, judge
from iotrace.failures import Failure
from iotrace.json_report import document
from tests.iotrace.reports import READ, finding, report, totals
from tracer.analyze.compare.job import Job
from tracer.analyze.results import Copies, Ending, Scope, Severity

JOB = Job(
    clients=1, expected=5, received=5, payload_bytes=320, ok=True, work_done=0, latency_p50_ns=9, latency_p99_ns=11
)


def states(judgement: Judgement) -> list[State]:
    return [each.state for each in (*judgement.verdicts, *judgement.forbidden)]  # type: ignore[attr-defined]


def test_every_total_of_the_json_report_has_its_name() -> None:
    figured = Figured(report())
    for name, value in document(report())["totals"].items():
        assert figured.of(name).value == value
        assert figured.of(name.removesuffix("_ns")).value == value


def test_every_number_of_a_call_has_its_name_both_ways_round() -> None:
    figured = Figured(report())
    for name, value in document(report())["syscalls"][0].items():
        if name not in ("name", "errors"):
            assert figured.of(f"read.{name}").value == value
            assert figured.of(f"{name}.read").value == value
    assert figured.of("read.errors.EAGAIN").value == figured.of("read.errors.EWOULDBLOCK").value == 20


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("copies", 5), ("copied", 210), ("payload", 202), ("copies_per_message", 1.0), ("cpu", 23.077),
        ("kernel_ns_per_message", 400), ("kernel_per_message", 400), ("threads", 1), ("findings", 0),
        ("exit.code", 0),
        ("messages", 5), ("latency_p99", 11), ("openat.calls", 0), ("read.copied", 192), ("duration", 10_000),
        ("read.errors.EINTR", 0),
    ],
)  # fmt: skip
def test_other_names(name: str, value: float) -> None:
    assert Figured(report(), JOB).of(name).value == pytest.approx(value, abs=0.001)


def test_of_sums_a_table_that_needs_single_calls_is_not_known_and_percentiles_are_not_exact() -> None:
    figured = Figured(replace(report(), scope=Scope(summary=True), findings=None))
    for name in ("fds", "findings", "models", "read.kernel_p99", "read.wall_p50"):
        assert figured.of(name).value is None
        assert "--summary" in figured.of(name).doubt
    assert figured.of("read.calls").value == report().syscalls[0].calls
    judgement = judge(figured, {}, {}, rules=["any"])
    assert judgement.forbidden[0].state is State.UNKNOWN


@pytest.mark.parametrize(
    ("name", "near"),
    [("wastd", "wasted"), ("raed.calls", "read.calls"), ("calls.raed", "calls.read"), ("read.callz", "read.calls"),
     ("copies_per_mesage", "copies_per_message")],
)  # fmt: skip
def test_an_unknown_name_is_told_its_nearest(name: str, near: str) -> None:
    with pytest.raises(UnknownName) as unknown:
        Figured(report()).of(name)
    assert near in unknown.value.near


@pytest.mark.parametrize(
    "name", ["", ".", "read.", "read", "read.errors", "read.errors.EAGIAN", "read.read", "a.b.c"]
)
def test_half_a_name_is_none(name: str) -> None:
    with pytest.raises(UnknownName):
        Figured(report()).of(name)


def test_limits_are_inclusive_both_ways() -> None:
    judged = judge(Figured(report()), {"wasted": 20, "failed": "19", "kernel": "2us"}, {"calls": 23, "wakeups": 1})
    assert states(judged) == [State.HOLDS, State.BROKEN, State.HOLDS, State.HOLDS, State.BROKEN]
    assert not judged.ok
    assert judge(Figured(report()), {"wasted": 20}, {}).ok


def test_what_is_not_known_is_not_kept() -> None:
    unknown = Figured(report(totals=totals(useless_wakeups=None)))
    judged = judge(unknown, {"useless_wakeups": 99, "copies_per_message": 99, "select.wall_p99": "1s"}, {})
    assert states(judged) == [State.UNKNOWN] * 3
    assert [each.measured.value for each in judged.verdicts] == [None] * 3
    assert "--messages" in judged.verdicts[1].reason


def test_without_a_clock_times_are_not_known() -> None:
    judged = judge(Figured(report(source="none")), {"kernel": "1h", "cpu": 100, "read.kernel_p99": "1h"}, {})
    assert states(judged) == [State.UNKNOWN] * 3


def test_a_lower_bound_can_break_a_limit_and_never_keep_it() -> None:
    partly = Figured(report(totals=totals(copies=Copies(2, 3, 10, 192, 8, 0, unknown=1))))
    judged = judge(partly, {"copies": 5, "copied": 209, "calls": 23}, {"copies": 5, "payload": 203})
    assert states(judged) == [State.UNKNOWN, State.BROKEN, State.HOLDS, State.HOLDS, State.UNKNOWN]
    row = replace(READ, copies=Copies(0, 3, 0, 192, 0, 0, unknown=1))
    assert states(judge(Figured(report(syscalls=(row,))), {"read.copies": 9}, {})) == [State.UNKNOWN]


@pytest.mark.parametrize(
    "changed",
    [{"ending": Ending(complete=False, reason="the recorder was killed")}, {"totals": totals(lost=3)}],
)
def test_a_recording_with_holes_keeps_no_upper_limit(changed: dict[str, object]) -> None:
    judged = judge(Figured(report(**changed)), {"wasted": 99, "failed": 19, "cpu": 99}, {"calls": 23}, ["any"])
    assert states(judged) == [State.UNKNOWN, State.BROKEN, State.UNKNOWN, State.HOLDS, State.UNKNOWN]
    assert "killed" in judged.verdicts[0].reason or "3 events were lost" in judged.verdicts[0].reason


def test_closer_than_can_be_measured_is_said() -> None:
    judged = judge(Figured(report(uncertainty_ns=50)), {"kernel": 2_040, "user": "1ms"}, {})
    assert "± 50 ns" in judged.verdicts[0].reason
    assert judged.verdicts[1].reason == ""


def test_findings_by_rule_severity_or_any() -> None:
    found = Figured(report(findings=(finding(), finding("tiny-io", Severity.LOW))))
    judged = judge(found, {}, {}, ["busy-wait", "fd-leak", "high", "medium", "low", "any"])
    assert [len(each.found) for each in judged.forbidden] == [1, 0, 1, 1, 2, 2]
    assert [each.state is State.HOLDS for each in judged.forbidden] == [False, True, False, False, False, False]


@pytest.mark.parametrize(
    ("most", "rules", "said"),
    [
        ({"wastd": 0}, [], "Did you mean wasted"),
        ({"zqzqzq": 0}, [], "iotrace check --names"),
        ({"wasted": "5ms"}, [], "'5ms' is not a number"),
        ({}, ["busywait"], "Did you mean busy-wait"),
        ({}, ["qqq"], "Severities: high, medium, low; or any."),
    ],
)
def test_what_makes_no_sense_is_bad_usage(most: dict[str, str], rules: list[str], said: str) -> None:
    with pytest.raises(Failure) as failure:
        judge(Figured(report()), most, {}, rules)
    assert said in str(failure.value)
    assert (failure.value.exit_status, len(str(failure.value).splitlines()) <= 3) == (2, True)


def test_the_values_can_be_written_as_json() -> None:
    figured = Figured(report(), JOB)
    json.dumps({name: figured.of(name).value for name in figured.totals()}, allow_nan=False)
