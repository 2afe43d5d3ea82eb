"""How much something matters: by the share of a thread's own time that it costs.

A finding must pay for itself: below `LOW_SHARE` of the time, and of the CPU, nobody would gain by acting on it.
"""

from __future__ import annotations

from typing import Final

from tracer.analyze.findings.facts import ThreadFacts
from tracer.analyze.results import Severity

HIGH_SHARE: Final = 0.25
"""Of all the time the thread lived: a quarter of a CPU burnt, or of its life lost."""
MEDIUM_SHARE: Final = 0.05
LOW_SHARE: Final = 0.01
CPU_SHARE: Final = 0.2
"""Of the CPU time of a thread that hardly uses any: little for the machine, but much of what the program does."""
LEAST_CPU_NS: Final = 1_000_000
"""CPU below a millisecond in a whole run is nothing, whatever the share."""
HIGH_DELAY_NS: Final = 100_000_000
"""A person notices a tenth of a second."""
MEDIUM_DELAY_NS: Final = 10_000_000
"""A hundredth is more than a round trip within a city."""


def share_of(cost_ns: int, thread: ThreadFacts) -> float:
    """Of all the time the thread lived, as it would be untraced."""
    return cost_ns / thread.times.own_ns if thread.times.own_ns else 0.0


def share_of_cpu(cost_ns: int, thread: ThreadFacts) -> float:
    """Of the thread's user and kernel time."""
    return cost_ns / thread.cpu_ns if thread.cpu_ns else 0.0


def by_cpu(cost_ns: int, thread: ThreadFacts, least_of_cpu: float = CPU_SHARE) -> Severity | None:
    """The severity of CPU time that is spent for nothing; None: too little to speak of."""
    share = share_of(cost_ns, thread)
    if cost_ns < LEAST_CPU_NS:
        return None
    if share >= HIGH_SHARE:
        return Severity.HIGH
    if share >= MEDIUM_SHARE:
        return Severity.MEDIUM
    worth = share >= LOW_SHARE or share_of_cpu(cost_ns, thread) >= least_of_cpu
    return Severity.LOW if worth else None


def by_work(cost_ns: int, thread: ThreadFacts, least: float) -> Severity | None:
    """The severity of CPU time that a better call would save in part: by its share of the thread's CPU time,
    and only where the thread works at all."""
    if cost_ns < LEAST_CPU_NS or share_of_cpu(cost_ns, thread) < least:
        return None
    share = share_of(cost_ns, thread)
    if share >= 2 * HIGH_SHARE:
        return Severity.HIGH
    return Severity.MEDIUM if share >= 2 * MEDIUM_SHARE else Severity.LOW


def by_delay(delay_ns: int) -> Severity:
    """The severity of the longest delay."""
    if delay_ns >= HIGH_DELAY_NS:
        return Severity.HIGH
    return Severity.MEDIUM if delay_ns >= MEDIUM_DELAY_NS else Severity.LOW


def worse(one: Severity | None, other: Severity | None) -> Severity | None:
    """The worse of two."""
    order = [*Severity, None]
    return min(one, other, key=order.index)
