"""fd-setsize: select with descriptors at or past 1024, where the fd_set of the C library ends."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tracer.analyze.findings.facts import Facts, by_thread
from tracer.analyze.findings.others import FD_SETSIZE
from tracer.analyze.findings.telling import found
from tracer.analyze.results import Finding, Severity

RULE: Final = "fd-setsize"


def find(facts: Facts) -> Iterator[Finding]:
    """One finding for every thread."""
    for deeds in by_thread(facts.high_sets).values():
        deeds.sort(key=lambda deed: -deed.most)
        first = deeds[0]
        past = first.most > FD_SETSIZE
        text = (
            f"{first.syscall} was given descriptors up to {first.most - 1}: an fd_set ends at {FD_SETSIZE - 1}, "
            "FD_SET beyond it writes over other memory."
            if past
            else f"{first.syscall} was given descriptors up to {first.most - 1}: from {FD_SETSIZE} on an fd_set "
            "is too small."
        )
        yield found(
            RULE, Severity.HIGH if past else Severity.MEDIUM, deeds, text,
            "Use poll or epoll, which have no such limit (select(2), BUGS).",
            {"highest_fd": first.most - 1, "limit": FD_SETSIZE, "calls": sum(deed.count for deed in deeds)},
        )  # fmt: skip
