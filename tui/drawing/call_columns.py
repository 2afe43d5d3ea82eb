"""Which columns the list of calls has at a given width, and how wide they are."""

from __future__ import annotations

from dataclasses import dataclass

from rich.text import Text

from tui.drawing.palette import Palette
from tui.drawing.text import fit

WIDE = 110
"""From this width on there is room for the longer form of every column."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column: what it shows, its title, its cells, and whether it is aligned to the right."""

    what: str
    title: str
    width: int
    right: bool = True


def columns(width: int, threads: int) -> tuple[Column, ...]:
    """The columns that fill `width` cells, one cell apart; the call itself takes what the others leave."""
    wide = width >= WIDE
    before = [Column("mark", "", 1, False), Column("time", "time s", 10 if wide else 9)]
    if threads > 1:
        before.append(Column("thread", "thread", 7))
    after = [
        Column("result", "result", 14 if wide else 9, False),
        Column("user", "user", 7),
        Column("kernel", "kernel", 7),
        Column("blocked", "blocked", 7),
        Column("copies", "copied ↓in ↑out" if wide else "↓in ↑out", 15 if wide else 9),
    ]
    used = sum(column.width + 1 for column in before + after)
    call = Column("call", "call", max(8, width - used), False)
    return (*before, call, *after)


def column_titles(layout: tuple[Column, ...], width: int, palette: Palette) -> Text:
    """The line above the list."""
    titles = " ".join(fit(column.title, column.width, right=column.right) for column in layout)
    return Text(fit(titles, width), style=palette.faint, no_wrap=True, end="")
