"""signal-overflow: the queue of real-time signals was full, and events were lost."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tracer.analyze.findings.facts import Facts, by_thread
from tracer.analyze.findings.telling import found, total
from tracer.analyze.results import Finding, Severity

RULE: Final = "signal-overflow"
_SENDERS: Final = ("rt_sigqueueinfo", "rt_tgsigqueueinfo")


def find(facts: Facts) -> Iterator[Finding]:
    """One finding for every thread: a single lost event is one too many."""
    for deeds in by_thread(facts.overflows).values():
        first = deeds[0]
        count = total(deeds)[0]
        sends = first.syscall in _SENDERS
        text = (
            f"{first.syscall} failed {count:,} times with EAGAIN: the receiver's queue of real-time signals is "
            "full."
            if sends
            else f"The queue of real-time signals was full {count:,} times: the kernel sent a plain SIGIO "
            "instead of the signal that names the descriptor, and which descriptor was ready is lost."
        )
        yield found(
            RULE, Severity.HIGH, deeds, text,
            "On SIGIO look at every descriptor with poll; raise RLIMIT_SIGPENDING; or use epoll, which cannot "
            "overflow.",
            {"overflows": count},
        )  # fmt: skip
