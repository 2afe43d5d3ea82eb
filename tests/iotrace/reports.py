"""Reports for tests of budgets, with the figures a test cares about."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tracer.analyze.results import Copies, Ending, Finding, Report, Severity, SyscallRow, ThreadRow, Times, Totals

READ = SyscallRow(
    "read", 23, 20, 20, {"EAGAIN": 20}, Times(100, 2_000, 0, 0, 9), 90, 400, 95, 450, Copies(0, 3, 0, 192, 0, 0)
)
TOTALS = Totals(
    calls=23, failed=20, wasted=20, times=Times(100, 2_000, 7_000, 0, 9), copies=Copies(2, 3, 10, 192, 8, 0),
    wakeups=0, useless_wakeups=0,
)  # fmt: skip
REPORT = Report(
    command=("prog",), backend="ptrace", source="schedstat", phase=None, duration_ns=10_000,
    ending=Ending(code=0, complete=True), totals=TOTALS, syscalls=(READ,), fds=(),
    threads=(ThreadRow(7, 7, "prog", 9_109, 23, Times(100, 2_000, 7_000, 0, 9), False),), phases=(), findings=(),
)  # fmt: skip


def report(**changed: Any) -> Report:
    """The report above, with other values in some of its fields."""
    return replace(REPORT, **changed)


def totals(**changed: Any) -> Totals:
    """Its totals, with other values in some of their fields."""
    return replace(TOTALS, **changed)


def finding(rule: str = "busy-wait", severity: Severity = Severity.HIGH) -> Finding:
    """A finding of that rule."""
    return Finding(rule, severity, 7, "read spins", "wait with poll", tid=7, fd=3, syscall="read", lines=(5, 6))
