"""Making a finding: the same words and figures in all rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tracer.analyze.findings.facts import Deed, ThreadFacts
from tracer.analyze.findings.severity import share_of
from tracer.analyze.results import Finding, Severity

Figures = Mapping[str, int | float | str]
_MOST_LINES = 8


def found(
    rule: str, severity: Severity, deeds: Sequence[Deed], text: str, advice: str, evidence: Figures
) -> Finding:
    """A finding about `deeds` of one thread, the costliest first: it names the descriptor and the call."""
    first = deeds[0]
    rows = [row for place in range(_MOST_LINES) for deed in deeds for row in deed.rows[place : place + 1]]
    return Finding(
        rule=rule, severity=severity, pid=first.thread.pid, tid=first.thread.tid, fd=first.fd,
        syscall=first.syscall, text=text, advice=advice, evidence=evidence,
        lines=tuple(dict.fromkeys(rows))[:_MOST_LINES],
    )  # fmt: skip


def total(deeds: Sequence[Deed]) -> tuple[int, int, int, int]:
    """Count, CPU time, blocked time and amount of all of them."""
    return (
        sum(deed.count for deed in deeds), sum(deed.cpu_ns for deed in deeds),
        sum(deed.blocked_ns for deed in deeds), sum(deed.amount for deed in deeds),
    )  # fmt: skip


def burnt(cost_ns: int, thread: ThreadFacts) -> dict[str, int | float | str]:
    """The figures of a cost in CPU."""
    return {"cpu_ns": cost_ns, "cpu_share": round(share_of(cost_ns, thread), 4)}


def others(deeds: Sequence[Deed]) -> str:
    """How many more descriptors there are, for a sentence."""
    more = len({deed.fd for deed in deeds}) - 1
    return f" and {more} more" if more > 0 else ""


def percent(share: float) -> str:
    """A share for a sentence."""
    return f"{share * 100:.0f} %" if share >= 0.01 else "less than 1 %"


def milliseconds(ns: int) -> str:
    """A time for a sentence."""
    ms = ns / 1e6
    return f"{ms / 1000:.1f} s" if ms >= 1000 else f"{ms:.0f} ms" if ms >= 10 else f"{ms:.1f} ms"
