"""loop-lag: an event loop is long on its way from the return of one wait to the next."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tracer.analyze.findings.blocking_in_loop import is_loop
from tracer.analyze.findings.facts import Facts, by_thread
from tracer.analyze.findings.severity import HIGH_DELAY_NS, MEDIUM_SHARE, share_of
from tracer.analyze.findings.telling import found, milliseconds, percent
from tracer.analyze.results import Finding, Severity

RULE: Final = "loop-lag"
SEVERE_NS: Final = 5 * HIGH_DELAY_NS


def find(facts: Facts) -> Iterator[Finding]:
    """One finding for every loop with a lap that a person would notice."""
    laps = {deed.thread.tid: deed for deed in facts.laps}
    for tid, deeds in by_thread(facts.long_laps).items():
        deeds.sort(key=lambda deed: -deed.most)
        thread, first = deeds[0].thread, deeds[0]
        # Sleeping in a call has a rule of its own; here it is about computing.
        computed = [deed for deed in deeds if deed.cpu_ns >= deed.blocked_ns]
        if not is_loop(facts, thread) or not computed or computed[0].most < HIGH_DELAY_NS or tid not in laps:
            continue
        first = computed[0]
        count, cpu = sum(deed.count for deed in computed), sum(deed.cpu_ns for deed in computed)
        share = share_of(cpu, thread)
        severe = first.most >= SEVERE_NS or share >= MEDIUM_SHARE
        half, most = thread.laps
        yield found(
            RULE, Severity.HIGH if severe and count > 1 else Severity.MEDIUM, computed,
            f"The event loop took {milliseconds(first.most)} from one wait to the next, mostly computing "
            f"({count:,} laps of 50 ms and more, {percent(share)} of its time; half of all laps take less than "
            f"{milliseconds(half)}).",
            "Cut the work into pieces that let the loop run in between, or hand it to a thread or a process "
            "(run_in_executor, a worker).",
            {
                "longest_ns": first.most, "long_laps": count, "laps": sum(deed.count for deed in facts.laps
                if deed.thread.tid == tid), "p50_ns": half, "p99_ns": most, "cpu_ns": cpu, "share": round(share, 4),
            },
        )  # fmt: skip
