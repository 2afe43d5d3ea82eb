"""One line of the list of calls. Its mark and its result tell a wasted or failed call, not colour alone."""

from __future__ import annotations

from collections.abc import Iterable

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

MEANINGS = {
    RowKind.WASTED: "wasted call: it would have blocked, or found nothing ready",
    RowKind.FAILED: "failed call: its result is an error",
    RowKind.INTERRUPTED: "call interrupted by a signal",
    RowKind.RUNNING: "call its thread is inside now",
    RowKind.UNFINISHED: "call that never returned",
    RowKind.EVENT: "signal, new thread, exec, exit, or a mark of the program",
}


def call_row(row: RowText, layout: tuple[Column, ...], palette: Palette) -> list[Segment]:
    """The segments of one line, as wide as `layout`."""
    return list(_event(row, layout, palette) if row.kind is RowKind.EVENT else _call(row, layout, palette))


def _call(row: RowText, layout: tuple[Column, ...], palette: Palette) -> Iterable[Segment]:
    for number, column in enumerate(layout):
        if number:
            yield Segment(" ")
        text, style = _cell(row, column, palette)
        yield Segment(fit(text, column.width, right=column.right), style)


def _event(row: RowText, layout: tuple[Column, ...], palette: Palette) -> Iterable[Segment]:
    """An event's sentence runs over all columns from the call on."""
    room = 0
    for column in layout:
        if column.what in {"mark", "time", "thread"}:
            text, style = _cell(row, column, palette)
            yield Segment(fit(text, column.width, right=column.right) + " ", style)
        else:
            room += column.width + 1
    yield Segment(fit(clean(row.call), room - 1), palette.event)


def _cell(row: RowText, column: Column, palette: Palette) -> tuple[str, Style]:
    match column.what:
        case "mark":
            return MARKS[row.kind], _result_style(row, palette)
        case "time":
            return moment(row.since_start_ns)[: column.width].rstrip("."), palette.faint
        case "thread":
            return str(row.tid), palette.faint
        case "call":
            return clean(row.call), palette.faint if row.kind is RowKind.WASTED else palette.text
        case "result":
            return _result(row), _result_style(row, palette)
        case "copies":
            return _copies(row, column.width), palette.copy_out
    return duration_column(int(getattr(row.times, f"{column.what}_ns"))), getattr(palette, column.what)


def _result(row: RowText) -> str:
    if row.kind is RowKind.RUNNING:
        return f"{duration(row.inside_ns)}…"
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
    into = f"↓{short_size(row.bytes_in)}" if row.bytes_in else ""
    out = f"↑{short_size(row.bytes_out)}" if row.bytes_out else ""
    if row.copies_unknown:
        out = f"{out}?"
    return f"{into:>7} {out:>7}" if width >= 15 else f"{into} {out}".strip()
