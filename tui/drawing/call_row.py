"""One line of the list of calls. Its mark and its result tell a wasted or failed call, not colour alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rich.segment import Segment
from rich.style import Style

from tui.drawing.call_columns import Column
from tui.drawing.palette import Palette
from tui.drawing.text import clean, fit
from tui.drawing.units import duration, duration_column, moment, short_size
from tui.snapshot import RowKind, RowText

MARKS = {
    RowKind.CALL: " ",
    RowKind.WASTED: "○",
    RowKind.FAILED: "✗",
    RowKind.INTERRUPTED: "↯",
    RowKind.RUNNING: "▸",
    RowKind.UNFINISHED: "⋯",
    RowKind.EVENT: "◆",
}
"""The mark of each kind of row, one cell."""
MARKED = "■"
"""That of the line one measures from."""

MEANINGS = {
    RowKind.WASTED: "wasted call: it would have blocked, or found nothing ready",
    RowKind.FAILED: "failed call: its result is an error",
    RowKind.INTERRUPTED: "call interrupted by a signal",
    RowKind.RUNNING: "call its thread is inside now",
    RowKind.UNFINISHED: "call that never returned",
    RowKind.EVENT: "signal, new thread, exec, exit, or a mark of the program",
}


@dataclass(frozen=True, slots=True)
class Place:
    """What a line shows that is not the call's own."""

    delta_ns: int | None = None
    """Since the line above it began; None where there is none."""
    marked: bool = False
    """One measures from here."""


NOWHERE = Place()
_BEFORE_CALL = frozenset({"mark", "time", "delta", "thread", "fd", "phase"})


def call_row(row: RowText, layout: tuple[Column, ...], palette: Palette, place: Place = NOWHERE) -> list[Segment]:
    """The segments of one line, as wide as `layout`."""
    draw = _event if row.kind is RowKind.EVENT else _call
    return list(draw(row, layout, palette, place))


def _call(row: RowText, layout: tuple[Column, ...], palette: Palette, place: Place) -> Iterable[Segment]:
    for number, column in enumerate(layout):
        if number:
            yield Segment(" ")
        text, style = _cell(row, column, palette, place)
        yield Segment(fit(text, column.width, right=column.right), style)


def _event(row: RowText, layout: tuple[Column, ...], palette: Palette, place: Place) -> Iterable[Segment]:
    """An event's sentence runs over all columns from the call on."""
    room = 0
    for column in layout:
        if column.what in _BEFORE_CALL:
            text, style = _cell(row, column, palette, place)
            yield Segment(fit(text, column.width, right=column.right) + " ", style)
        else:
            room += column.width + 1
    yield Segment(fit(clean(row.call), room - 1), palette.event)


def _cell(row: RowText, column: Column, palette: Palette, place: Place) -> tuple[str, Style]:
    match column.what:
        case "mark":
            return (MARKED, palette.accent) if place.marked else (MARKS[row.kind], _result_style(row, palette))
        case "time" if row.older:
            return "before", palette.faint
        case "time":
            return moment(row.since_start_ns)[: column.width].rstrip("."), palette.faint
        case "delta":
            return "" if place.delta_ns is None else _delta(place.delta_ns), palette.faint
        case "thread":
            return str(row.tid), palette.faint
        case "fd" | "phase":
            return clean(row.fd if column.what == "fd" else row.phase), palette.faint
        case "call":
            return clean(row.call), palette.faint if row.kind is RowKind.WASTED else palette.text
        case "result":
            return _result(row), _result_style(row, palette)
        case "copies":
            return _copies(row, column.width), palette.copy_out
        case "in" | "out":
            return _copied(row, column.what), palette.copy_in if column.what == "in" else palette.copy_out
        case "wall":
            times = row.times
            return duration_column(times.kernel_ns + times.blocked_ns + times.runnable_ns), palette.text
    return duration_column(int(getattr(row.times, f"{column.what}_ns"))), getattr(palette, column.what)


def _delta(ns: int) -> str:
    return f"-{duration_column(-ns).strip()}" if ns < 0 else duration_column(ns)


def _result(row: RowText) -> str:
    if row.kind is RowKind.RUNNING:
        return row.result or f"{'>' * row.older}{duration(row.inside_ns)}…"
    return clean(row.result)


def _result_style(row: RowText, palette: Palette) -> Style:
    styles = {
        RowKind.WASTED: palette.wasted,
        RowKind.FAILED: palette.failed,
        RowKind.INTERRUPTED: palette.event,
        RowKind.RUNNING: palette.running,
        RowKind.EVENT: palette.event,
    }
    return styles.get(row.kind, palette.text)


def _copies(row: RowText, width: int) -> str:
    into, out = _copied(row, "in"), _copied(row, "out")
    return f"{into:>7} {out:>7}" if width >= 15 else f"{into} {out}".strip()


def _copied(row: RowText, way: str) -> str:
    into = f"↓{short_size(row.bytes_in)}" if row.bytes_in else ""
    out = f"↑{short_size(row.bytes_out)}" if row.bytes_out else ""
    if row.copies_unknown:
        out = f"{out}?"
    return into if way == "in" else out
