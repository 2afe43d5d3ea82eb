"""fd-leak: descriptors are opened all the time, used for a moment, and never closed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tracer.analyze.findings.facts import Facts
from tracer.analyze.results import Finding, Severity

RULE: Final = "fd-leak"
FEWEST: Final = 24
"""Descriptors. Some files stay open on purpose for as long as a program runs."""
FEWEST_FILES: Final = 256
"""If each is another file: databases keep all their files open (PostgreSQL: max_files_per_process)."""
LEAKED: Final = 0.2
"""Of all that the same call opened: a few that stay are no leak."""
SPREAD: Final = 0.15
"""Where they were not even used, so much in each quarter of the time: what opens at the start is meant to stay."""
LIMIT: Final = 1024
"""The usual soft RLIMIT_NOFILE."""


def find(facts: Facts) -> Iterator[Finding]:
    """One finding for every process and opening call."""
    for leak in facts.leaks:
        steady = all(quarter >= SPREAD * leak.count for quarter in leak.quarters)
        fewest = FEWEST_FILES if leak.paths == leak.count else FEWEST
        if leak.count < fewest or leak.count < LEAKED * leak.opened or not (leak.abandoned or steady):
            continue
        severity = Severity.HIGH if leak.count >= LIMIT // 2 else Severity.MEDIUM
        yield Finding(
            rule=RULE, severity=severity, pid=leak.pid, fd=leak.fd, syscall=leak.opened_by,
            text=f"{leak.count:,} of {leak.opened:,} descriptors that {leak.opened_by} opened ({leak.what}) were "
            "not closed before the end, though nobody used them any more: more and more, until the limit "
            "(EMFILE).",
            advice="Close each where it is done with, on every path out (with, defer, RAII), also after an error.",
            evidence={"leaked": leak.count, "opened": leak.opened, "highest_fd": leak.fd}, lines=leak.rows,
        )  # fmt: skip
