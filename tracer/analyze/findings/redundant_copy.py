"""redundant-copy: data is read into a buffer and written from it unchanged; the kernel could pass it on itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tracer.analyze.findings.facts import Facts, by_call
from tracer.analyze.findings.severity import by_work, share_of_cpu
from tracer.analyze.findings.telling import burnt, found, percent, total
from tracer.analyze.results import Finding

RULE: Final = "redundant-copy"
FEWEST: Final = 16
LEAST_BYTES: Final = 1 << 20
"""Below a mebibyte the copies take less than a millisecond."""
SHARE: Final = 0.1
"""Of the thread's CPU time."""


def find(facts: Facts) -> Iterator[Finding]:
    """One finding for every thread and reading call."""
    for deeds in by_call(facts.passed):
        first = deeds[0]
        count, cost, _, amount = total(deeds)
        severity = by_work(cost, first.thread, SHARE)
        if count < FEWEST or amount < LEAST_BYTES or severity is None:
            continue
        yield found(
            RULE, severity, deeds,
            f"{amount:,} bytes were read from {first.on} and written to fd {first.most} from the same buffer, "
            f"unchanged: two copies that nobody looks at, {percent(share_of_cpu(cost, first.thread))} of the "
            "thread's CPU time.",
            "Let the kernel pass them on: sendfile from a file, copy_file_range between files, splice where one "
            "end is a pipe (or through a pipe between sockets).",
            {"pairs": count, "bytes": amount, "to_fd": first.most} | burnt(cost, first.thread),
        )  # fmt: skip
