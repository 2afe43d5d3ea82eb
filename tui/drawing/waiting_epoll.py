"""epoll's interest list, with what of it was ready; before it, what was handed out that no entry explains."""

from __future__ import annotations

from typing import Final

from rich.segment import Segment
from rich.style import Style
from rich.text import Text

from tracer.analyze.waiting_sets.waiting_sets import Interest, Interests, Told, WaitReturn
from tui.drawing.grid import Column, fitting, grid_line, grid_titles
from tui.drawing.palette import Palette
from tui.drawing.text import clean
from tui.drawing.units import moment, short_count
from tui.drawing.waiting_words import brought_of, brought_style, brought_text, epoll_events, epoll_mode

_COLUMNS: Final = (
    Column("ready", "", 1),
    Column("fd", "fd", 5, right=True),
    Column("what", "what", 12, 1, grows=True),
    Column("events", "events", 8),
    Column("mode", "mode", 10),
    Column("data", "data", 9, 6),
    Column("added", "added at s", 10, 5, right=True),
    Column("last", "last ready", 10, 4, right=True),
    Column("times", "times", 6, 3, right=True),
    Column("then", "then", 18),
)
EpollRow = Interest | Told | str


def epoll_titles(width: int, palette: Palette) -> Text:
    """The line above the list."""
    return grid_titles(fitting(_COLUMNS, width), width, palette)


def epoll_rows(interests: Interests) -> list[EpollRow]:
    """The entries; then events of unseen registrations, and a sentence where the list is not all of it."""
    known = {each.fd for each in interests.entries}
    rows: list[EpollRow] = list(interests.entries)
    rows += [each for each in interests.told if each.fd is None or each.fd not in known]
    if interests.inherited:
        rows.append("This epoll is older than the trace: what was registered before is not listed.")
    return rows


def epoll_line(row: EpollRow, ret: WaitReturn, start_ns: int, width: int, palette: Palette) -> list[Segment]:
    """One of `epoll_rows`."""
    columns = fitting(_COLUMNS, width)
    if isinstance(row, str):
        return [Segment(row, palette.faint)]
    if isinstance(row, Told):
        return grid_line(columns, width, _unexplained(row, ret, palette))
    ready = bool(row.now)
    brought = brought_of(ret).get(row.fd) if ready else None
    style = palette.text if ready else palette.faint
    mark, meaning = _mark(row)
    what = clean(ret.names.get(row.fd, "?"))
    mode = "not seen" if row.events is None else epoll_mode(row.events)
    cells: dict[str, tuple[str, Style]] = {
        "ready": (mark, palette.wasted if meaning and not ready else palette.accent),
        "fd": (str(row.fd), palette.strong if ready else style),
        "what": (f"{meaning}: {what}" if meaning else what, palette.wasted if row.stale else style),
        "events": ("?" if row.events is None else epoll_events(row.now or row.events), style),
        "mode": (mode, style),
        "data": (
            "= fd" if row.data == row.fd else f"{row.data:#x}" if row.events is not None else "?",
            palette.faint,
        ),
        "added": ("before" if row.added_ns is None else moment(row.added_ns - start_ns), palette.faint),
        "last": ("never" if row.last_ns is None else moment(row.last_ns - start_ns), style),
        "times": (short_count(row.ready), style),
        "then": (brought_text(brought, ret), brought_style(brought, palette)),
    }
    return grid_line(columns, width, cells)


def _mark(row: Interest) -> tuple[str, str]:
    if row.stale:
        return "!", "STALE (closed here, a copy is open)"
    if row.disarmed and not row.now:
        return "×", "disarmed"
    return ("●" if row.now else "○"), ""


def _unexplained(told: Told, ret: WaitReturn, palette: Palette) -> dict[str, tuple[str, Style]]:
    """An event whose registration was not seen."""
    brought = brought_of(ret).get(told.fd) if told.fd is not None else None
    return {
        "ready": ("●", palette.accent),
        "fd": ("?" if told.fd is None else str(told.fd), palette.strong),
        "what": ("registered before the trace began", palette.faint),
        "events": (epoll_events(told.events), palette.text),
        "mode": ("not seen", palette.faint),
        "data": (f"{told.data:#x}", palette.faint),
        "then": (brought_text(brought, ret), brought_style(brought, palette)),
    }
