"""fsync-bound: the thread spends its time waiting until the disk has everything."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tracer.analyze.findings.facts import Facts, by_thread
from tracer.analyze.findings.severity import share_of
from tracer.analyze.findings.telling import found, milliseconds, percent, total
from tracer.analyze.results import Finding, Severity

RULE: Final = "fsync-bound"
FEWEST: Final = 10
"""Calls: one at the end of a file is what it is for."""
SHARE: Final = 0.2
HIGH: Final = 0.5


def find(facts: Facts) -> Iterator[Finding]:
    """One finding for every thread."""
    for deeds in by_thread(facts.syncs).values():
        deeds.sort(key=lambda deed: -(deed.blocked_ns + deed.cpu_ns))
        thread, first = deeds[0].thread, deeds[0]
        count, _, blocked, _ = total(deeds)
        kernel = thread.sum({deed.syscall for deed in deeds}).kernel_ns
        share = share_of(blocked + kernel, thread)
        if count < FEWEST or share < SHARE:
            continue
        yield found(
            RULE, Severity.HIGH if share >= HIGH else Severity.MEDIUM, deeds,
            f"{percent(share)} of the thread's time goes into {count:,} calls of {first.syscall} on {first.on}, "
            f"{milliseconds((blocked + kernel) // count)} each: it runs at the speed of the disk's cache flush.",
            "Commit many changes with one fsync (group commit), use fdatasync or O_DSYNC where the metadata does "
            "not matter, or submit it to io_uring and go on.",
            {"calls": count, "blocked_ns": blocked, "kernel_ns": kernel, "longest_ns": first.most,
             "share": round(share, 4)},
        )  # fmt: skip
