"""useless-wakeups: a thread is woken and then does nothing with what it was woken for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tracer.analyze.findings.accept_emfile import FEWEST as FEWEST_REFUSED
from tracer.analyze.findings.facts import Deed, Facts, ThreadFacts
from tracer.analyze.findings.level_unconsumed import FEWEST as FEWEST_IN_VAIN
from tracer.analyze.findings.severity import by_cpu, share_of_cpu
from tracer.analyze.findings.telling import burnt, found, percent
from tracer.analyze.findings.thundering_herd import herds
from tracer.analyze.findings.traits import READY, trait_of
from tracer.analyze.results import Finding, Severity

RULE: Final = "useless-wakeups"
FEWEST: Final = 50
"""Useless wake-ups."""
MANY: Final = 100
MOST: Final = 0.5
"""So many, and so much of all, are worth a word even where they cost little: each is a context switch."""
SHARE: Final = 0.3
"""Of all wake-ups of the thread: some are lost races, and end of life."""


def find(facts: Facts) -> Iterator[Finding]:
    """One finding for every thread, unless another rule says why."""
    refused = {deed.thread.tid for deed in facts.refused if deed.count >= FEWEST_REFUSED}
    in_vain = {deed.thread.tid for deed in facts.unconsumed if deed.count >= FEWEST_IN_VAIN}
    herd = {deed.thread.tid for deeds in herds(facts) for deed in deeds}
    for thread in facts.threads:
        if thread.tid not in in_vain | herd | refused:
            yield from _of(facts, thread)


def _of(facts: Facts, thread: ThreadFacts) -> Iterator[Finding]:
    names = [name for name in thread.calls if trait_of(name) & READY]
    waits = thread.sum(names)
    # A thread that waits for others, and gives each descriptor to one of them, does its work with that.
    useless = thread.useless_wakeups - sum(deed.count for deed in facts.handed if deed.thread.tid == thread.tid)
    if useless < FEWEST or not waits.wakeups or useless < SHARE * waits.wakeups:
        return
    cost = waits.cpu_ns * useless // max(waits.calls, 1)
    severity = by_cpu(cost, thread)
    if severity is None and (useless < MANY or useless < MOST * waits.wakeups):
        return
    told = sorted((deed for deed in facts.reports if deed.thread.tid == thread.tid), key=lambda deed: -deed.count)
    deeds = told[:1] or [Deed(thread, max(names, key=lambda name: thread.calls[name].wakeups))]
    yield found(
        RULE, severity or Severity.LOW, deeds,
        f"{useless:,} of {waits.wakeups:,} wake-ups by {deeds[0].syscall} brought no work: nothing was "
        f"transferred on any descriptor that was reported ready ({percent(share_of_cpu(cost, thread))} of the "
        "thread's CPU time).",
        "Watch only what this thread will handle; ask for EPOLLOUT only while there is something to write; share "
        "one epoll among threads with EPOLLONESHOT or EPOLLEXCLUSIVE.",
        {"useless": useless, "wakeups": waits.wakeups} | burnt(cost, thread),
    )  # fmt: skip
