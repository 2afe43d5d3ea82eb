"""Runs for tests of comparisons, with the figures a test cares about."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tracer.analyze.compare.comparison import Figures, Run
from tracer.analyze.results import Copies, SyscallRow, Times

PLAIN = Figures(
    name="plain", messages=23, payload_bytes=23 * 64, wall_ns=10_000_000, user_ns=100_000, kernel_ns=100_000,
    blocked_ns=9_000_000, runnable_ns=0, cpu_percent=2.0, calls=46, calls_per_message=2.0, wasted=0, wakeups=0,
    useless_wakeups=0, ready_per_wakeup=None, copies_per_message=1.0, payload_copied=23 * 64, control_copied=0,
    latency_p50_ns=50_000, latency_p99_ns=90_000, work_done=0, ok=True,
)  # fmt: skip
KNOWN = {
    "model",
    "clients",
    "threads",
    "signals",
    "ready",
    "bounds",
    "syscalls",
    "reason",
    "ran",
    "spread",
    "alone",
}


def run(name: str, **given: Any) -> Run:
    """A run that did its job; `given` are fields of the run or figures."""
    about = {key: value for key, value in given.items() if key in KNOWN}
    figures = {key: value for key, value in given.items() if key not in KNOWN}
    return Run(figures=replace(PLAIN, name=name, **figures), **about)


def calls_of(name: str, calls: int, control_in: int = 0, control_out: int = 0) -> SyscallRow:
    """A line of the summary with these control bytes."""
    copies = Copies(control_in=control_in, control_out=control_out)
    return SyscallRow(name, calls, 0, 0, {}, Times(), 0, 0, 0, 0, copies)
