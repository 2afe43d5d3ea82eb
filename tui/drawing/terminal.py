"""The traced program's terminal as lines of segments, made from the emulator's cells."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

from pyte.screens import Char, Screen
from rich.color import ColorParseError
from rich.segment import Segment
from rich.style import Style

from tui.drawing.text import clean

Line = tuple[Segment, ...]

_NAMES = {"brown": "yellow", "brightbrown": "bright_yellow", "bfightmagenta": "bright_magenta"}
"""Colour names of pyte that rich spells differently (the last is pyte's own misspelling)."""


_CURSOR_KEYS = 1 << 5
"""pyte keeps private modes shifted by five; this is DECCKM (CSI ? 1 h)."""


@dataclass(frozen=True, slots=True)
class Picture:
    """What the program's terminal shows: one tuple of segments a line, and where the cursor is."""

    lines: tuple[Line, ...]
    cursor: tuple[int, int] | None
    """Column and row, or None when it is hidden."""
    columns: int = 0
    application_keys: bool = False
    """The program asked for application cursor keys (DECCKM)."""


def draw(screen: Screen, before: Picture | None) -> Picture:
    """The picture of `screen`. Lines that have not changed since `before` are taken from it."""
    changed = set(screen.dirty) if before and before.columns == screen.columns else set(range(screen.lines))
    screen.dirty.clear()
    lines = tuple(
        before.lines[y] if before and y < len(before.lines) and y not in changed else line_of(screen, y)
        for y in range(screen.lines)
    )
    cursor = None if screen.cursor.hidden else (screen.cursor.x, screen.cursor.y)
    return Picture(lines, cursor, screen.columns, application_keys=_CURSOR_KEYS in screen.mode)


def line_of(screen: Screen, y: int) -> Line:
    """Line `y` of `screen`, cells of one look joined."""
    row = screen.buffer[y]
    cells = [row[x] for x in range(screen.columns)]
    return tuple(
        Segment("".join(clean(cell.data) for cell in group), style)
        for style, group in groupby(cells, key=style_of_cell)
    )


def style_of_cell(cell: Char) -> Style:
    """The look of one cell of the emulator."""
    return Style(
        color=_colour(cell.fg),
        bgcolor=_colour(cell.bg),
        bold=cell.bold or None,
        italic=cell.italics or None,
        underline=cell.underscore or None,
        strike=cell.strikethrough or None,
        reverse=cell.reverse or None,
        blink=cell.blink or None,
    )


def _colour(name: str) -> str | None:
    if name == "default":
        return None
    if len(name) == 6 and all(digit in "0123456789abcdef" for digit in name.lower()):
        return f"#{name}"
    known = _NAMES.get(name, name.replace("bright", "bright_"))
    try:
        Style(color=known)
    except (ColorParseError, ValueError):
        return None
    return known
