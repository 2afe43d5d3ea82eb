"""Lines of a pane of which some can be folded: a heading or a node, and what hangs below it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from io import StringIO
from typing import Final

from rich.console import Console
from rich.text import Text

from tui.drawing.palette import Palette

OPEN, CLOSED, LEAF = "▾", "▸", " "
_CONSOLE: Final = Console(file=StringIO(), width=80, color_system=None)
"""Text.wrap wants one; nothing is ever printed there."""


@dataclass(frozen=True, slots=True)
class Item:
    """A line, and the lines that hang below it."""

    text: Text
    key: str = ""
    """By which its fold is remembered; empty for a line that cannot be folded."""
    below: tuple[Item, ...] = ()
    closed: bool = False
    """Folded as long as nobody unfolds it."""
    indent: int = 0
    """Cells that the second and further lines are indented by, when it is wrapped."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line on screen."""

    text: Text = field(compare=False)
    key: str = ""
    """Of the item that it can fold or unfold."""
    opened: bool = False
    """Whether that item is unfolded."""


def rows_of(items: Iterable[Item], width: int, palette: Palette, turned: frozenset[str]) -> list[Row]:
    """The lines of `items` in `width` cells; `turned` = the keys whose fold is not as it is at first."""
    return list(_rows(items, width, palette, turned, 0))


def _rows(items: Iterable[Item], width: int, palette: Palette, turned: frozenset[str], depth: int) -> Iterator[Row]:
    for item in items:
        key = item.key if item.below else ""
        opened = bool(key) and (item.closed == (key in turned))
        mark = OPEN if opened else CLOSED if key else LEAF
        yield from _wrapped(item, width, palette, mark if item.key else "", depth, key, opened)
        if opened:
            yield from _rows(item.below, width, palette, turned, depth + (1 if item.key else 0))


def _wrapped(
    item: Item, width: int, palette: Palette, mark: str, depth: int, key: str, opened: bool
) -> Iterator[Row]:
    lead = "  " * depth + (f"{mark} " if mark else "")
    room = max(8, width - len(lead))
    indent = min(item.indent, room // 2)
    first, *rest = item.text.wrap(_CONSOLE, room, overflow="fold") or [item.text]
    if rest and indent:
        left = item.text.copy()
        left = left[len(first.plain) :]
        rest = list(_lstripped(left).wrap(_CONSOLE, room - indent, overflow="fold"))
    yield Row(_line(lead, first, palette), key, opened)
    for line in rest:
        yield Row(_line(" " * (len(lead) + indent), line, palette), key, opened)


def _lstripped(text: Text) -> Text:
    return text[len(text.plain) - len(text.plain.lstrip()) :]


def _line(lead: str, text: Text, palette: Palette) -> Text:
    text.rstrip()
    line = Text(lead, palette.faint, no_wrap=True, end="")
    line.append_text(text)
    return line
