"""The textbook picture of one message: application on the left, kernel on the right, time downwards.

Exactly one side has the thread at any time: solid where it runs, dotted where it sleeps in the kernel. Arrows are
calls and returns across the boundary, double where payload is copied with them. The two phases are bracketed on
the right. 80 columns are enough; `ASCII` draws it with nothing but ASCII, and every meaning has a shape, so it
works without colour.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby
from typing import Final

from rich.style import Style
from rich.text import Text

from tracer.analyze.figure.figure import Figure, Phase, Step, StepKind
from tui.drawing.ascii import in_ascii
from tui.drawing.figure_glyphs import ASCII, UNICODE, Glyphs
from tui.drawing.figure_rows import Row, rows_of, who
from tui.drawing.figure_summary import legend, summary
from tui.drawing.figure_words import call_words
from tui.drawing.palette import BLOCKED, KERNEL, RUNNABLE, USER, Palette, style_of
from tui.drawing.text import clean, fit
from tui.drawing.units import count, several, size

WIDTH: Final = 80
_LANE, _NOTE, _PHASE = 2, 21, 16
_LEFT: Final = 1


def figure_lines(figure: Figure, width: int, palette: Palette, glyphs: Glyphs = UNICODE) -> list[Text]:
    """The whole figure, each line at most `width` cells (at least 80)."""
    width = max(width, WIDTH)
    rows = picture_rows(figure)
    picture = [_line(row, phase, width, palette, glyphs) for row, phase in zip(rows, brackets(rows), strict=True)]
    lines = [
        *_heading(figure, width, palette, glyphs),
        *_before(figure, palette),
        Text(),
        _titles(figure, width, palette),
        *picture,
        Text(),
        legend(rows, palette, glyphs),
        *summary(figure, palette, glyphs),
    ]
    return [_ascii(line) for line in lines] if glyphs is ASCII else lines


def picture_rows(figure: Figure) -> list[Row]:
    """The rows of all steps; what happened while a call was under way is drawn inside it."""
    steps = list(figure.steps)
    several_threads = any(step.kind is StepKind.THREAD for step in steps)
    rows = [Row("", "", f"{who(figure, steps[0].tid)} {steps[0].tid}", quiet=True)] if several_threads else []
    sent = next((step for step in steps if step.kind is StepKind.SENT), None)
    home = next((step for step in steps if sent is not None and _slept_for(step, sent)), None)
    for step in steps:
        if step.kind is StepKind.SENT and home is not None:
            continue
        if any(_brought(step, call) for call in steps):
            continue
        inside = [each for each in steps if _brought(each, step)]
        rows += rows_of(figure, step, inside, data_arrives=step is home)
    return _bridged(rows)


def _slept_for(call: Step, sent: Step) -> bool:
    """Whether the data came while this call slept for it."""
    asleep = call.kind is StepKind.CALL and Phase.WAIT in call.phases and call.times.blocked_ns > 0
    return asleep and call.at_ns <= sent.at_ns <= call.until_ns


def _brought(result: Step, call: Step) -> bool:
    """Whether a result in shared memory came while this call was under way."""
    both = result.kind is StepKind.RESULT and call.kind is StepKind.CALL
    return both and result.row == call.row and result.at_ns > call.at_ns


def _bridged(rows: list[Row]) -> list[Row]:
    """Phase 1 is one stretch: what the program does between two tries happens while it waits."""
    waits = [place for place, row in enumerate(rows) if row.phase is Phase.WAIT]
    copies = [place for place, row in enumerate(rows) if row.phase is Phase.COPY]
    inside = range(waits[0], waits[-1]) if waits and not any(place < waits[-1] for place in copies) else range(0)
    return [replace(row, phase=Phase.WAIT) if place in inside else row for place, row in enumerate(rows)]


def _ascii(line: Text) -> Text:
    return Text(in_ascii(line.plain), spans=line.spans, no_wrap=True)


def _heading(figure: Figure, width: int, palette: Palette, glyphs: Glyphs) -> list[Text]:
    name = fit(clean(figure.model or figure.program), 26).rstrip()
    which = f"message {count(figure.number)} of {count(figure.of)}{', a typical one' if figure.typical else ''}"
    what = several(figure.size, "byte") + ("" if figure.fd is None else f" on fd {figure.fd}")
    about = "".join(f" {glyphs.dot} {words}" for words in (which, what))
    return [Text.assemble((f" {name}", palette.accent), (fit(about, width - len(name) - 1).rstrip(), palette.text))]


def _before(figure: Figure, palette: Palette) -> list[Text]:
    lines = []
    for step in figure.before:
        copied = step.copied("in", "control")
        note = f"   ({size(copied)} in)" if copied else ""
        words = fit(f" once, before: {call_words(step)}{note}", WIDTH).rstrip()
        lines.append(Text(words, palette.faint, no_wrap=True))
    return lines


def _titles(figure: Figure, width: int, palette: Palette) -> Text:
    first = figure.steps[0].tid if figure.steps else figure.pid
    alone = not any(step.kind is StepKind.THREAD for step in figure.steps)
    application = f"application, thread {first}" if alone and first != figure.pid else "application"
    middle = _middle(width)
    line = Text(no_wrap=True)
    line.append(" " * _LEFT + fit(application, _LANE + middle), palette.strong)
    line.append("kernel", palette.strong)
    return line


def _middle(width: int) -> int:
    return width - _LEFT - 2 * _LANE - _NOTE - _PHASE - 1


def _line(row: Row, bracket: tuple[str, str], width: int, palette: Palette, glyphs: Glyphs) -> Text:
    line = Text(" " * _LEFT, no_wrap=True)
    line.append(*_lane(row.application, palette, glyphs))
    line.append(*_between(row, _middle(width), palette, glyphs))
    line.append(*_lane(row.kernel, palette, glyphs))
    line.append(fit(f" {row.note}", _NOTE), palette.text)
    mark, words = bracket
    if mark:
        line.append(f"{getattr(glyphs, mark)} ", palette.accent)
        line.append(words, palette.accent)
    line.rstrip()
    return line


def _lane(state: str, palette: Palette, glyphs: Glyphs) -> tuple[str, Style]:
    styles = {"user": USER, "kernel": KERNEL, "blocked": BLOCKED, "runnable": RUNNABLE}
    style = style_of(palette, styles[state]) if state in styles else palette.faint
    return getattr(glyphs, state) if state else "  ", style


def _between(row: Row, width: int, palette: Palette, glyphs: Glyphs) -> tuple[str, Style]:
    if not row.arrow:
        return fit(f" {row.text}", width), palette.faint if row.quiet else palette.text
    line = glyphs.double if row.payload else glyphs.line
    style = palette.failed if row.failed else palette.copy_out if row.payload else palette.text
    room = width - 6
    words = fit(row.text, min(len(row.text), room)) if row.text else ""
    gap = f" {words} " if words else line
    if row.arrow == "right":
        return f"{line}{gap}".ljust(width - 1, line) + glyphs.right, style
    return glyphs.left + f"{gap}{line}".rjust(width - 1, line), style


def brackets(rows: list[Row]) -> list[tuple[str, str]]:
    """For every row the bracket's part and its words, two lines of them."""
    waits = any(row.phase is Phase.WAIT for row in rows)
    marks: list[tuple[str, str]] = []
    for phase, group in groupby(rows, key=lambda row: row.phase):
        members = list(group)
        words = [*_words(phase, members, waits=waits), *[""] * len(members)]
        parts = ["top", *["middle"] * (len(members) - 2), "bottom"] if len(members) > 1 else ["alone"]
        marks += zip(parts if phase else [""] * len(members), words, strict=False)
    return marks


def _words(phase: Phase | None, members: list[Row], *, waits: bool) -> tuple[str, ...]:
    """What a bracket says; where nobody waits for data there are copies, but no two phases."""
    if phase is None:
        return ()
    if phase is Phase.WAIT:
        return "phase 1", phase.value
    if waits:
        return "phase 2", phase.value
    inward = any(row.payload and row.arrow == "right" for row in members)
    return ("copy, in" if inward else "copy, out",)
