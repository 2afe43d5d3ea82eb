"""Inline SVG for the page: bars that can be compared, the four times of each run, and how cost grows.

Sizes are in CSS pixels. Colours and patterns are classes of the page's style sheet, so that it looks right in a
dark and in a light scheme; every bar has its value beside it, every segment its own pattern.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from html import escape
from typing import Final

from tracer.analyze.compare.best import Standing

WIDTH: Final = 528
"""Of a chart in one of two columns."""
WIDE: Final = 1072
_NAME: Final = 150
_VALUE: Final = 108
_ROW: Final = 26
_BAR: Final = 16
STATES: Final = ("user", "kernel", "blocked", "runnable")


def bars(title: str, rows: Sequence[tuple[str, float, str, Standing]]) -> str:
    """Horizontal bars on one linear scale: name, length, text of the value, standing."""
    longest = max((value for _, value, _, _ in rows), default=0) or 1
    room = WIDTH - _NAME - _VALUE
    drawn = []
    for index, (name, value, text, standing) in enumerate(rows):
        y = index * _ROW
        width = max(room * value / longest, 1.5 if value else 0)
        sign = {Standing.BEST: " ▲", Standing.WORST: " ▼", Standing.BETWEEN: ""}[standing]
        drawn.append(
            f'{_label(name, y)}<rect class="bar {standing.value}" x="{_NAME}" y="{y + 5}" width="{width:.1f}" '
            f'height="{_BAR}" rx="2"/><text class="value" x="{_NAME + width + 6:.1f}" y="{y + 18}">'
            f"{escape(text + sign)}</text>"
        )
    spoken = "; ".join(f"{name} {text}" for name, _, text, _ in rows)
    return _svg(title, spoken, _ROW * len(rows), "".join(drawn))


def times(title: str, rows: Sequence[tuple[str, Sequence[float], str]]) -> str:
    """One full-width bar per run, cut into its four times: name, the times in the order of STATES, remark."""
    room = WIDE - _NAME - _VALUE
    drawn = []
    for index, (name, parts, text) in enumerate(rows):
        y, x = index * _ROW, float(_NAME)
        whole = sum(parts) or 1
        segments = []
        for state, part in zip(STATES, parts, strict=True):
            width = room * part / whole
            segments.append(
                f'<rect class="{state}" x="{x:.1f}" y="{y + 5}" width="{width:.1f}" height="{_BAR}">'
                f"<title>{state} {100 * part / whole:.1f} %</title></rect>"
            )
            x += width
        drawn.append(
            f'{_label(name, y)}{"".join(segments)}<text class="value" x="{WIDE - _VALUE + 6}" y="{y + 18}">'
            f"{escape(text)}</text>"
        )
    spoken = "; ".join(f"{name} {text}" for name, _, text in rows)
    return _svg(title, spoken, _ROW * len(rows), "".join(drawn), WIDE)


def _label(name: str, y: int) -> str:
    short = name if len(name) <= 20 else f"…{name[-19:]}"
    return f'<text class="name" x="{_NAME - 8}" y="{y + 18}" text-anchor="end">{escape(short)}</text>'


def _svg(title: str, spoken: str, height: int, content: str, width: int = WIDTH) -> str:
    return (
        f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{escape(f"{title}: {spoken}", quote=True)}">'
        f"{content}</svg>"
    )


def lines(
    title: str, series: Sequence[tuple[str, Sequence[tuple[float, float]]]], show: Callable[[float], str]
) -> str:
    """Lines on logarithmic scales, each labelled at its end: name, points of (clients, cost); costs above 0."""
    known = [(name, [(x, y) for x, y in points if y > 0]) for name, points in series]
    every = [point for _, points in known for point in points]
    if not every:
        return ""
    across = _scale([x for x, _ in every], 72, WIDTH - 110)
    up = _scale([y for _, y in every], 230, 20)
    drawn = [_grid([x for x, _ in every], [y for _, y in every], across, up, show)]
    taken: list[float] = []
    for index, (name, points) in enumerate(known):
        if points:
            drawn.append(_line(index, name, [(across(x), up(y)) for x, y in points], taken))
    return _svg(title, _spoken(known, show), 270, "".join(drawn))


def _line(index: int, name: str, points: Sequence[tuple[float, float]], taken: list[float]) -> str:
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    dots = "".join(f'<circle class="dot line{index % 6}" cx="{x:.1f}" cy="{y:.1f}" r="4"/>' for x, y in points)
    end_x, end_y = points[-1]
    while any(abs(end_y - other) < 14 for other in taken):
        end_y += 14
    taken.append(end_y)
    label = f'<text class="name" x="{end_x + 10:.1f}" y="{end_y + 4:.1f}">{escape(name)}</text>'
    return f'<polyline class="line line{index % 6}" points="{path}"/>{dots}{label}'


def _scale(values: Sequence[float], begin: float, end: float) -> Callable[[float], float]:
    low, high = math.log10(min(values)), math.log10(max(values))
    if high - low < 0.3:
        low, high = low - 0.15, high + 0.15
    return lambda value: begin + (math.log10(value) - low) / (high - low) * (end - begin)


def _grid(
    xs: Sequence[float],
    ys: Sequence[float],
    across: Callable[[float], float],
    up: Callable[[float], float],
    show: Callable[[float], str],
) -> str:
    marks = []
    for x in sorted(set(xs)):
        at = across(x)
        marks.append(f'<line class="grid" x1="{at:.1f}" y1="20" x2="{at:.1f}" y2="234"/>')
        marks.append(f'<text class="tick" x="{at:.1f}" y="252" text-anchor="middle">{x:,.0f}</text>')
    for y in _decades(min(ys), max(ys)):
        at = up(y)
        marks.append(f'<line class="grid" x1="66" y1="{at:.1f}" x2="{WIDTH - 110}" y2="{at:.1f}"/>')
        marks.append(f'<text class="tick" x="60" y="{at + 4:.1f}" text-anchor="end">{escape(show(y))}</text>')
    return "".join(marks)


def _decades(low: float, high: float) -> list[float]:
    """Powers of ten within; the two ends when there is none."""
    inside = [10.0**n for n in range(math.ceil(math.log10(low)), math.floor(math.log10(high)) + 1)]
    return inside or [low, high]


def _spoken(series: Sequence[tuple[str, Sequence[tuple[float, float]]]], show: Callable[[float], str]) -> str:
    return "; ".join(
        f"{name}: {', '.join(f'{x:,.0f} clients {show(y)}' for x, y in points)}" for name, points in series
    )
