"""Findings as a list, and everything about the selected one. Severity has its own mark, not only its colour."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from rich.segment import Segment
from rich.style import Style
from rich.text import Text

from tracer.analyze.results import Finding, Severity
from tui.drawing.folding import Item
from tui.drawing.palette import Palette
from tui.drawing.text import clean, fit
from tui.drawing.units import count, duration, percent, several

MARKS: Final = {Severity.HIGH: "!!", Severity.MEDIUM: "! ", Severity.LOW: "· "}
_ORDER: Final = list(Severity)
_NOT_LOOKED: Final = (
    "No rule has looked at this recording: this version of iotrace shows findings only where a report brings them. "
    "What to look at meanwhile: wasted calls (Summary, sorted by wasted), and the four bars above."
)
_NOTHING: Final = "The rules have looked, and found nothing to complain about."


def by_severity(findings: Sequence[Finding]) -> list[Finding]:
    """The worst first; of one severity in the order they were found."""
    return sorted(findings, key=lambda finding: _ORDER.index(finding.severity))


def empty_text(findings: Sequence[Finding] | None, palette: Palette) -> Text:
    """Why the list is empty."""
    return Text(_NOT_LOOKED if findings is None else _NOTHING, palette.text)


def finding_row(finding: Finding, width: int, palette: Palette) -> list[Segment]:
    """One line: mark, severity, rule, and as much of its text as there is room for."""
    style = _style(finding.severity, palette)
    lead = f"{MARKS[finding.severity]} {finding.severity.value:<6} "
    rule = fit(clean(finding.rule), 22) + " "
    room = max(0, width - len(lead) - len(rule))
    return [
        Segment(lead, style), Segment(rule, palette.strong), Segment(fit(clean(finding.text), room), palette.text),
    ]  # fmt: skip


def finding_items(finding: Finding, palette: Palette) -> Iterator[Item]:
    """All about one finding."""
    title = Text(f"{clean(finding.rule)}  ", palette.strong)
    title.append(finding.severity.value, _style(finding.severity, palette))
    title.append(f"  {_where(finding)}", palette.faint)
    yield Item(title, indent=2)
    yield Item(Text(clean(finding.text), palette.text), indent=2)
    yield Item(Text.assemble(("advice  ", palette.faint), (clean(finding.advice), palette.accent)), indent=8)
    evidence = tuple(
        Item(Text.assemble((f"{evidence_name(name)}  ", palette.faint), (shown, palette.text)), indent=4)
        for name, shown in ((name, figure(name, value)) for name, value in finding.evidence.items())
    )
    lines = f"{several(len(finding.lines), 'line')} that show it" if finding.lines else "no line shows it by itself"
    heading = Text.assemble(("evidence  ", palette.faint), (lines, palette.text))
    yield Item(heading, "evidence", evidence)


def _where(finding: Finding) -> str:
    parts = [f"process {finding.pid}"]
    parts += [f"thread {finding.tid}"] if finding.tid is not None else []
    parts += [f"fd {finding.fd}"] if finding.fd is not None else []
    parts += [clean(finding.syscall)] if finding.syscall else []
    return ", ".join(parts)


def evidence_name(name: str) -> str:
    """What a figure of a finding's evidence is called."""
    return clean(name.removesuffix("_ns").replace("_", " "))


def figure(name: str, value: float | str) -> str:
    """The figure of that name: a time, a share, a count, or words."""
    if isinstance(value, str):
        return clean(value)
    if name.endswith("_ns"):
        return duration(round(value))
    if name.endswith("share"):
        return percent(round(value * 1000), 1000)
    return count(value) if isinstance(value, int) else f"{value:.3g}"


def _style(severity: Severity, palette: Palette) -> Style:
    return {Severity.HIGH: palette.failed, Severity.MEDIUM: palette.wasted, Severity.LOW: palette.faint}[severity]
