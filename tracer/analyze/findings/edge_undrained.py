"""edge-undrained: an edge-triggered descriptor is left before it is empty; what is left announces itself never."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tracer.analyze.findings.facts import Facts, by_call
from tracer.analyze.findings.telling import found, others, total
from tracer.analyze.results import Finding, Severity

RULE: Final = "edge-undrained"
FEWEST: Final = 3
"""Times. Once or twice may be a message that filled the buffer exactly."""
SHARE: Final = 0.1
"""Of all reports of these descriptors."""


def find(facts: Facts) -> Iterator[Finding]:
    """One finding for every thread and call."""
    for deeds in by_call(facts.undrained):
        deeds.sort(key=lambda deed: -deed.count)
        first = deeds[0]
        count = total(deeds)[0]
        told = sum(deed.count for deed in facts.edges if deed.thread.pid == first.thread.pid)
        if count < FEWEST or count < SHARE * told:
            continue
        yield found(
            RULE, Severity.MEDIUM, deeds,
            f"{first.on}{others(deeds)} is edge-triggered (EPOLLET), but {count:,} times {first.syscall} took all "
            "it asked for and the program waited again without looking for more: what is left is not announced "
            "until more comes.",
            f"Repeat {first.syscall} until it gives EAGAIN before waiting again, or use level-triggered epoll "
            "(without EPOLLET).",
            {"times": count, "reports": told},
        )  # fmt: skip
