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
        if count < FEWEST or len(threads) < 2 or (share < SHARE and severity is None):
            continue
        asleep = Severity.HIGH if share >= HIGH else Severity.MEDIUM if share >= SHARE else None
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
