"""unbatched: messages are sent or received one by one where one call would take many."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tracer.analyze.findings.facts import Facts, by_call
from tracer.analyze.findings.severity import by_work, share_of_cpu
from tracer.analyze.findings.telling import burnt, found, others, percent, total
from tracer.analyze.findings.tiny_io import FEWEST as FEWEST_TINY
from tracer.analyze.findings.tiny_io import is_tiny
from tracer.analyze.findings.traits import Trait, trait_of
from tracer.analyze.results import Finding

RULE: Final = "unbatched"
FEWEST: Final = 500
"""Messages, each directly after another."""
SHARE: Final = 0.2
"""Of the thread's CPU time: batching saves the entries into the kernel, not the work on each message."""


def find(facts: Facts) -> Iterator[Finding]:
    """One finding for every thread and call."""
    tiny = {(deed.thread.tid, deed.syscall) for deed in facts.tiny if deed.count >= FEWEST_TINY and is_tiny(deed)}
    for deeds in by_call(facts.alone):
        first = deeds[0]
        count, cost, _, amount = total(deeds)
        severity = by_work(cost, first.thread, SHARE)
        if count < FEWEST or severity is None or (first.thread.tid, first.syscall) in tiny:
            continue
        receives = trait_of(first.syscall) & Trait.READ
        many = "recvmmsg" if receives else "sendmmsg"
        yield found(
            RULE, severity, deeds,
            f"{first.syscall} on {first.on}{others(deeds)} moved {count:,} messages of {amount // count:,} bytes, "
            f"one a call and one after the other: {percent(share_of_cpu(cost, first.thread))} of the thread's CPU "
            "time.",
            f"{many} takes many datagrams in one call"
            + (", UDP_GRO joins them." if receives else ", UDP_SEGMENT cuts a big one; gather streams (writev)."),
            {"messages": count, "bytes": amount, "mean_bytes": amount // count} | burnt(cost, first.thread),
        )  # fmt: skip
