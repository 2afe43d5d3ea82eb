"""futex-contention: threads wait for each other's locks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from tracer.analyze.findings.facts import Deed, Facts
from tracer.analyze.findings.severity import by_cpu, share_of, worse
from tracer.analyze.findings.telling import found, percent, total
from tracer.analyze.results import Finding, Severity

RULE: Final = "futex-contention"
FEWEST: Final = 100
"""Waits for one lock."""
SHARE: Final = 0.1
"""Of the time of the threads that waited."""
HIGH: Final = 0.5
HOLDS: Final = 3
"""A holder that makes calls while it holds the lock is stopped by the tracer in each, and others wait for that. If
a wait is no longer than so many stops, how long it would be untraced is not known."""


def find(facts: Facts) -> Iterator[Finding]:
    """One finding for every lock; it names the thread that waited longest."""
    groups: dict[tuple[int, int | None], list[Deed]] = {}
    for deed in facts.locks:
        groups.setdefault((deed.thread.pid, deed.fd), []).append(deed)
    for deeds in groups.values():
        deeds.sort(key=lambda deed: -deed.blocked_ns)
        first = deeds[0]
        threads = {deed.thread.tid for deed in deeds}
        count, cost, blocked, _ = total(deeds)
        lived = sum(deed.thread.times.own_ns for deed in deeds)
        share = blocked / lived if lived else 0.0
        severity = by_cpu(first.cpu_ns, first.thread)
        severity = None if severity is Severity.LOW else severity
        asleep = Severity.HIGH if share >= HIGH else Severity.MEDIUM if share >= SHARE else None
        asleep = asleep if blocked > HOLDS * count * _stopped(deeds) else None
        if count < FEWEST or len(threads) < 2 or (asleep is None and severity is None):
            continue
        nameless = [replace(deed, fd=None, what="") for deed in deeds]
        yield found(
            RULE, worse(asleep, severity) or Severity.LOW, nameless,
            f"{len(threads)} threads waited {count:,} times for one lock that another of them held: "
            f"{percent(share)} of their time (the worst of them "
            f"{percent(share_of(first.blocked_ns, first.thread))}).",
            "Hold the lock for less, split what it guards, or give each thread its own part and join the parts at "
            "the end.",
            {"waits": count, "threads": len(threads), "blocked_ns": blocked, "cpu_ns": cost,
             "longest_ns": first.most, "share": round(share, 4)},
        )  # fmt: skip


def _stopped(deeds: list[Deed]) -> float:
    """ns that the tracer held these threads for each of their calls."""
    threads = {deed.thread.tid: deed.thread for deed in deeds}.values()
    calls = sum(each.calls for thread in threads for each in thread.calls.values())
    return sum(thread.times.tracer_ns for thread in threads) / calls if calls else 0.0
