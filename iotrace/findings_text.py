"""Findings and models as lines of the report: what is wrong comes first, with what to do about it."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Final

from rich.text import Text

from tracer.analyze.results import Finding, Report, Severity
from tui.drawing.palette import Palette
from tui.drawing.text import clean
from tui.drawing.units import count, several

_MOST: Final = 8
"""Findings in full; a program with more has them all in --json."""
_MOST_MODELS: Final = 4
_MARKS: Final = {Severity.HIGH: "!!", Severity.MEDIUM: "! ", Severity.LOW: "· "}


def finding_lines(report: Report, width: int, palette: Palette) -> list[Text]:
    """What the rules found, the worst first; nothing when they found nothing, or did not look."""
    lines = [
        line for finding in (report.findings or ())[:_MOST] for line in _finding(finding, width, palette)
    ]  # fmt: skip
    more = len(report.findings or ()) - _MOST
    if more > 0:
        lines += [Text(f"… {several(more, 'more finding')}: --json", palette.faint)]
    return [*lines, Text()] if lines else []


def model_line(report: Report, palette: Palette) -> list[Text]:
    """The I/O models of the threads, those of most threads first."""
    threads: dict[str, int] = {}
    for each in report.models:
        threads[each.model] = threads.get(each.model, 0) + 1
    if not threads:
        return []
    order = sorted(threads, key=lambda model: (-threads[model], model))
    words = [
        model if len(report.models) == 1 else f"{model} ({several(threads[model], 'thread')})" for model in order
    ]
    rest = f" and {count(len(words) - _MOST_MODELS)} more" if len(words) > _MOST_MODELS else ""
    return [Text(f"model {', '.join(words[:_MOST_MODELS])}{rest}", palette.text)]


def _finding(finding: Finding, width: int, palette: Palette) -> Iterator[Text]:
    style = {Severity.HIGH: palette.failed, Severity.MEDIUM: palette.wasted, Severity.LOW: palette.faint}
    where = [f"process {finding.pid}"] if finding.tid in (None, finding.pid) else [f"thread {finding.tid}"]
    where += [f"fd {finding.fd}"] if finding.fd is not None else []
    where += [clean(finding.syscall)] if finding.syscall else []
    head = Text(f"{_MARKS[finding.severity]} {finding.rule}", style[finding.severity])
    head.append(f"  {finding.severity.value} · {', '.join(where)}", palette.faint)
    yield head
    yield from (Text(f"   {line}", palette.text) for line in textwrap.wrap(clean(finding.text), width - 3))
    advice = textwrap.wrap(clean(finding.advice), width - 5)
    for first, line in enumerate(advice):
        yield Text(f"   {'→' if not first else ' '} {line}", palette.accent)
