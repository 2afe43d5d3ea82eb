"""The summary per syscall as lines, sorted by any column."""

from __future__ import annotations

from rich.segment import Segment
from rich.text import Text

from tracer.analyze.results import SyscallRow
from tui.drawing.palette import Palette
from tui.drawing.phases import phases
from tui.drawing.summary_columns import BAR, NAME, SUMMARY_COLUMNS, SummaryColumn
from tui.drawing.text import fit

DEFAULT_SORT = "kernel_ns"


def sort_rows(rows: tuple[SyscallRow, ...], what: str, *, ascending: bool) -> list[SyscallRow]:
    """`rows` by the column `what`; equal ones by name, so that lines do not jump about while live."""
    column = next(column for column in SUMMARY_COLUMNS if column.what == what)
    by_name = sorted(rows, key=NAME.key)
    return sorted(by_name, key=column.key, reverse=not ascending)


def summary_titles(
    layout: tuple[SummaryColumn, ...], width: int, sort: str, ascending: bool, palette: Palette
) -> Text:
    """The line above the table; the column it is sorted by carries an arrow."""
    line = Text(no_wrap=True, end="")
    for number, column in enumerate(layout):
        arrow = ("▴" if ascending else "▾") if column.what == sort else ""
        room = cells(column, layout, width)
        line.append(" " if number else "")
        title = fit(column.title, room - len(arrow)).rstrip() + arrow
        line.append(fit(title, room, right=_right(column)), palette.strong if arrow else palette.faint)
    return line


def summary_row(
    row: SyscallRow, layout: tuple[SummaryColumn, ...], width: int, longest_ns: int, palette: Palette
) -> list[Segment]:
    """One line. `longest_ns` is the own time of the syscall that took most, which fills the bar."""
    line: list[Segment] = []
    for number, column in enumerate(layout):
        room = cells(column, layout, width)
        line.append(Segment(" " if number else ""))
        if column is BAR:
            line.extend(_bar(row, room, longest_ns, palette))
        else:
            style = getattr(palette, column.style)
            line.append(Segment(fit(column.text(row), room, right=_right(column)), style))
    return line


def cells(column: SummaryColumn, layout: tuple[SummaryColumn, ...], width: int) -> int:
    """The width of `column`: the bar takes the spare cells, or the name where there is no bar."""
    spare = max(0, width - sum(each.width for each in layout) - len(layout) + 1)
    growing = BAR if BAR in layout else NAME
    return column.width + spare if column is growing else column.width


def _right(column: SummaryColumn) -> bool:
    return column is not NAME and column is not BAR


def _bar(row: SyscallRow, width: int, longest_ns: int, palette: Palette) -> list[Segment]:
    own = row.times.own_ns
    filled = max(1, round(width * own / longest_ns)) if own and longest_ns else 0
    bar = phases(row.times, filled, palette)
    bar.append(" " * (width - bar.cell_len))
    return [
        Segment(bar.plain[span.start : span.end], span.style if not isinstance(span.style, str) else None)
        for span in bar.spans
    ] + [Segment(" " * (width - sum(span.end - span.start for span in bar.spans)))]
