"""Histograms of times by powers of two, side by side on the same scale of time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rich.style import Style
from rich.text import Text

from tracer.analyze.spread import Spread
from tui.drawing.palette import Palette
from tui.drawing.text import fit
from tui.drawing.time_bar import bar_text
from tui.drawing.units import duration, short_count

_RANGE: Final = 18
"""Cells of "1.02 µs – 2.05 µs"."""
_COUNT: Final = 7
Shown = tuple[str, Spread, Style]


def histograms(shown: Sequence[Shown], width: int, height: int, palette: Palette) -> list[Text]:
    """Each of `shown` (title, spread, style) as bars over common rows of time, in at most `height` lines of at most
    `width` cells. Neighbouring powers of two share a row where there is not room for all."""
    spreads = [spread.log2 for _, spread, _ in shown]
    first = min((next((i for i, n in enumerate(each) if n), 0) for each in spreads if any(each)), default=0)
    last = max(map(len, spreads), default=0)
    if height < 2 or last <= first:
        return []
    step = -(-(last - first) // (height - 1))
    room = max(4, (width - _RANGE - 1) // len(shown) - _COUNT - 2)
    heading = Text(" " * _RANGE, no_wrap=True)
    for title, _, _ in shown:
        heading.append(" " + fit(title, room + _COUNT + 1), palette.faint)
    lines = [heading]
    most = [max(_sums(each, first, last, step), default=0) for each in spreads]
    columns = [_sums(each, first, last, step) for each in spreads]
    for row, start in enumerate(range(first, last, step)):
        line = Text(fit(_range(start, step), _RANGE), palette.faint, no_wrap=True)
        for (_, _, style), column, largest in zip(shown, columns, most, strict=True):
            number = column[row]
            line.append(
                f" {short_count(number) if number else '':>{_COUNT}} ", palette.text if number else palette.faint
            )
            line.append(fit(bar_text(number, largest, room, "█"), room), style)
        line.truncate(width)
        lines.append(line)
    return lines


def _sums(counts: Sequence[int], first: int, last: int, step: int) -> list[int]:
    return [sum(counts[start : start + step]) for start in range(first, last, step)]


def _range(octave: int, step: int) -> str:
    begin = 0 if octave == 0 else 1 << octave
    return f"{duration(begin):>7} – {duration(1 << (octave + step)):<7}"
