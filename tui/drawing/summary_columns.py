"""The columns of a summary: what each shows, what it sorts by, and which give way first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from tracer.analyze.groups import GroupRow, View
from tui.drawing.text import clean
from tui.drawing.units import duration_column, short_count, short_size


@dataclass(frozen=True, slots=True)
class SummaryColumn:
    """`rank`: 0 is always shown; the higher, the sooner it gives way in a narrow terminal."""

    what: str
    title: str
    width: int
    style: str
    rank: int
    text: Callable[[GroupRow], str]
    key: Callable[[GroupRow], int | str]
    left: bool = False


def _time(what: str, title: str, rank: int, width: int = 7) -> SummaryColumn:
    def key(row: GroupRow) -> int:
        return int(getattr(row.times, what))

    return SummaryColumn(what, title, width, title, rank, lambda row: duration_column(key(row)), key)


def _spread(what: str, title: str, rank: int, width: int = 7) -> SummaryColumn:
    """`what`: kernel or wall, and which figure of its spread."""
    of, _, figure = what.partition("_")

    def key(row: GroupRow) -> int:
        return int(getattr(getattr(row, of), f"{figure}_ns"))

    def text(row: GroupRow) -> str:
        if not getattr(row, of).count:
            return ""
        about = "~" if getattr(row, of).rough else ""
        return about + (duration_column(key(row)) if key(row) else "0 ns")

    return SummaryColumn(what, title, width, "text", rank, text, key)


def _count(what: str, rank: int, style: str) -> SummaryColumn:
    def key(row: GroupRow) -> int:
        return int(getattr(row, what) or 0)

    return SummaryColumn(what, what, 7, style, rank, lambda row: short_count(key(row)) if key(row) else "", key)


def _bytes(direction: str, title: str, rank: int) -> SummaryColumn:
    def key(row: GroupRow) -> int:
        return int(getattr(row, f"bytes_{direction}"))

    def text(row: GroupRow) -> str:
        known = short_size(key(row)) if key(row) else ""
        return f"{known}?" if row.unknown else known

    return SummaryColumn(f"bytes_{direction}", title, 6, f"copy_{direction}", rank, text, key)


def breakdown_text(row: GroupRow) -> str:
    """The errors (of an error, the calls), the most frequent first."""
    return ", ".join(f"{name} {short_count(number)}" for name, number in row.breakdown.items())


NAME: Final = SummaryColumn(
    "name", "call", 15, "strong", 0, lambda row: clean(row.name), lambda row: row.name, True
)
BAR: Final = SummaryColumn("bar", "share", 12, "text", 5, lambda _: "", lambda row: row.times.own_ns, True)
BREAKDOWN: Final = SummaryColumn(
    "breakdown", "errors", 18, "failed", 14, breakdown_text, lambda row: sum(row.breakdown.values()), True
)

SUMMARY_COLUMNS: Final = (
    NAME,
    _count("calls", 0, "text"),
    _count("failed", 3, "failed"),
    _count("wasted", 0, "wasted"),
    _time("user_ns", "user", 2),
    _time("kernel_ns", "kernel", 0),
    _time("blocked_ns", "blocked", 0, 8),
    _time("runnable_ns", "runnable", 6, 9),
    BAR,
    _spread("kernel_p50", "k p50", 10),
    _spread("kernel_p90", "k p90", 13),
    _spread("kernel_p99", "k p99", 7),
    _spread("kernel_max", "k max", 8),
    _spread("wall_p50", "w p50", 12),
    _spread("wall_p90", "w p90", 13),
    _spread("wall_p99", "w p99", 9),
    _spread("wall_max", "w max", 11),
    _bytes("in", "↓in", 1),
    _bytes("out", "↑out", 1),
    BREAKDOWN,
)
_NAMES: Final = {View.THREAD: "thread", View.PHASE: "phase", View.ERROR: "error"}
_BREAKDOWNS: Final = {View.ERROR: "calls"}


def title_of(column: SummaryColumn, view: View) -> str:
    """What stands above a column."""
    if column is NAME:
        return _NAMES.get(view, column.title)
    return _BREAKDOWNS.get(view, column.title) if column is BREAKDOWN else column.title


def summary_layout(width: int) -> tuple[SummaryColumn, ...]:
    """The columns that fit in `width` cells, one cell apart, in their order; the bar takes what is left."""
    shown = list(SUMMARY_COLUMNS)
    while sum(column.width + 1 for column in shown) > width and any(column.rank for column in shown):
        shown.remove(max(reversed(shown), key=lambda column: column.rank))
    return tuple(shown)
