"""eintr-storm: signals interrupt calls all the time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tracer.analyze.findings.facts import Facts, by_thread
from tracer.analyze.findings.severity import by_cpu
from tracer.analyze.findings.telling import burnt, found, total
from tracer.analyze.results import Finding, Severity

RULE: Final = "eintr-storm"
FEWEST: Final = 100
"""Interrupted calls."""
SHARE: Final = 0.3
"""Of all returns of these calls."""


def find(facts: Facts) -> Iterator[Finding]:
    """One finding for every thread."""
    for deeds in by_thread(facts.interrupted).values():
        deeds.sort(key=lambda deed: -deed.count)
        thread, first = deeds[0].thread, deeds[0]
        count, cost, *_ = total(deeds)
        calls = thread.sum({deed.syscall for deed in deeds}).calls
        if count < FEWEST or count < SHARE * calls:
            continue
        handlers = thread.sum(("rt_sigreturn", "sigreturn"))
        cost += handlers.cpu_ns
        yield found(
            RULE, by_cpu(cost, thread) or Severity.LOW, deeds,
            f"{count:,} of {calls:,} calls ({first.syscall} above all) were interrupted by signals: each is begun "
            "again, and a program that takes EINTR for an error fails.",
            "Block the signal in this thread and take it with signalfd or sigtimedwait, set SA_RESTART, or use a "
            "timerfd instead of a timer that sends signals.",
            {"interrupted": count, "calls": calls, "handlers": handlers.calls} | burnt(cost, thread),
        )  # fmt: skip
