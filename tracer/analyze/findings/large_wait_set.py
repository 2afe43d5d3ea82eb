"""large-wait-set: every select or poll hands over many descriptors of which hardly any is ever ready."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tracer.analyze.findings.facts import Facts, by_call
from tracer.analyze.findings.severity import by_work, share_of_cpu
from tracer.analyze.findings.telling import burnt, found, percent, total
from tracer.analyze.results import Finding

RULE: Final = "large-wait-set"
FEWEST: Final = 20
"""Calls."""
IDLE: Final = 20
"""Descriptors looked at for one that is ready."""
SHARE: Final = 0.05
"""Of the thread's CPU time. That the program must build and search the set as well comes on top."""


def find(facts: Facts) -> Iterator[Finding]:
    """One finding for every thread and call."""
    ready = {(deed.thread.tid, deed.syscall): deed.amount for deed in facts.sets_ready}
    for deeds in by_call(facts.sets):
        first = deeds[0]
        count, cost, _, asked = total(deeds)
        answered = ready.get((first.thread.tid, first.syscall), 0)
        severity = by_work(cost, first.thread, SHARE)
        if count < FEWEST or asked < IDLE * max(answered, count) or severity is None:
            continue
        yield found(
            RULE, severity, deeds,
            f"{first.syscall} handed over {asked // count:,} descriptors {count:,} times, of which "
            f"{answered / count:.1f} were ready on average: {percent(share_of_cpu(cost, first.thread))} of the "
            "thread's CPU time goes into looking at the others.",
            "Register the descriptors once with epoll_ctl; epoll_wait then costs only for those that are ready.",
            {"calls": count, "mean_descriptors": asked // count, "most_descriptors": first.most, "ready": answered}
            | burnt(cost, first.thread),
        )  # fmt: skip
