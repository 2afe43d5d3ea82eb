"""level-unconsumed: a level-triggered report comes again and again because nobody does anything about it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tracer.analyze.findings.facts import Facts, by_call
from tracer.analyze.findings.severity import by_cpu, share_of
from tracer.analyze.findings.telling import burnt, found, others, percent, total
from tracer.analyze.results import Finding

RULE: Final = "level-unconsumed"
FEWEST: Final = 50
"""Reports in vain, each at once after the other. One that is taken late makes one or two."""
SHARE: Final = 0.6
"""Of all reports of the descriptor. Who looks a second time before taking what is there makes half of them."""


def find(facts: Facts) -> Iterator[Finding]:
    """One finding for every thread and waiting call."""
    reports = {(deed.thread.tid, deed.syscall, deed.fd): deed.count for deed in facts.reports}
    for deeds in by_call(facts.unconsumed):
        deeds = [
            deed
            for deed in deeds
            if deed.count * len(deeds) >= deeds[0].count
            and deed.count >= SHARE * reports.get((deed.thread.tid, deed.syscall, deed.fd), 0)
        ]
        if not deeds:
            continue
        deeds.sort(key=lambda deed: -deed.count)
        thread, first = deeds[0].thread, deeds[0]
        # Several descriptors reported by one return share its cost.
        count, cost = first.count, max(deed.cpu_ns for deed in deeds)
        severity = by_cpu(cost, thread)
        if count < FEWEST or severity is None:
            continue
        yield found(
            RULE, severity, deeds,
            f"{first.syscall} reported {first.on}{others(deeds)} as ready {count:,} times in a row, and the "
            f"program neither read, wrote, closed nor removed it: {percent(share_of(cost, thread))} of the "
            "thread's time.",
            "Take what is there (read until EAGAIN, also after EPOLLHUP, EPOLLERR or the end of file), ask for "
            "EPOLLOUT only while there is something to write, and remove with EPOLL_CTL_DEL, or close, what is "
            "done with: EPOLLERR and EPOLLHUP are reported even when no event is asked for.",
            {"reports": total(deeds)[0], "in_a_row": count, "descriptors": len(deeds)} | burnt(cost, thread),
        )  # fmt: skip
