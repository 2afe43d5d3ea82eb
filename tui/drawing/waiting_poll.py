"""poll's array: every struct pollfd with what was asked and what came back."""

from __future__ import annotations

from typing import Final

from rich.segment import Segment
from rich.style import Style
from rich.text import Text

from tracer.analyze.waiting_sets.waiting_sets import Array, WaitReturn
from tui.drawing.grid import Column, fitting, grid_line, grid_titles
from tui.drawing.palette import Palette
from tui.drawing.text import clean
from tui.drawing.waiting_words import brought_of, brought_style, brought_text, poll_events

_COLUMNS: Final = (
    Column("index", "index", 5, 2, right=True),
    Column("ready", "", 1),
    Column("fd", "fd", 5, right=True),
    Column("what", "what", 14, 1, grows=True),
    Column("events", "events", 10),
    Column("revents", "revents", 10),
    Column("then", "then", 20),
)


def poll_titles(width: int, palette: Palette) -> Text:
    """The line above the array."""
    return grid_titles(fitting(_COLUMNS, width), width, palette)


def poll_line(place: int, ret: WaitReturn, array: Array, width: int, palette: Palette) -> list[Segment]:
    """The entry number `place`."""
    fd, events, revents = array.entries[place]
    ready = revents > 0
    brought = brought_of(ret).get(fd) if ready else None
    style = palette.text if ready else palette.faint
    cells: dict[str, tuple[str, Style]] = {
        "index": (str(place), palette.faint),
        "ready": ("●" if ready else "", palette.accent),
        "fd": (str(fd), palette.strong if ready else style),
        "what": ("skipped: negative" if fd < 0 else clean(ret.names.get(fd, "?")), style),
        "events": (poll_events(events), style),
        "revents": ("?" if revents < 0 else poll_events(revents) if ready else "", palette.accent),
        "then": (brought_text(brought, ret), brought_style(brought, palette)),
    }
    return grid_line(fitting(_COLUMNS, width), width, cells)
