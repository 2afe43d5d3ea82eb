"""busy-wait: a call on a non-blocking descriptor is repeated while it only gives EAGAIN."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tracer.analyze.findings.facts import Facts, by_call
from tracer.analyze.findings.severity import by_cpu, share_of
from tracer.analyze.findings.telling import burnt, found, others, percent, total
from tracer.analyze.results import Finding

RULE: Final = "busy-wait"
FEWEST: Final = 50
"""Retries. A loop that spins makes thousands in a blink; draining twice after a wake-up makes one."""


def find(facts: Facts) -> Iterator[Finding]:
    """One finding for every thread and call that spins."""
    for deeds in by_call(facts.retries):
        thread, first = deeds[0].thread, deeds[0]
        retries, cost, *_ = total(deeds)
        severity = by_cpu(cost, thread)
        if retries < FEWEST or severity is None:
            continue
        again = thread.calls[first.syscall].wasted
        yield found(
            RULE, severity, deeds,
            f"{first.syscall} on {first.on}{others(deeds)} was tried {again:,} times with nothing there (EAGAIN), "
            f"without a wait in between: {percent(share_of(cost, thread))} of the thread's time on a CPU for "
            "nothing.",
            "Wait with poll or epoll_wait until the descriptor is ready, then call "
            f"{first.syscall}; or leave the descriptor blocking (clear O_NONBLOCK).",
            {"retries": retries, "wasted": again, "descriptors": len(deeds)} | burnt(cost, thread),
        )  # fmt: skip
