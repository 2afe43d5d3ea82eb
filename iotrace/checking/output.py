"""What a check came to, in words and as a JSON document."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any, Final

from iotrace.checking.amounts import Unit, shown
from iotrace.checking.places import Place
from iotrace.checking.recording import Checked
from iotrace.checking.verdicts import Forbidden, State, Verdict
from iotrace.json_report import FORMAT
from tracer.analyze.results import Finding
from tui.drawing.text import clean
from tui.drawing.units import count, several

FINDINGS: Final = 5
"""Findings in full for each name."""
_WIDE: Final = 8


def lines(checked: Checked, *, holding: bool = True) -> list[str]:
    """A line for each budget, what is broken with its places below; `holding`: also those that hold."""
    said: list[str] = []
    for verdict in checked.judgement.verdicts:
        if holding or verdict.state is not State.HOLDS:
            said += [f"{verdict.state.value:{_WIDE}}{_verdict(verdict)}"]
            said += [
                f"{'':{_WIDE}}  {_place(place, verdict)}" for place in checked.places.get(verdict.budget.name, ())
            ]
    for forbidden in checked.judgement.forbidden:
        if holding or forbidden.state is not State.HOLDS:
            said += [f"{forbidden.state.value:{_WIDE}}{_forbidden(forbidden)}"]
            said += [f"{'':{_WIDE}}  {line}" for line in _found(forbidden)]
    return said


def _verdict(verdict: Verdict) -> str:
    budget, measured = verdict.budget, verdict.measured
    value = "not known" if measured.value is None else shown(measured.value, measured.unit)
    why = f"; {clean(verdict.reason)}" if verdict.reason else ""
    return f"{budget.name}: {value}, {budget.text}{why}"


def _place(place: Place, verdict: Verdict) -> str:
    percentile = "_p50_" in verdict.measured.figure or "_p99_" in verdict.measured.figure
    unit = Unit.TIME if verdict.measured.unit is Unit.PERCENT else verdict.measured.unit
    amount = ("up to " if percentile else "") + shown(place.amount, unit).partition(" (")[0]
    what = f"in {clean(place.syscall)} of " if place.syscall else "of "
    name = f" ({clean(place.thread)})" if place.thread else ""
    rows = ", ".join(count(row) for row in place.rows)
    return f"{amount} {what}thread {place.tid}{name}, row{'s' * (len(place.rows) > 1)} {rows}"


def _forbidden(forbidden: Forbidden) -> str:
    if forbidden.found:
        what = several(len(forbidden.found), "finding")
        return f"no finding {forbidden.name}: {what}"
    return f"no finding {forbidden.name}: none{f'; {clean(forbidden.reason)}' if forbidden.reason else ''}"


def _found(forbidden: Forbidden) -> Iterator[str]:
    for finding in forbidden.found[:FINDINGS]:
        yield f"{finding.rule} ({finding.severity.value}), {_where(finding)}: {clean(finding.text)}"
        yield f"  → {clean(finding.advice)}"
    if len(forbidden.found) > FINDINGS:
        yield f"… {several(len(forbidden.found) - FINDINGS, 'more finding')}: --json"


def _where(finding: Finding) -> str:
    words = [f"process {finding.pid}"] if finding.tid in (None, finding.pid) else [f"thread {finding.tid}"]
    words += [f"fd {finding.fd}"] if finding.fd is not None else []
    words += [clean(finding.syscall)] if finding.syscall else []
    rows = finding.lines[:3]
    words += [f"row{'s' * (len(rows) > 1)} {', '.join(count(row) for row in rows)}"] if rows else []
    return ", ".join(words)


def document(checked: Checked) -> dict[str, Any]:
    """The JSON document: times in ns, sizes in bytes, shares in percent."""
    return {
        "format": FORMAT,
        "file": str(checked.path),
        "phase": checked.phase,
        "ok": checked.judgement.ok,
        "budgets": [_budget(verdict, checked) for verdict in checked.judgement.verdicts],
        "no_finding": [
            {
                "name": each.name,
                "state": each.state.value,
                "reason": each.reason,
                "findings": [finding_words(finding) for finding in each.found],
            }
            for each in checked.judgement.forbidden
        ],
    }


def _budget(verdict: Verdict, checked: Checked) -> dict[str, Any]:
    budget, measured = verdict.budget, verdict.measured
    return {
        "name": budget.name,
        "limit": "max" if budget.most else "min",
        "value": budget.limit,
        "measured": measured.value,
        "unit": measured.unit.value,
        "state": verdict.state.value,
        "reason": verdict.reason,
        "where": [asdict(place) for place in checked.places.get(budget.name, ())],
    }


def finding_words(finding: Finding) -> dict[str, Any]:
    """A finding by its place and rule; its evidence is in `report --json`."""
    return {
        "rule": finding.rule, "severity": finding.severity.value, "pid": finding.pid, "tid": finding.tid,
        "fd": finding.fd, "syscall": finding.syscall, "rows": list(finding.lines), "text": finding.text,
        "advice": finding.advice,
    }  # fmt: skip
