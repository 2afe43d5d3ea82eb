"""sync-aio: io_submit does the work itself before it returns, so nothing is asynchronous."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tracer.analyze.findings.facts import Deed, Facts
from tracer.analyze.findings.severity import LOW_SHARE, share_of, share_of_cpu
from tracer.analyze.findings.telling import found, milliseconds, percent
from tracer.analyze.results import Finding, Severity

RULE: Final = "sync-aio"
FEWEST: Final = 10
"""Submissions."""
EACH_NS: Final = 20_000
"""Kernel and blocked time of one: queueing a request to a device takes a few microseconds."""
SHARE: Final = 0.1
WAITED: Final = 0.2
"""If io_getevents sleeps for more than this part of it, the device does work meanwhile."""


def find(facts: Facts) -> Iterator[Finding]:
    """One finding for every thread."""
    for thread in facts.threads:
        submits, waits = thread.sum(("io_submit",)), thread.sum(("io_getevents", "io_pgetevents"))
        spent = submits.kernel_ns + submits.blocked_ns
        if submits.calls < FEWEST or spent < EACH_NS * submits.calls or waits.blocked_ns > WAITED * spent:
            continue
        share = share_of(spent, thread)
        if share < LOW_SHARE and share_of_cpu(spent, thread) < SHARE:
            continue
        yield found(
            RULE, Severity.HIGH if share >= 0.5 else Severity.MEDIUM if share >= SHARE else Severity.LOW,
            [Deed(thread, "io_submit")],
            f"{submits.calls:,} calls of io_submit took {milliseconds(spent // submits.calls)} each "
            f"({percent(share)} of the thread's time), and io_getevents then never had to wait: the requests were "
            "carried out inside io_submit.",
            "Open the file with O_DIRECT and aligned buffers (native AIO is asynchronous only then), or use "
            "io_uring, which hands buffered requests to kernel threads.",
            {"calls": submits.calls, "kernel_ns": submits.kernel_ns, "blocked_ns": submits.blocked_ns,
             "waited_ns": waits.blocked_ns, "share": round(share, 4)},
        )  # fmt: skip
