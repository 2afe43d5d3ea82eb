"""The list of descriptors, one a line, each with its life drawn over the run."""

from __future__ import annotations

from typing import Final

from rich.segment import Segment
from rich.style import Style

from tracer.analyze.descriptors.lives import DescriptorLine
from tui.drawing.grid import Column, fitting, grid_line, rooms
from tui.drawing.palette import Palette
from tui.drawing.text import clean
from tui.drawing.units import short_count, short_size

_COLUMNS: Final = (
    Column("pid", "pid", 7, 3, right=True),
    Column("fd", "fd", 6, right=True),
    Column("what", "what", 18, grows=True),
    Column("by", "opened by", 11, 6),
    Column("opened", "life", 16, 4),
    Column("nonblocking", "nb", 2, 5),
    Column("epoll", "epoll", 5, 5, right=True),
    Column("calls", "calls", 6, right=True),
    Column("wasted", "wasted", 6, 1, right=True),
    Column("in", "↓in", 6, right=True),
    Column("out", "↑out", 6, right=True),
    Column("control", "control", 7, 7, right=True),
    Column("copies", "copies", 6, 8, right=True),
)
SORTS: Final = ("fd", "what", "opened", "calls", "wasted", "in", "out")
"""The columns that can be sorted by."""


def descriptor_columns(width: int, *, several: bool) -> tuple[Column, ...]:
    """The columns in `width` cells; `several` processes have a column for them."""
    wide = tuple(column for column in _COLUMNS if several or column.what != "pid")
    return fitting(wide, width)


def descriptor_line(
    line: DescriptorLine, columns: tuple[Column, ...], width: int, run: tuple[int, int], palette: Palette
) -> list[Segment]:
    """One descriptor. `run`: CLOCK_MONOTONIC of the beginning and of now; the life is drawn over it."""
    style = palette.text if line.closed_ns is None else palette.faint
    copies = line.copies
    life = dict(zip((column.what for column in columns), rooms(columns, width), strict=True)).get("opened", 0)
    cells: dict[str, tuple[str, Style]] = {
        "pid": (str(line.pid), palette.faint),
        "fd": (number(line), palette.strong),
        "what": (clean(line.what), style),
        "by": (line.opened_by, palette.faint),
        "opened": (life_bar(line, run, life), palette.user if line.closed_ns is None else palette.blocked),
        "nonblocking": ("nb" if line.nonblocking else "?" if line.nonblocking is None else "", palette.faint),
        "epoll": (f"e{line.epoll}" if line.epoll is not None else "", palette.accent),
        "calls": (short_count(line.calls) if line.calls else "", palette.text),
        "wasted": (short_count(line.wasted) if line.wasted else "", palette.wasted),
        "in": (_bytes(line.bytes_in, copies.unknown), palette.copy_in),
        "out": (_bytes(line.bytes_out, copies.unknown), palette.copy_out),
        "control": (_bytes(copies.control_in + copies.control_out, 0), palette.faint),
        "copies": (short_count(copies.copies_in + copies.copies_out) if line.calls else "", palette.faint),
    }
    return grid_line(columns, width, cells)


def number(line: DescriptorLine) -> str:
    """The descriptor's number, with its generation when there were others before it."""
    return f"{line.fd}.{line.generation}" if line.generation else str(line.fd)


def life_bar(line: DescriptorLine, run: tuple[int, int], width: int) -> str:
    """Where in the run it was open: ┣ opened, ━ open, ┫ closed; open at an end of the run it has no such mark."""
    began, now = run
    if width <= 0:
        return ""
    span = max(1, now - began)
    opened = began if line.opened_ns is None else line.opened_ns
    closed = now if line.closed_ns is None else line.closed_ns
    first = min(width - 1, max(0, (opened - began) * width // span))
    last = min(width - 1, max(first, (closed - began) * width // span))
    bar = ["━"] * (last - first + 1)
    if line.closed_ns is not None:
        bar[-1] = "┫"
    if opened > began and (len(bar) > 1 or line.closed_ns is None):
        bar[0] = "┣"
    return " " * first + "".join(bar)


def _bytes(size: int, unknown: int) -> str:
    known = short_size(size) if size else ""
    return f"{known}?" if unknown else known
