"""What the rules found, first on the page: what is wrong, what it costs, what to do, which calls show it."""

from __future__ import annotations

from typing import Final

from iotrace.page.facts import PageFacts, findings_shown
from iotrace.page.text import code, section, shown
from tracer.analyze.results import Finding
from tui.drawing.findings import MARKS, by_severity, evidence_name, figure
from tui.drawing.units import count, moment, several

_NOTHING: Final = "The rules have looked, and found nothing to complain about."
_LONG: Final = 1200


def findings(facts: PageFacts) -> str:
    """The worst first."""
    found = findings_shown(facts.report)
    if not found:
        words = _NOTHING if facts.report.findings is not None else "No rule has looked at this recording."
        return section("findings", "Findings", f'<p class="fine">✓ {words}</p>')
    more = len(facts.report.findings or ()) - len(found)
    rest = f'<p class="faint">{several(more, "more finding")}: iotrace report --json</p>' if more > 0 else ""
    return section(
        "findings", f"Findings ({count(len(found) + more)})",
        "".join(_finding(each, facts) for each in by_severity(found)) + rest,
    )  # fmt: skip


def _finding(finding: Finding, facts: PageFacts) -> str:
    where = [f"process {finding.pid}"] if finding.tid in (None, finding.pid) else [f"thread {finding.tid}"]
    where += [f"fd {finding.fd}"] if finding.fd is not None else []
    where += [shown(finding.syscall)] if finding.syscall else []
    severity = finding.severity
    return (
        f'<article class="finding {severity.value}"><h3><span class="mark">{MARKS[severity].strip()} '
        f"{severity.value}</span> {shown(finding.rule)} <small>{', '.join(where)}</small></h3>"
        f'<p>{shown(finding.text, _LONG)}</p><p class="advice">→ {shown(finding.advice, _LONG)}</p>'
        f"{_evidence(finding)}{_calls(finding, facts)}</article>"
    )


def _evidence(finding: Finding) -> str:
    figures = "".join(
        f"<div><dt>{shown(evidence_name(name))}</dt><dd>{shown(figure(name, value))}</dd></div>"
        for name, value in list(finding.evidence.items())[:16]
    )
    return f'<dl class="evidence">{figures}</dl>' if figures else ""


def _calls(finding: Finding, facts: PageFacts) -> str:
    """The first of the calls that show it, in words."""
    rows = [facts.shown[row] for row in finding.lines if row in facts.shown]
    if not rows:
        return ""
    anchor = _anchor(finding)
    lines = "".join(
        f'<li><a id="row-{row.row}-{anchor}" href="#row-{row.row}-{anchor}">row {count(row.row)}</a>'
        f" <span>{moment(row.since_ns)} s</span> <span>thread {row.tid}</span> {code(row.text)}</li>"
        for row in rows
    )
    return f'<ol class="calls" aria-label="calls that show it">{lines}</ol>'


def _anchor(finding: Finding) -> str:
    """Tells the same row apart under several findings."""
    rule = "".join(each for each in finding.rule if each.isalnum() or each == "-")
    return f"{rule}-{finding.tid or finding.pid}-{finding.fd or 0}"
