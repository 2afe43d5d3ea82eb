"""Which columns the list of calls has at a given width, and how wide they are."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from rich.text import Text

from tracer.analyze.filter.listing import IN_TIME, Order
from tracer.analyze.filter.tree import Field
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


CHOICES: Final = (
    ("time", "when the call began, since the start"),
    ("delta", "how long after the line above it began"),
    ("thread", "thread id"),
    ("fd", "descriptor and its generation"),
    ("phase", "marked phase"),
    ("call", "the call with its arguments"),
    ("result", "what it returned"),
    ("user", "time in user space before it"),
    ("kernel", "time on a CPU inside it"),
    ("blocked", "time asleep inside it"),
    ("runnable", "time waiting for a CPU inside it"),
    ("wall", "kernel, blocked and runnable together"),
    ("copies", "bytes copied in and out, in one column"),
    ("in", "bytes copied in: the kernel read them"),
    ("out", "bytes copied out: the kernel wrote them"),
)
"""The columns one can choose, in the order they are shown, with what they mean."""

_SORTED_BY: Final = {
    "time": None, "user": Field.USER, "kernel": Field.KERNEL, "blocked": Field.BLOCKED, "runnable": Field.RUNNABLE,
    "wall": Field.WALL, "copies": Field.BYTES,
}  # fmt: skip
"""Which column the arrow of an order is at."""


def default_columns(threads: int) -> tuple[str, ...]:
    """The columns shown when nobody chose any."""
    return ("time", *(["thread"] if threads > 1 else []), "call", "result", "user", "kernel", "blocked", "copies")


def columns(
    width: int, threads: int, chosen: tuple[str, ...] | None = None, asked: Collection[Field | None] = ()
) -> tuple[Column, ...]:
    """The columns that fill `width` cells, one cell apart; the call itself takes what the others leave.

    `asked`: what the list is sorted or filtered by, which is shown where nobody chose the columns. Of columns that
    leave the call less than eight cells the last ones give way."""
    wanted = chosen
    if wanted is None:
        suit = {
            *default_columns(threads),
            *(what for what, field in _SORTED_BY.items() if field and field in asked),
        }
        wanted = tuple(what for what, _ in CHOICES if what in suit)
    shown = [_column(what, width) for what in wanted if what != "call"]
    while shown and _cells(shown) + 3 > width - _LEAST:
        shown.pop()
    call = Column("call", "call", max(_LEAST, width - _cells(shown) - 2), False)
    whats = [what for what, _ in CHOICES]
    before = [each for each in shown if whats.index(each.what) < whats.index("call")]
    return (_MARK, *before, call, *shown[len(before) :])


_LEAST: Final = 8
_MARK: Final = Column("mark", "", 1, False)


def _cells(shown: list[Column]) -> int:
    return sum(column.width + 1 for column in shown)


def _column(what: str, width: int) -> Column:
    wide = width >= WIDE
    match what:
        case "time":
            return Column("time", "time s", 10 if wide else 9)
        case "delta":
            return Column("delta", "delta", 8)
        case "thread":
            return Column("thread", "thread", 7)
        case "fd":
            return Column("fd", "fd", 6)
        case "phase":
            return Column("phase", "phase", 10 if wide else 7, False)
        case "result":
            return Column("result", "result", 14 if wide else 9, False)
        case "runnable":
            return Column("runnable", "runnable", 8)
        case "copies":
            return Column("copies", "copied ↓in ↑out" if wide else "↓in ↑out", 15 if wide else 9)
        case "in" | "out":
            return Column(what, "↓in" if what == "in" else "↑out", 7)
    return Column(what, what, 7)


def column_titles(layout: tuple[Column, ...], width: int, palette: Palette, order: Order = IN_TIME) -> Text:
    """The line above the list; an arrow shows the order where it is not that of time."""
    titles = " ".join(fit(_title(column, order), column.width, right=column.right) for column in layout)
    return Text(fit(titles, width), style=palette.faint, no_wrap=True, end="")


def order_at(layout: tuple[Column, ...], x: int, order: Order) -> Order | None:
    """The order that a click on the title at cell `x` asks for: that of its column, or the reverse of it if the
    list is in it; None where there is nothing to sort by."""
    left = 0
    for column in layout:
        if left <= x < left + column.width and column.what in _SORTED_BY:
            field = _SORTED_BY[column.what]
            return Order(field, field is order.field and not order.reverse)
        left += column.width + 1
    return None


def _title(column: Column, order: Order) -> str:
    if order == IN_TIME or _SORTED_BY.get(column.what, order) is not order.field:
        return column.title
    falling = (order.field is None) == order.reverse
    return fit(column.title, column.width - 1).rstrip() + ("▼" if falling else "▲")
