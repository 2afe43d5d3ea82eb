"""The report's lines for cases that real recordings of a test cannot bring about at will."""

from __future__ import annotations

from dataclasses import replace

import pytest
from rich.text import Text

from iotrace.text_report import By, lines
from tracer.analyze.results import Copies, Ending, Finding, Model, Report, Severity, ThreadRow, Times, Totals

REPORT = Report(
    command=("prog", "a\x1b[31mb\n"), backend="ptrace", source="schedstat", phase=None, duration_ns=1_500_000_000,
    ending=Ending(code=0, complete=True), totals=Totals(calls=23, wasted=7, times=Times(user_ns=10, kernel_ns=5)),
    syscalls=(), fds=(), threads=(), phases=(), uncertainty_ns=1234,
)  # fmt: skip


def text(report: Report, by: By | None = None) -> str:
    shown = lines(report, by=by, corrected=True, width=80)
    return "\n".join(line.plain for line in shown if isinstance(line, Text))


def test_a_command_cannot_reach_the_terminal() -> None:
    assert "\x1b" not in text(REPORT)
    assert text(REPORT).startswith("iotrace prog a␛[31mb␊\n")


def test_the_heading_tells_clock_correction_and_uncertainty() -> None:
    assert "exit status 0 · 1.50 s · ptrace, schedstat, corrected ± 1.23 µs" in text(REPORT)
    assert "coarse CPU times" in text(replace(REPORT, source="ticks"))


@pytest.mark.parametrize(
    ("ending", "said"),
    [
        (Ending(code=7, complete=True), "exit status 7 · "),
        (Ending(signal="SIGKILL", complete=True), "killed by SIGKILL · "),
        (Ending(complete=True, reason="tracing was stopped"), "\ntracing was stopped\n"),
        (Ending(reason="no room"), "\nincomplete: no room\n"),
    ],
)
def test_how_it_ended(ending: Ending, said: str) -> None:
    assert said in text(replace(REPORT, ending=ending))


def test_the_model_of_the_only_thread_says_what_shows_it() -> None:
    """ "blocking" beside 0 % blocked is no contradiction: its calls may sleep, but had no reason to."""
    one = Model(7, 7, "blocking", "201 calls, hardly any waiting")
    assert "\nmodel blocking: 201 calls, hardly any waiting\n\n" in text(replace(REPORT, models=(one,)))
    found = replace(REPORT, models=(one,), findings=(Finding("eintr-storm", Severity.LOW, 7, "a", "b"),))
    assert "\nmodel blocking\n\n" in text(found)
    two = (one, replace(one, tid=8), replace(one, tid=9, model="poll"))
    assert "\nmodel blocking (2 threads), poll (1 thread)\n" in text(replace(REPORT, models=two))
    rows = tuple(
        ThreadRow(7, tid, "t", own, 1, Times(blocked_ns=own), alive=False)
        for tid, own in ((7, 5), (8, 4), (9, 990))
    )
    timed = replace(REPORT, models=two, threads=rows)
    assert "\nmodel poll (1 thread); and 2 threads with hardly any time\n" in text(timed)
    long = replace(one, evidence="a word " * 30 + "\x1b[2J")
    assert all(len(line) <= 80 for line in text(replace(REPORT, models=(long,))).splitlines())
    assert "\x1b" not in text(replace(REPORT, models=(long,)))


def test_what_is_not_known_is_said() -> None:
    totals = replace(REPORT.totals, lost=11, copies=Copies(unknown=3))
    assert "11 events were lost" in text(replace(REPORT, totals=totals))
    assert "what 3 calls copied is not known" in text(replace(REPORT, totals=totals))
    assert "lost" not in text(REPORT)
    assert "not known" not in text(REPORT)
