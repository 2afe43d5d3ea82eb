"""tiny-io: data goes a few bytes at a time; the calls cost far more than the bytes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tracer.analyze.findings.facts import Deed, Facts, by_call
from tracer.analyze.findings.runs import TINY
from tracer.analyze.findings.severity import by_work, share_of_cpu
from tracer.analyze.findings.telling import burnt, found, others, percent, total
from tracer.analyze.findings.traits import Trait, trait_of
from tracer.analyze.results import Finding

RULE: Final = "tiny-io"
FEWEST: Final = 200
"""Calls. A header or a line now and then is not worth a buffer."""
SHARE: Final = 0.1
"""Of the thread's CPU time."""


def find(facts: Facts) -> Iterator[Finding]:
    """One finding for every thread and call."""
    for deeds in by_call(facts.tiny):
        first = deeds[0]
        count, cost, _, amount = total(deeds)
        severity = by_work(cost, first.thread, SHARE)
        if count < FEWEST or severity is None or not is_tiny(first):
            continue
        buffer = "a buffer of 64 KiB (fread, io.BufferedReader)" if trait_of(first.syscall) & Trait.READ else (
            "a buffer that is written when it is full (fwrite, io.BufferedWriter), or writev"
        )  # fmt: skip
        yield found(
            RULE, severity, deeds,
            f"{first.syscall} on {first.on}{others(deeds)} moved {amount / count:.0f} bytes a call, {count:,} "
            f"times in a row: {percent(share_of_cpu(cost, first.thread))} of the thread's CPU time goes into "
            "entering the kernel.",
            f"Put {buffer} in between.",
            {"calls": count, "bytes": amount, "mean_bytes": round(amount / count, 1), "limit_bytes": TINY}
            | burnt(cost, first.thread),
        )  # fmt: skip


def is_tiny(deed: Deed) -> bool:
    """Whether the rule is about this descriptor: datagrams are as big as they are."""
    return not (deed.what.lower().startswith(("udp", "udplite")) or "dgram" in deed.what.lower())
