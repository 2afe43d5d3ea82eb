"""fd-leak: descriptors are opened all the time, used for a moment, and never closed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tracer.analyze.findings.facts import Facts
from tracer.analyze.results import Finding, Severity

RULE: Final = "fd-leak"
FEWEST: Final = 24
"""Descriptors. Some files stay open on purpose for as long as a program runs."""
LEAKED: Final = 0.2
"""Of all that the same call opened: a few that stay are no leak."""
SPREAD: Final = 0.05
"""Of them in each of three quarters of the process's life at least: what is opened at the start is not leaking."""
LIMIT: Final = 1024
"""The usual soft RLIMIT_NOFILE."""


def find(facts: Facts) -> Iterator[Finding]:
    """One finding for every process and opening call."""
    for leak in facts.leaks:
        steady = sum(quarter >= SPREAD * leak.count for quarter in leak.quarters) >= 3
        if leak.count < FEWEST or leak.count < LEAKED * leak.opened or not steady:
            continue
        severity = Severity.HIGH if leak.count >= LIMIT // 2 else Severity.MEDIUM
        yield Finding(
            rule=RULE, severity=severity, pid=leak.pid, fd=leak.fd, syscall=leak.opened_by,
            text=f"{leak.count:,} of {leak.opened:,} descriptors that {leak.opened_by} opened ({leak.what}) were "
            "never closed, and not used any more: more all the time, until the limit (EMFILE).",
            advice="Close each where it is done with, on every path out (with, defer, RAII), also after an error.",
            evidence={"leaked": leak.count, "opened": leak.opened, "highest_fd": leak.fd}, lines=leak.rows,
        )  # fmt: skip
