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
_LEAST: Final = 0.01
"""Of all threads' own time."""
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


def model_line(report: Report, width: int, palette: Palette) -> list[Text]:
    """The I/O models, those with most of the time first; of the only one also what shows it, where no finding does.
    Threads that a library starts for a moment hide nothing: models with hardly any time are only counted.
    """
    if len(report.models) == 1:
        only = report.models[0]
        said = "" if report.findings else f": {only.evidence}"
        words = textwrap.wrap(clean(f"model {only.model}{said}"), width, subsequent_indent="      ")
        return [Text(line, palette.text) for line in words]
    threads: dict[str, int] = {}
    spent: dict[str, int] = {}
    own = {(each.pid, each.tid): each.times.own_ns for each in report.threads}
    for each in report.models:
        threads[each.model] = threads.get(each.model, 0) + 1
        spent[each.model] = spent.get(each.model, 0) + own.get((each.pid, each.tid), 0)
    if not threads:
        return []
    whole = sum(spent.values())
    order = sorted(threads, key=lambda model: (-spent[model], -threads[model], model))
    words = [f"{model} ({several(threads[model], 'thread')})" for model in order if spent[model] >= _LEAST * whole]
    short = sum(threads[model] for model in order if spent[model] < _LEAST * whole)
    rest = f" and {count(len(words) - _MOST_MODELS)} more" if len(words) > _MOST_MODELS else ""
    rest += f"; and {several(short, 'thread')} with hardly any time" if short else ""
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
