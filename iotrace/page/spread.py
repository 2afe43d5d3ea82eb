"""How long single calls took: a histogram by powers of two for each of the busiest system calls.

Above the line the whole call (kernel, blocked and runnable time), below it its kernel time alone. All share one
scale of time. Heights are logarithmic, so that the one slow call in a million is seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from math import log
from typing import Final

from iotrace.page.facts import PageFacts, Spreads
from iotrace.page.text import section, shown
from tracer.analyze.results import SyscallRow
from tracer.analyze.spread import Spread
from tui.drawing.units import count, duration, several

_MOST: Final = 12
_UP: Final = 44
_DOWN: Final = 30
_LABELS: Final = 14


def histograms(facts: PageFacts) -> str:
    """Those in which most time went, or that were called most."""
    rows = [row for row in facts.report.syscalls if facts.spreads[row.name].wall.count][:_MOST]
    if not rows:
        return ""
    octaves = span([facts.spreads[row.name] for row in rows])
    cards = "".join(_card(row, facts.spreads[row.name], octaves) for row in rows)
    return section(
        "histograms", "How long single calls took", f'<div class="cards">{cards}</div>',
        "By powers of two. Above the line: the whole call (kernel, blocked and runnable time). "
        "Below it: kernel time alone. Heights are logarithmic: a single slow call can be seen.",
    )  # fmt: skip


def span(spreads: Sequence[Spreads]) -> range:
    """From the lowest to the highest octave that any has; at least eight of them."""
    every = [each for pair in spreads for each in (pair.kernel, pair.wall)]
    first = min((next(i for i, n in enumerate(each.log2) if n) for each in every if any(each.log2)), default=0)
    last = max((len(each.log2) for each in every), default=1)
    return range(first, max(last, first + 8))


def _card(row: SyscallRow, spreads: Spreads, octaves: range) -> str:
    most = max([*spreads.wall.log2, *spreads.kernel.log2, 1])
    bars = _bars(spreads.wall, octaves, most, "wall") + _bars(spreads.kernel, octaves, most, "kernel")
    wall, kernel = spreads.wall, spreads.kernel
    spoken = (
        f"{row.name}, whole call: p50 {duration(wall.p50_ns)}, p99 {duration(wall.p99_ns)}, longest "
        f"{duration(wall.max_ns)}; kernel: p50 {duration(kernel.p50_ns)}, p99 {duration(kernel.p99_ns)}"
    )
    return (
        f'<figure class="card"><figcaption><b>{shown(row.name)}</b> {several(row.calls, "call")}<br>p50 '
        f"{duration(wall.p50_ns)} · p99 {duration(wall.p99_ns)} · longest {duration(wall.max_ns)}</figcaption>"
        f'<svg class="hist" height="{_UP + _DOWN + _LABELS}" role="img" aria-label="{shown(spoken)}">'
        f"{_scale(octaves)}{bars}</svg></figure>"
    )


def _bars(spread: Spread, octaves: range, most: int, kind: str) -> str:
    bars = []
    for octave in octaves:
        number = spread.log2[octave] if octave < len(spread.log2) else 0
        if not number:
            continue
        share = log(1 + number) / log(1 + most)
        height = max(2.0, share * (_UP if kind == "wall" else _DOWN))
        y = _UP - height if kind == "wall" else float(_UP)
        begin = duration(0 if octave == 0 else 1 << octave)
        bars.append(
            f'<rect class="{kind}" x="{100 * (octave - octaves.start) / len(octaves):.2f}%" y="{y:.1f}" '
            f'width="{88 / len(octaves):.2f}%" height="{height:.1f}">'
            f"<title>{count(number)} × {begin} – {duration(1 << (octave + 1))}</title></rect>"
        )
    return "".join(bars)


def _scale(octaves: range) -> str:
    """A line, and the powers of a thousand (2^10, 2^20, 2^30 ns are close enough to µs, ms, s to stand there)."""
    marks = [f'<line class="border" x1="0" x2="100%" y1="{_UP}" y2="{_UP}"/>']
    for octave in octaves:
        if octave % 5 == 0:
            x = 100 * (octave - octaves.start) / len(octaves)
            text = f'<text class="tick" x="{x:.2f}%" y="{_UP + _DOWN + 11}">{escape(duration(1 << octave))}</text>'
            marks.append(
                f'<line class="grid" x1="{x:.2f}%" x2="{x:.2f}%" y1="0" y2="{_UP + _DOWN}"/>'
                + (text if x < 90 else "")
            )
    return "".join(marks)
