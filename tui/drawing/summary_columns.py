"""The columns of the summary per syscall: what each shows, what it sorts by, and which give way first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from tracer.analyze.results import SyscallRow
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
    text: Callable[[SyscallRow], str]
    key: Callable[[SyscallRow], int | str]


def _time(what: str, title: str, rank: int, style: str = "text", width: int = 7) -> SummaryColumn:
    def key(row: SyscallRow) -> int:
        return int(getattr(row.times if hasattr(row.times, what) else row, what))

    return SummaryColumn(what, title, width, style, rank, lambda row: duration_column(key(row)), key)


def _count(what: str, rank: int, style: str) -> SummaryColumn:
    def key(row: SyscallRow) -> int:
        return int(getattr(row, what))

    return SummaryColumn(what, what, 7, style, rank, lambda row: short_count(key(row)) if key(row) else "", key)


def _bytes(direction: str, title: str, rank: int) -> SummaryColumn:
    def key(row: SyscallRow) -> int:
        copies = row.copies
        return int(getattr(copies, f"payload_{direction}") + getattr(copies, f"control_{direction}"))

    def text(row: SyscallRow) -> str:
        known = short_size(key(row)) if key(row) else ""
        return f"{known}?" if row.copies.unknown else known

    return SummaryColumn(f"bytes_{direction}", title, 6, f"copy_{direction}", rank, text, key)


NAME: Final = SummaryColumn("name", "call", 15, "strong", 0, lambda row: clean(row.name), lambda row: row.name)
BAR: Final = SummaryColumn("bar", "share", 12, "text", 4, lambda _: "", lambda row: row.times.own_ns)

SUMMARY_COLUMNS: Final = (
    NAME,
    _count("calls", 0, "text"),
    _count("failed", 3, "failed"),
    _count("wasted", 0, "wasted"),
    _time("user_ns", "user", 2, "user"),
    _time("kernel_ns", "kernel", 0, "kernel"),
    _time("blocked_ns", "blocked", 0, "blocked", 8),
    _time("runnable_ns", "runnable", 5, "runnable", 9),
    BAR,
    _time("kernel_p50_ns", "k p50", 7),
    _time("kernel_p99_ns", "k p99", 6),
    _time("wall_p50_ns", "w p50", 8),
    _time("wall_p99_ns", "w p99", 7),
    _bytes("in", "↓in", 1),
    _bytes("out", "↑out", 1),
)


def summary_layout(width: int) -> tuple[SummaryColumn, ...]:
    """The columns that fit in `width` cells, one cell apart, in their order; the bar takes what is left."""
    shown = list(SUMMARY_COLUMNS)
    while sum(column.width + 1 for column in shown) > width and any(column.rank for column in shown):
        shown.remove(max(reversed(shown), key=lambda column: column.rank))
    return tuple(shown)
