"""failed-lookups: many paths are tried, and most are not there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tracer.analyze.findings.facts import Facts, by_thread
from tracer.analyze.findings.severity import by_work, share_of_cpu
from tracer.analyze.findings.telling import burnt, found, percent, total
from tracer.analyze.findings.traits import Trait, trait_of
from tracer.analyze.results import Finding

RULE: Final = "failed-lookups"
FEWEST: Final = 500
"""Paths not found. Starting a program takes dozens, an interpreter up to a few hundred."""
FAILED: Final = 0.5
"""Of all lookups."""
SHARE: Final = 0.1
"""Of the thread's CPU time."""


def find(facts: Facts) -> Iterator[Finding]:
    """One finding for every thread."""
    for deeds in by_thread(facts.lookups).values():
        deeds.sort(key=lambda deed: -deed.count)
        thread, first = deeds[0].thread, deeds[0]
        count, cost, *_ = total(deeds)
        tried = thread.sum(name for name in thread.calls if trait_of(name) & Trait.LOOKUP).calls
        severity = by_work(cost, thread, SHARE)
        if count < FEWEST or count < FAILED * tried or severity is None:
            continue
        yield found(
            RULE, severity, deeds,
            f"{count:,} of {tried:,} paths that the thread looked for ({first.syscall}) were not there: "
            f"{percent(share_of_cpu(cost, thread))} of its CPU time goes into searching.",
            "Shorten the search path, put the right directory first, read a directory once instead of probing for "
            "each name, or remember what was found.",
            {"failed": count, "lookups": tried} | burnt(cost, thread),
        )  # fmt: skip
