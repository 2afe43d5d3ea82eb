"""Lines of a table whose columns give way in a narrow terminal and whose last say has the one that grows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rich.segment import Segment
from rich.style import Style
from rich.text import Text

from tui.drawing.palette import Palette
from tui.drawing.text import fit


@dataclass(frozen=True, slots=True)
class Column:
    """`rank`: 0 is always shown; the higher, the sooner it gives way."""

    what: str
    title: str
    width: int
    rank: int = 0
    right: bool = False
    grows: bool = False
    """It takes the cells that are left."""


def fitting(columns: tuple[Column, ...], width: int) -> tuple[Column, ...]:
    """Those of `columns` that fit in `width` cells, one cell apart."""
    shown = list(columns)
    while sum(column.width + 1 for column in shown) - 1 > width and any(column.rank for column in shown):
        shown.remove(max(reversed(shown), key=lambda column: column.rank))
    return tuple(shown)


def rooms(columns: tuple[Column, ...], width: int) -> list[int]:
    """How wide each of `columns` is when they have `width` cells."""
    spare = max(0, width - sum(column.width for column in columns) - len(columns) + 1)
    return [column.width + (spare if column.grows else 0) for column in columns]


def column_at(columns: tuple[Column, ...], width: int, x: int) -> Column | None:
    """The column that a click at cell `x` meant."""
    left = 0
    for column, room in zip(columns, rooms(columns, width), strict=True):
        if left <= x < left + room:
            return column
        left += room + 1
    return None


def grid_titles(
    columns: tuple[Column, ...], width: int, palette: Palette, sort: str = "", *, ascending: bool = False
) -> Text:
    """The line above the table; the column it is sorted by carries an arrow."""
    line = Text(no_wrap=True, end="")
    for number, (column, room) in enumerate(zip(columns, rooms(columns, width), strict=True)):
        arrow = ("▴" if ascending else "▾") if column.what == sort else ""
        title = fit(column.title, room - len(arrow)).rstrip() + arrow
        line.append(" " if number else "")
        line.append(fit(title, room, right=column.right), palette.strong if arrow else palette.faint)
    return line


def grid_line(columns: tuple[Column, ...], width: int, cells: Mapping[str, tuple[str, Style]]) -> list[Segment]:
    """One line; a column without a cell stays empty."""
    line: list[Segment] = []
    for number, (column, room) in enumerate(zip(columns, rooms(columns, width), strict=True)):
        text, style = cells.get(column.what, ("", Style.null()))
        if number:
            line.append(Segment(" "))
        line.append(Segment(fit(text, room, right=column.right), style))
    return line
