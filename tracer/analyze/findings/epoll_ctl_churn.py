"""epoll-ctl-churn: registrations are changed and changed back for nearly every event."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tracer.analyze.findings.facts import Facts, by_call
from tracer.analyze.findings.severity import by_work, share_of_cpu
from tracer.analyze.findings.telling import burnt, found, others, percent, total
from tracer.analyze.findings.traits import Trait, trait_of
from tracer.analyze.results import Finding

RULE: Final = "epoll-ctl-churn"
FEWEST: Final = 100
"""Changes. Connections that come and go register once each, and that is not counted."""
PER_WAKEUP: Final = 0.5
"""Changes for one wake-up: a loop that changes what it waits for now and then is far below."""
SHARE: Final = 0.03
"""Of the thread's CPU time."""


def find(facts: Facts) -> Iterator[Finding]:
    """One finding for every thread."""
    for deeds in by_call(facts.churn):
        first = deeds[0]
        count, cost, _, modified = total(deeds)
        waits = first.thread.sum(name for name in first.thread.calls if trait_of(name) & Trait.EPOLL)
        controls = first.thread.calls[first.syscall]
        # Removing what is added again costs as much again.
        cost += (controls.cpu_ns // max(controls.calls, 1)) * (count - modified)
        severity = by_work(cost, first.thread, SHARE)
        if count < FEWEST or count < PER_WAKEUP * waits.wakeups or severity is None:
            continue
        yield found(
            RULE, severity, deeds,
            f"epoll_ctl changed the registration of {first.on}{others(deeds)} {count:,} times in {waits.wakeups:,} "
            f"wake-ups, back and forth: {percent(share_of_cpu(cost, first.thread))} of the thread's CPU time.",
            "Leave descriptors registered: write first and ask for EPOLLOUT only after EAGAIN, or register once "
            "with EPOLLIN | EPOLLOUT | EPOLLET.",
            {"changes": count, "modified": modified, "wakeups": waits.wakeups} | burnt(cost, first.thread),
        )  # fmt: skip
