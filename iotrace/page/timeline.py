"""The timeline of the page: a lane for each thread, user space above its line and the kernel below.

Every lane is drawn twice: as SVG that needs no JavaScript, in `COLUMNS` columns over the phase of the report, and
as numbers of every cell that the page's script draws finer, at the window's width and at any zoom. Heights are
shares of the program's own time in that stretch; what the tracer took has none.
"""

from __future__ import annotations

import json
from base64 import b64encode
from html import escape
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from iotrace.page.facts import Lane, PageFacts, Picture
from iotrace.page.text import section, shown
from tracer.analyze.activity import STATES, ThreadActivity
from tui.drawing.text import clean
from tui.drawing.units import duration, several, short_count

Floats = NDArray[np.floating[Any]]

COLUMNS: Final = 240
WIDTH: Final = 960
HALF: Final = 20
"""Height of user space, and of the kernel's: CSS pixels."""
HEIGHT: Final = 2 * HALF + 1
_TICKS: Final = 8
_PHASES: Final = 20


def timeline(facts: PageFacts) -> str:
    """All lanes, over the phase of the report; the script lets one look at the rest."""
    picture = facts.picture
    if not picture.lanes:
        return ""
    first, last = window(picture, facts.report.phase)
    lanes = "".join(_lane(each, picture, first, last) for each in picture.lanes)
    rest = f'<p class="faint">{several(picture.left_out, "more thread")}, which used less CPU.</p>'
    return section(
        "timeline", "Timeline",
        f'<div class="timeline" {_data(facts, first, last)}>{_buttons()}'
        f'<div class="axis" aria-hidden="true">{_ticks(facts, first, last)}</div>{lanes}</div>'
        f"{rest if picture.left_out > 0 else ''}",
        "A lane for each thread: what it ran in user space stands above the line, what happened in the kernel "
        "hangs below it. Heights are shares of the program's own time in that moment; the tracer's time has none.",
    )  # fmt: skip


def window(picture: Picture, phase: str | None) -> tuple[int, int]:
    """The cells shown first: those of the phase of the report, or all."""
    span = picture.end_ns - picture.begin_ns
    for name, begin, end in picture.phases:
        if name == phase:
            first = (begin - picture.begin_ns) * picture.cells // span
            last = -((picture.begin_ns - end) * picture.cells // span)
            first = max(0, min(first, picture.cells - 1))
            return first, max(first + 1, min(last, picture.cells))
    return 0, picture.cells


def paths(activity: ThreadActivity, first: int, last: int, columns: int = COLUMNS) -> dict[str, str]:
    """For each state the path of its part of the lane, in a box of WIDTH times HEIGHT."""
    bounds = np.unique(np.linspace(first, last, min(columns, last - first) + 1).astype(np.int64))
    sums = [np.add.reduceat(getattr(activity, state)[:last], bounds[:-1]) for state in STATES]
    own = np.sum(sums, axis=0)
    user, kernel, blocked, runnable = (np.where(own > 0, each / np.where(own > 0, own, 1), 0) for each in sums)
    xs = (bounds - first) * (WIDTH / (last - first))
    border = np.full(len(own), HALF + 0.5)
    down = border + _height(kernel)
    queued = np.minimum(down + runnable * HALF, HEIGHT)
    asleep = np.where(blocked > 0, np.maximum(HALF + 0.5 + (kernel + runnable + blocked) * HALF, queued), queued)
    return {
        "user": _path(xs, HALF + 0.5 - _height(user), border),
        "kernel": _path(xs, border, down),
        "runnable": _path(xs, down, queued),
        "blocked": _path(xs, queued, asleep),
    }


def planes(activity: ThreadActivity, cell_ns: float) -> bytes:
    """Five bytes for every cell, one plane after the other: how much of it was the program's own time, and the
    share of each state in that; 255 = all. Anything above nothing is at least 1."""
    own = activity.own
    whole = np.where(own > 0, own, 1)
    parts = [own / cell_ns, *(getattr(activity, state) / whole for state in STATES)]
    return b"".join(np.ceil(np.clip(each, 0, 1) * 255).astype(np.uint8).tobytes() for each in parts)


def _height(share: Floats) -> Floats:
    """What is there at all can be seen."""
    height: Floats = np.where(share > 0, np.maximum(share * HALF, 1), 0)
    return height


def _path(xs: Floats, upper: Floats, lower: Floats) -> str:
    """Rectangles between `upper` and `lower`, equal neighbours joined."""
    upper, lower = np.round(upper * 2) / 2, np.round(lower * 2) / 2
    changes = np.flatnonzero((np.diff(upper) != 0) | (np.diff(lower) != 0)) + 1
    runs = [0, *changes.tolist(), len(upper)]
    return "".join(
        f"M{xs[begin]:.4g} {upper[begin]:g}H{xs[end]:.4g}V{lower[begin]:g}H{xs[begin]:.4g}Z"
        for begin, end in pairwise(runs)
        if lower[begin] > upper[begin]
    )


def _lane(lane: Lane, picture: Picture, first: int, last: int) -> str:
    thread, times = lane.thread, lane.thread.times
    drawn = "".join(
        f'<path class="{state}" d="{path}"/>' for state, path in paths(lane.activity, first, last).items() if path
    )
    spoken = ", ".join(f"{state} {duration(getattr(times, f'{state}_ns'))}" for state in STATES)
    name = f"{thread.tid} {thread.name}"
    return (
        f'<div class="lane" {_cells(lane, picture.cell_ns)}><div class="who"><b>{thread.tid}</b> '
        f"{shown(thread.name, 32)}"
        f"<small>{short_count(thread.calls)} {'call' if thread.calls == 1 else 'calls'}</small></div>"
        f'<svg class="track" viewBox="0 0 {WIDTH} {HEIGHT}" preserveAspectRatio="none" role="img" '
        f'aria-label="thread {shown(name, 64)}: {escape(spoken, quote=True)}">{drawn}'
        f'<path class="border" d="{_border(lane.activity, first, last)}"/></svg></div>'
    )


def _border(activity: ThreadActivity, first: int, last: int) -> str:
    """The line between user space and the kernel, while the thread lives."""
    alive = np.flatnonzero(activity.own[first:last])
    if not len(alive):
        return "M0 0"
    begin, end = (float(each) * WIDTH / (last - first) for each in (alive[0], alive[-1] + 1))
    return f"M{begin:.4g} {HALF + 0.5}H{end:.4g}"


def _cells(lane: Lane, cell_ns: float) -> str:
    calls = np.minimum(lane.activity.calls, (1 << 32) - 1).astype("<u4").tobytes()
    shares = b64encode(planes(lane.activity, cell_ns)).decode()
    return f'data-s="{shares}" data-n="{b64encode(calls).decode()}"'


def _data(facts: PageFacts, first: int, last: int) -> str:
    picture = facts.picture
    phases = json.dumps(
        [
            [clean(name[:60]), begin - facts.start_ns, end - facts.start_ns]
            for name, begin, end in picture.phases[:_PHASES]
        ]
    )
    numbers = {
        "begin": picture.begin_ns - facts.start_ns, "end": picture.end_ns - facts.start_ns, "cells": picture.cells,
        "first": first, "last": last,
    }  # fmt: skip
    words = " ".join(f'data-{name}="{value}"' for name, value in numbers.items())
    return f'{words} data-phases="{shown(phases, 1 << 16)}"'


def _buttons() -> str:
    """They need the script, which shows them."""
    names = (("+", "zoom in"), ("−", "zoom out"), ("◀", "earlier"), ("▶", "later"), ("all", "the whole run"))
    buttons = "".join(
        f'<button type="button" data-do="{meaning}" title="{meaning}" aria-label="{meaning}">{sign}</button>'
        for sign, meaning in names
    )
    return (
        f'<div class="tools" hidden>{buttons}<span class="faint hint">drag over a lane to look closer</span>'
        '<output class="faint"></output></div>'
    )


def _ticks(facts: PageFacts, first: int, last: int) -> str:
    picture = facts.picture
    cell = picture.cell_ns
    begin = picture.begin_ns - facts.start_ns + first * cell
    span = (last - first) * cell
    step = nice_step(span / _TICKS)
    number = -(-begin // step)
    marks = []
    while number * step <= begin + span:
        at = 100 * (number * step - begin) / span
        words = duration(round(number * step)) if number else "0 s"
        if at <= 97:
            marks.append(f'<span style="left:{at:.2f}%">{escape(words)}</span>')
        number += 1
    return "".join(marks)


def nice_step(least: float) -> float:
    """1, 2 or 5 times a power of ten, not below `least`."""
    power = 10.0 ** np.floor(np.log10(max(least, 1.0)))
    return float(next(each * power for each in (1, 2, 5, 10) if each * power >= least * 0.999999))
