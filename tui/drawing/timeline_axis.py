"""The time axis: round moments, evenly spaced, as many as fit."""

from __future__ import annotations

from typing import Final

from rich.text import Text

from tui.drawing.palette import Palette
from tui.drawing.timeline_glyphs import Glyphs
from tui.drawing.timeline_window import Window

_APART: Final = 14
"""Cells from one tick to the next at least."""
_UNITS: Final = (("µs", 10**3, 10**6), ("ms", 10**6, 10**9), ("s", 10**9, 1 << 63))
"""Unit, its ns, and up to which moment it is used."""


def step_of(window: Window) -> int:
    """The time between two ticks, ns: 1, 2 or 5 times a power of ten."""
    least = window.cell_ns * _APART
    step = 1
    while True:
        for factor in (1, 2, 5):
            if factor * step >= least:
                return factor * step
        step *= 10


def moment_text(since_ns: int, step_ns: int) -> str:
    """A moment with as many decimals as the step between two needs, in the unit that suits its size."""
    unit, size, _ = next(each for each in _UNITS if abs(since_ns) < each[2])
    decimals = 0
    while step_ns * 10**decimals % size and decimals < 9:
        decimals += 1
    return f"{since_ns / size:.{decimals}f} {unit}" if since_ns else "0"


def axis(window: Window, start_ns: int, palette: Palette, glyphs: Glyphs) -> Text:
    """One line of `window.cells` cells: ticks, each with its moment since `start_ns` on its right."""
    step = step_of(window)
    line = Text(no_wrap=True, end="")
    first = -(-(window.begin_ns - start_ns) // step)
    last = (window.end_ns - 1 - start_ns) // step
    for number in range(first, last + 1):
        cell = window.cell_of(start_ns + number * step)
        text = moment_text(number * step, step)
        line.append(" " * (cell - line.cell_len))
        if cell + len(text) + 1 <= window.cells and line.cell_len == cell:
            line.append(glyphs.tick, palette.faint)
            line.append(text, palette.text)
    line.truncate(window.cells)
    line.append(" " * (window.cells - line.cell_len))
    return line


def axis_note(read: float, folded: int, width: int, palette: Palette) -> Text:
    """What stands left of the axis, in `width` cells: which part of the lines was read, or how many lanes are left
    out."""
    note = Text(f" {folded} left out" if folded else "", palette.faint, no_wrap=True, end="")
    if read < 1:
        note = Text(f" read {read:.0%}", palette.running, no_wrap=True, end="")
    note.truncate(width, overflow="ellipsis", pad=True)
    return note


def no_axis(palette: Palette) -> Text:
    """In place of it, before the first call."""
    return Text(" No calls yet: the timeline begins with the first.", palette.faint)
