"""zero-timeout-spin: a wait with timeout 0 is repeated although nothing else is done in between."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tracer.analyze.findings.facts import Facts, by_call
from tracer.analyze.findings.severity import by_cpu, share_of
from tracer.analyze.findings.telling import burnt, found, percent, total
from tracer.analyze.results import Finding

RULE: Final = "zero-timeout-spin"
FEWEST: Final = 50
"""Empty looks. A loop that still has work to do looks with timeout 0 now and then; that is how it should be."""


def find(facts: Facts) -> Iterator[Finding]:
    """One finding for every thread and waiting call that spins."""
    for deeds in by_call(facts.looks):
        thread, first = deeds[0].thread, deeds[0]
        looks, cost, *_ = total(deeds)
        severity = by_cpu(cost, thread)
        if looks < FEWEST or severity is None:
            continue
        yield found(
            RULE, severity, deeds,
            f"{first.syscall} was called {looks:,} times with timeout 0, one after the other, and found nothing: "
            f"{percent(share_of(cost, thread))} of the thread's time goes into asking.",
            f"Let {first.syscall} sleep: timeout -1, or the time until the next timer is due, rounded up to a "
            "whole millisecond (epoll_pwait2 and ppoll take nanoseconds); wake it from other threads with an "
            "eventfd.",
            {"looks": looks} | burnt(cost, thread),
        )  # fmt: skip
