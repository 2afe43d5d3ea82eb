"""The heat map of latencies: time to the right, powers of two upwards, shades for how many calls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from rich.segment import Segment
from rich.style import Style
from rich.text import Text

from tracer.analyze.timeline.latency_map import LatencyMap
from tui.drawing.palette import Palette
from tui.drawing.text import fit
from tui.drawing.timeline_glyphs import Glyphs, spelled
from tui.drawing.units import count, duration, several

_BASES: Final = (2, 3, 5, 10, 20, 50, 100)


@dataclass(frozen=True, slots=True)
class LatencyRow:
    """A row of the map: some octaves together."""

    octaves: range
    counts: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class LatencyRows:
    """The map in rows, the longest latency on top; a shade for every range of counts."""

    rows: tuple[LatencyRow, ...]
    bounds: tuple[int, ...]
    """From how many calls on each of the shades is used."""


def rows_of(latencies: LatencyMap, height: int, shades: int) -> LatencyRows:
    """At most `height` rows, one octave each or as many as needed; `shades` from one call to the most."""
    octaves = latencies.octaves
    each = max(1, -(-len(octaves) // max(1, height)))
    rows = []
    for first in range(octaves.start, octaves.stop, each):
        part = range(first, min(first + each, octaves.stop))
        rows.append(LatencyRow(part, latencies.counts[part.start : part.stop].sum(axis=0, dtype=np.int64)))
    most = max((int(row.counts.max()) for row in rows), default=0)
    return LatencyRows(tuple(reversed(rows)), bounds_of(most, shades))


def bounds_of(most: int, shades: int) -> tuple[int, ...]:
    """From how many calls on each shade is used: powers of a round number, the last not above `most`."""
    base = max((base for base in _BASES if base ** (shades - 1) <= most), default=_BASES[0])
    return tuple(base**power for power in range(shades))


def label(octaves: range) -> str:
    """The latency a row begins at."""
    return duration(2**octaves.start if octaves.start else 0)


def between(octaves: range) -> str:
    """The latencies of a row in words."""
    return f"{label(octaves)} and {duration(2**octaves.stop)}"


def segments(
    row: LatencyRow, bounds: tuple[int, ...], room: int, glyphs: Glyphs, palette: Palette, over: dict[int, Style]
) -> list[Segment]:
    """A row with its label in `room` cells; `over`: styles laid over single cells."""
    shades = np.array(list(glyphs.shades))
    index = np.searchsorted(np.array(bounds), row.counts, side="right")
    chars = shades[index].tolist()
    found = [
        Segment(
            spelled(fit(label(row.octaves), room - 2, right=True), glyphs) + " " + glyphs.bracket, palette.faint
        )
    ]
    done = 0
    for cell in sorted(over):
        if done <= cell < len(chars):
            found += [
                Segment("".join(chars[done:cell]), palette.kernel),
                Segment(chars[cell], palette.kernel + over[cell]),
            ]
            done = cell + 1
    return [*found, Segment("".join(chars[done:]), palette.kernel)]


def shades_line(bounds: tuple[int, ...], what: str, glyphs: Glyphs, width: int, palette: Palette) -> Text:
    """What is counted, and how many calls each shade stands for."""
    line = Text(f" {what}  ", palette.strong, no_wrap=True, end="")
    for number, bound in enumerate(bounds):
        last = number + 1 == len(bounds)
        words = f"≥{count(bound)}" if last else count(bound) if bounds[number + 1] == bound + 1 else (
            f"{count(bound)}–{count(bounds[number + 1] - 1)}"
        )  # fmt: skip
        line.append(glyphs.shades[number + 1] * 2, palette.kernel)
        line.append(f" {words}  ", palette.faint)
    line.append("calls", palette.faint)
    line.truncate(width, overflow="ellipsis")
    return line


def cell_line(row: LatencyRow, cell: int, cell_ns: float, since_ns: int, width: int, palette: Palette) -> Text:
    """What the cell at the cursor holds."""
    number = int(row.counts[cell]) if 0 <= cell < len(row.counts) else 0
    line = Text(" ", no_wrap=True, end="")
    line.append(several(number, "call"), palette.strong)
    line.append(f" between {between(row.octaves)} at {since_ns / 1e9:.9f} s", palette.text)
    line.append(f"  cell {duration(round(cell_ns))}", palette.faint)
    hint = "  enter: show them one by one" if number > 1 else "  enter: show it"
    if number and line.cell_len + len(hint) <= width:
        line.append(hint, palette.faint)
    line.truncate(width, overflow="ellipsis")
    return line
