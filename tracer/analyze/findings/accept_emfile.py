"""accept-emfile: no descriptor is left for a new connection, and accept is tried again at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tracer.analyze.findings.facts import Facts, by_call
from tracer.analyze.findings.severity import by_cpu, share_of, worse
from tracer.analyze.findings.telling import burnt, found, percent, total
from tracer.analyze.findings.traits import READY, trait_of
from tracer.analyze.results import Finding, Severity

RULE: Final = "accept-emfile"
FEWEST: Final = 20
"""Refusals, each directly after another: a server that frees a descriptor in between, or pauses, has fewer."""


def find(facts: Facts) -> Iterator[Finding]:
    """One finding for every thread."""
    for deeds in by_call(facts.refused):
        thread, first = deeds[0].thread, deeds[0]
        count, failing, *_ = total(deeds)
        waits = thread.sum(name for name in thread.calls if trait_of(name) & READY)
        # Every refusal costs the wait that announced the connection again.
        cost = failing + (waits.cpu_ns * min(count, waits.calls) // waits.calls if waits.calls else 0)
        if count < FEWEST:
            continue
        severity = worse(by_cpu(cost, thread), Severity.MEDIUM) or Severity.MEDIUM
        yield found(
            RULE, severity, deeds,
            f"{first.syscall} on {first.on} failed {count:,} times in a row with EMFILE or ENFILE: the connection "
            f"stays in the queue, is announced again at once, and takes {percent(share_of(cost, thread))} of the "
            "thread's time, while its client waits.",
            "Keep one descriptor in reserve (open /dev/null): close it, accept, close the connection, open it "
            "again; or stop watching the listening socket for a while. Raise RLIMIT_NOFILE, and look for "
            "descriptors that leak.",
            {"refused": count} | burnt(cost, thread),
        )  # fmt: skip
