"""Requests to an io_uring or a native AIO context: what was answered, and what is in flight."""

from __future__ import annotations

import errno
from typing import Final

from rich.segment import Segment
from rich.style import Style
from rich.text import Text

from tracer.analyze.waiting_sets.asked import Request, Requests
from tracer.analyze.waiting_sets.waiting_sets import WaitReturn
from tui.drawing.grid import Column, fitting, grid_line, grid_titles
from tui.drawing.palette import Palette
from tui.drawing.text import clean
from tui.drawing.units import count, duration_column, moment
from tui.drawing.waiting_words import poll_events

_COLUMNS: Final = (
    Column("state", "", 1),
    Column("operation", "request", 10),
    Column("fd", "fd", 5, right=True),
    Column("what", "what", 12, 1, grows=True),
    Column("length", "length", 7, 2, right=True),
    Column("data", "data", 14, 5),
    Column("submitted", "handed over", 11, 4, right=True),
    Column("waited", "waits", 7, right=True),
    Column("result", "answer", 14),
)
_POLLS: Final = ("POLL", "POLL_ADD")
"""Their answer is the events, as poll's revents."""
RequestRow = Request | str


def request_titles(width: int, palette: Palette) -> Text:
    """The line above the list."""
    return grid_titles(fitting(_COLUMNS, width), width, palette)


def request_rows(requests: Requests, *, only_answered: bool) -> list[RequestRow]:
    """The answered ones, those in flight, and a sentence where that is not all."""
    rows: list[RequestRow] = list(requests.answered if only_answered else requests.entries)
    if requests.inherited:
        rows.append("It is older than the trace: where its rings lie, and what is in them, is not known.")
    if requests.unread:
        rows.append(f"Not all is known: {requests.unread}.")
    return rows


def request_line(row: RequestRow, ret: WaitReturn, start_ns: int, width: int, palette: Palette) -> list[Segment]:
    """One of `request_rows`."""
    if isinstance(row, str):
        return [Segment(row, palette.faint)]
    answered = row.result is not None
    style = palette.text if answered else palette.faint
    mark = "●" if answered else "+" if row.new else "○"
    cells: dict[str, tuple[str, Style]] = {
        "state": (mark, palette.accent if answered else style),
        "operation": (row.operation or "not seen", palette.strong if row.operation else palette.faint),
        "fd": (_fd(row), style),
        "what": (_what(row, ret), style),
        "length": (count(row.length) if row.operation else "?", style),
        "data": (f"{row.data:#x}", palette.faint),
        "submitted": ("?" if row.submitted_ns is None else moment(row.submitted_ns - start_ns), palette.faint),
        "waited": ("?" if row.waited_ns is None else duration_column(row.waited_ns), palette.blocked),
        "result": _result(row, palette),
    }
    return grid_line(fitting(_COLUMNS, width), width, cells)


def _fd(row: Request) -> str:
    if row.fd is None:
        return "?"
    return f"#{row.fd}" if row.fixed else "–" if row.fd < 0 else str(row.fd)


def _what(row: Request, ret: WaitReturn) -> str:
    if row.fd is None:
        return "?"
    if row.fixed:
        return "registered file"
    return "" if row.fd < 0 else clean(ret.names.get(row.fd, "?"))


def _result(row: Request, palette: Palette) -> tuple[str, Style]:
    if row.result is None:
        return ("handed over" if row.new else "in flight"), palette.faint
    if row.result < 0:
        return errno.errorcode.get(-row.result, str(row.result)), palette.failed
    text = poll_events(row.result) if row.operation in _POLLS else count(row.result)
    return text, palette.copy_out
