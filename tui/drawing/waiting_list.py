"""The list of those who wait, one a line."""

from __future__ import annotations

from typing import Final

from rich.segment import Segment
from rich.style import Style

from tracer.analyze.waiting_sets.waiting_sets import Family, Waiter
from tui.drawing.grid import Column, fitting, grid_line
from tui.drawing.palette import Palette
from tui.drawing.units import duration_column, percent, short_count, short_size

_COLUMNS: Final = (
    Column("who", "who waits", 9, grows=True),
    Column("threads", "thread", 9, 2, right=True),
    Column("returns", "returns", 7, right=True),
    Column("ready", "ready", 5, 1, right=True),
    Column("useless", "useless", 7, right=True),
    Column("share", "", 6, 5, right=True),
    Column("timeouts", "timeouts", 8, 4, right=True),
    Column("failed", "failed", 6, 6, right=True),
    Column("bytes", "B/ret", 5, 3, right=True),
    Column("blocked", "blocked", 7, 3, right=True),
)


def waiter_columns(width: int) -> tuple[Column, ...]:
    """The columns in `width` cells. `ready` is per wake-up, `B/ret` what a return cost in copied bytes."""
    return fitting(_COLUMNS, width)


def waiter_line(waiter: Waiter, columns: tuple[Column, ...], width: int, palette: Palette) -> list[Segment]:
    """One waiter."""
    mean = waiter.mean_ready
    threads = str(waiter.tids[0]) if len(waiter.tids) == 1 else f"{len(waiter.tids)} threads"
    cells: dict[str, tuple[str, Style]] = {
        "who": (who(waiter), palette.strong),
        "threads": (threads, palette.faint),
        "returns": (short_count(waiter.returns), palette.text),
        "ready": (_mean(mean) if mean is not None else "", palette.text),
        "useless": (short_count(waiter.useless) if waiter.useless else "", palette.wasted),
        "share": (percent(waiter.useless, waiter.wakeups) if waiter.useless else "", palette.wasted),
        "timeouts": (short_count(waiter.timeouts) if waiter.timeouts else "", palette.text),
        "failed": (short_count(waiter.failed) if waiter.failed else "", palette.failed),
        "bytes": (short_size(round(waiter.bytes_per_return)), palette.copy_in),
        "blocked": (duration_column(waiter.blocked_ns), palette.blocked),
    }
    return grid_line(columns, width, cells)


def who(waiter: Waiter) -> str:
    """epoll 5, select, poll, io_uring 4, native AIO 0x7f10a5c0."""
    if waiter.family is Family.AIO and waiter.context is not None:
        return f"{waiter.family.value} {waiter.context:#x}"
    return waiter.family.value if waiter.fd is None else f"{waiter.family.value} {waiter.fd}"


def _mean(value: float) -> str:
    return f"{value:.0f}" if value >= 99.95 or value == int(value) else f"{value:.1f}"
