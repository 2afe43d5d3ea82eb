"""The report's lines for cases that real recordings of a test cannot bring about at will."""

from __future__ import annotations

from dataclasses import replace

import pytest
from rich.text import Text

from iotrace.text_report import By, lines
from tracer.analyze.results import Copies, Ending, Report, Times, Totals

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


def test_what_is_not_known_is_said() -> None:
    totals = replace(REPORT.totals, lost=11, copies=Copies(unknown=3))
    assert "11 events were lost" in text(replace(REPORT, totals=totals))
    assert "what 3 calls copied is not known" in text(replace(REPORT, totals=totals))
    assert "lost" not in text(REPORT)
    assert "not known" not in text(REPORT)
