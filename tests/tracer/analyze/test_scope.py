"""What a recording leaves out is said, and nothing is concluded from what was not looked at."""

from __future__ import annotations

from dataclasses import replace

from rich.text import Text

from iotrace.json_report import document
from iotrace.text_report import lines
from tracer.analyze.results import Ending, Finding, Model, Report, Scope, Severity, Totals
from tracer.analyze.scope import limited, scope_of, sentences, short_words
from tracer.recording.header import Header

TAIL = Header(began_ns=9_000_000_000, earlier={
    "rows": 1_013, "calls": 1_009, "batches": 7, "began_ns": 2_000_000_000, "part": 0, "snapshot": 1,
})  # fmt: skip


def report(scope: Scope) -> Report:
    found = tuple(
        Finding(rule, Severity.LOW, 7, "text", "advice")
        for rule in ("tiny-io", "level-unconsumed", "edge-undrained", "busy-wait", "failed-lookups")
    )
    models = tuple(Model(7, tid, model, "seen") for tid, model in enumerate(("epoll-level", "compute", "blocking")))
    return Report(
        command=("prog",), backend="ptrace", source="schedstat", phase=None, duration_ns=1, ending=Ending(),
        totals=Totals(useless_wakeups=3), syscalls=(), fds=(), threads=(), phases=(), findings=found, models=models,
        scope=scope,
    )  # fmt: skip


def test_a_whole_recording_says_nothing_about_it() -> None:
    assert scope_of(Header()) == Scope()
    assert sentences(Scope()) == short_words(Scope()) == ()
    assert "scope" not in document(report(Scope()))


def test_a_tail_says_how_much_was_before() -> None:
    scope = scope_of(TAIL)
    assert (scope.calls_before, scope.ns_before, scope.part) == (1_009, 7_000_000_000, 0)
    assert sentences(scope) == ("the tail of a longer run: 1,009 calls in 7.0 s before it were dropped",)
    assert short_words(scope) == ("tail of a longer run",)
    assert document(report(scope))["scope"]["before_ns"] == 7_000_000_000


def test_a_cut_without_a_snapshot_says_so() -> None:
    scope = scope_of(replace(TAIL, earlier={**TAIL.earlier, "snapshot": 0}))
    assert "not known" in sentences(scope)[1]


def test_one_of_several_files_says_which() -> None:
    scope = scope_of(replace(TAIL, earlier={**TAIL.earlier, "part": 7}))
    assert sentences(scope)[0].startswith("file 007 of a longer run")


def test_of_some_calls_only_what_needs_all_is_left_out() -> None:
    scope = scope_of(Header(options={"trace": "read", "no_new_privs": True}))
    told = limited(report(scope))
    assert told.totals.useless_wakeups is None
    assert [each.rule for each in told.findings or ()] == ["tiny-io", "failed-lookups"]
    assert [each.model for each in told.models] == ["epoll-level"]
    assert document(told)["scope"]["user_includes_untraced_kernel"] is True
    text = "\n".join(
        line.plain for line in lines(told, by=None, corrected=True, width=80) if isinstance(line, Text)
    )
    assert "only read traced" in text
    assert " user +   " in text
    assert "user + untraced kernel" in text
    assert "set-uid" in text


def test_of_all_calls_nothing_is_left_out() -> None:
    whole = report(Scope())
    assert limited(whole) is whole


def test_strange_headers_are_no_reason_to_fail() -> None:
    scope = scope_of(Header(options={"trace": 7, "follow": "no"}, earlier={"calls": -5, "part": -1}))
    assert (scope.trace, scope.follow, scope.calls_before, scope.part) == (None, True, 0, 0)


def test_of_sums_nothing_is_told_that_needs_single_calls() -> None:
    """Not as an empty table either."""
    found = limited(report(scope_of(Header(options={"summary": True}))))
    assert found.findings is None
    assert found.totals.useless_wakeups is None
    words = document(found)
    assert words["fds"] is words["findings"] is words["models"] is None
    assert words["scope"]["summary"] is True
    assert "sums only" in sentences(found.scope)[0]
    assert short_words(found.scope) == ("sums only",)
    shown = lines(found, by="fd", corrected=True, width=80)
    assert any("no descriptors" in str(line) for line in shown if isinstance(line, Text))
