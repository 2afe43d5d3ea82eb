"""cpu-starved: the thread is ready to run and gets no CPU."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tracer.analyze.findings.facts import Facts
from tracer.analyze.findings.severity import HIGH_SHARE
from tracer.analyze.findings.telling import percent
from tracer.analyze.results import Finding, Severity

RULE: Final = "cpu-starved"
SHARE: Final = 0.25
"""Of the thread's time."""
OF_DEMAND: Final = 0.4
"""Of the time it was running or ready."""
LEAST_NS: Final = 250_000_000


def find(facts: Facts) -> Iterator[Finding]:
    """One finding for every thread."""
    for thread in facts.threads:
        times = thread.times
        demand = times.user_ns + times.kernel_ns + times.runnable_ns
        if times.runnable_ns < max(LEAST_NS, SHARE * times.own_ns, OF_DEMAND * demand):
            continue
        share = times.runnable_ns / times.own_ns
        yield Finding(
            rule=RULE, severity=Severity.HIGH if share >= 2 * HIGH_SHARE else Severity.MEDIUM,
            pid=thread.pid, tid=thread.tid,
            text=f"The thread was ready to run, but waited for a CPU for {percent(share)} of its time: other "
            "threads or programs have them, or a quota is used up.",
            advice="Look who runs (top), at the quota of the control group (cpu.max, cpu.stat), and at the number "
            "of threads; give this one a better priority (nice) or CPUs of its own.",
            evidence={"runnable_ns": times.runnable_ns, "cpu_ns": thread.cpu_ns, "share": round(share, 4)},
        )  # fmt: skip
