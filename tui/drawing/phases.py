"""The four times of one thing in one stacked bar, each in its own pattern."""

from __future__ import annotations

from rich.text import Text

from tracer.analyze.results import Times
from tui.drawing.palette import STATES, Palette, style_of


def phases(times: Times, width: int, palette: Palette) -> Text:
    """A bar of exactly `width` cells (spaces when there was no time); no time above nothing goes without."""
    parts = [int(getattr(times, f"{state.word}_ns")) for state in STATES]
    line = Text(no_wrap=True, end="")
    for state, cells in zip(STATES, share_out(parts, width), strict=True):
        line.append(state.pattern * cells, style_of(palette, state))
    line.append(" " * (width - line.cell_len))
    return line


def share_out(parts: list[int], width: int) -> list[int]:
    """`width` cells divided in the proportion of `parts`, at least one for each part above nothing.

    The sum is `width`, unless nothing is above nothing or there are fewer cells than such parts.
    """
    whole = sum(parts)
    present = sum(part > 0 for part in parts)
    if not whole or width < present:
        return [0] * len(parts)
    cells = [max(1, part * width // whole) if part else 0 for part in parts]
    for _ in range(abs(width - sum(cells))):
        # The longest part takes the rounding: a cell more or less shows there least.
        cells[cells.index(max(cells))] += 1 if sum(cells) < width else -1
    return cells
