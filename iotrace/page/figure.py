"""The textbook figure of one typical message as SVG: application on the left, kernel on the right, time downwards.

The rows are those of the terminal's picture (`tui.drawing.figure_rows`): who has the thread, what crosses, which
phase.
"""

from __future__ import annotations

from html import escape
from typing import Final

from iotrace.page.facts import PageFacts
from iotrace.page.text import section, shown
from tracer.analyze.figure.figure import Figure
from tui.drawing.figure import brackets, picture_rows
from tui.drawing.figure_glyphs import UNICODE
from tui.drawing.figure_rows import Row
from tui.drawing.figure_summary import summary
from tui.drawing.figure_words import call_words
from tui.drawing.palette import PLAIN
from tui.drawing.text import clean
from tui.drawing.units import count, several, size

WIDTH: Final = 800
_ROW: Final = 27
_TOP: Final = 26
_LANE: Final = 22
_LEFT, _RIGHT = 10, 470
_NOTE: Final = _RIGHT + _LANE + 10
_BRACKET: Final = 676
_MOST: Final = 120


def figure(facts: PageFacts) -> str:
    """Nothing when no message was found."""
    story = facts.figure
    if story is None or not story.steps:
        return ""
    which = f"Message {count(story.number)} of {count(story.of)}{', a typical one' if story.typical else ''}"
    where = "" if story.fd is None else f" on fd {story.fd}"
    some = f" Messages of the first {count(facts.looked_at)} events only." if facts.cut else ""
    return section(
        "figure", "One message on its way",
        f'<div class="figure">{_picture(story)}<div>{_before(story)}{_summary(story)}</div></div>',
        f"{which}: {several(story.size, 'byte')}{where}. Left of the arrows the application, right of them the "
        f"kernel; a double arrow carries payload.{some}",
    )  # fmt: skip


def _picture(story: Figure) -> str:
    rows = picture_rows(story)[:_MOST]
    height = _TOP + len(rows) * _ROW + 6
    lanes = "".join(
        f'<rect class="outline" x="{x}" y="{_TOP}" width="{_LANE}" height="{len(rows) * _ROW}"/>'
        for x in (_LEFT, _RIGHT)
    )
    parts = [
        lanes,
        f'<text class="strong" x="{_LEFT}" y="16">application</text>'
        f'<text class="strong" x="{_RIGHT}" y="16">kernel</text>',
    ]
    for place, (row, bracket) in enumerate(zip(rows, brackets(rows), strict=True)):
        y = _TOP + place * _ROW
        parts += [_lane(_LEFT, y, row.application), _lane(_RIGHT, y, row.kernel), _between(row, y), _note(row, y)]
        parts.append(_bracket(*bracket, y))
    spoken = shown("; ".join(filter(None, (f"{row.text} {row.note}".strip() for row in rows))), 1500)
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="figure"><svg class="story" '
        f'viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{spoken}">{"".join(parts)}</svg></div>'
    )


def _lane(x: int, y: int, state: str) -> str:
    """Who has the thread; empty where the other side has it."""
    there = state not in ("", "empty")
    return f'<rect class="{state}" x="{x}" y="{y}" width="{_LANE}" height="{_ROW}"/>' if there else ""


def _between(row: Row, y: int) -> str:
    text = shown(row.text, 62)
    if not row.arrow:
        style = "tick" if row.quiet else "name"
        return f'<text class="{style}" x="{_LEFT + _LANE + 8}" y="{y + 18}">{text}</text>' if text else ""
    begin, end, at = _LEFT + _LANE + 4, _RIGHT - 4, y + 20
    style = "failed" if row.failed else "payload" if row.payload else "plain"
    right = row.arrow == "right"
    tip = f"M{end} {at}l-9 -5v10Z" if right else f"M{begin} {at}l9 -5v10Z"
    lines = (at - 1.5, at + 1.5) if row.payload else (at,)
    inner = (begin, end - 8) if right else (begin + 8, end)
    drawn = "".join(f'<path class="arrow" d="M{inner[0]} {each}H{inner[1]}"/>' for each in lines)
    middle = (begin + end) // 2
    words = f'<text x="{middle}" y="{at - 6}" text-anchor="middle">{text}</text>' if text else ""
    return f'<g class="{style}">{drawn}<path class="tip" d="{tip}"/>{words}</g>'


def _note(row: Row, y: int) -> str:
    return f'<text class="name" x="{_NOTE}" y="{y + 18}">{shown(row.note, 30)}</text>' if row.note else ""


def _bracket(part: str, words: str, y: int) -> str:
    ends = {"top": (4, _ROW), "middle": (0, _ROW), "bottom": (0, _ROW - 4), "alone": (4, _ROW - 4)}
    if part not in ends:
        return ""
    begin, end = ends[part]
    ticks = f"M{_BRACKET} {y + begin}h-6" if part in ("top", "alone") else ""
    ticks += f"M{_BRACKET} {y + end}h-6" if part in ("bottom", "alone") else ""
    line = f'<path class="bracket" d="M{_BRACKET} {y + begin}V{y + end}{ticks}"/>'
    return line + (f'<text class="phase" x="{_BRACKET + 8}" y="{y + 18}">{escape(words)}</text>' if words else "")


def _before(story: Figure) -> str:
    """What was set up once."""
    lines = []
    for step in story.before[:12]:
        copied = step.copied("in", "control")
        note = f" <small>{size(copied)} in</small>" if copied else ""
        lines.append(f"<li><code>{shown(call_words(step), 90)}</code>{note}</li>")
    return f'<h3>Once, before</h3><ul class="before">{"".join(lines)}</ul>' if lines else ""


def _summary(story: Figure) -> str:
    lines = []
    for line in summary(story, PLAIN, UNICODE):
        name, words = (escape(clean(line.plain[cut])) for cut in (slice(0, 16), slice(16, None)))
        lines.append(f"<div><dt>{name.strip()}</dt><dd>{words.strip()}</dd></div>")
    return f'<h3>In numbers</h3><dl class="facts">{"".join(lines)}</dl>'
