"""A summary as lines, sorted by any column."""

from __future__ import annotations

from collections.abc import Iterable

from rich.segment import Segment
from rich.style import Style
from rich.text import Text

from tracer.analyze.groups import GroupRow, View
from tui.drawing.palette import Palette
from tui.drawing.phases import phases
from tui.drawing.summary_columns import BAR, NAME, SUMMARY_COLUMNS, SummaryColumn, title_of
from tui.drawing.text import fit

DEFAULT_SORT = "kernel_ns"
_REVERSE = Style(reverse=True)
_VIEWS = {View.CALL: "by call", View.THREAD: "by thread", View.PHASE: "by phase", View.ERROR: "by error"}


def view_line(view: View, width: int, note: str, palette: Palette) -> Text:
    """The views in one line, the open one reversed; `note` at its end."""
    line = Text(no_wrap=True, end="")
    for each, words in _VIEWS.items():
        line.append(f" {words} ", palette.strong + _REVERSE if each is view else palette.text)
        line.append(" ")
    line.append(fit(note, max(0, width - line.cell_len - 1), right=True), palette.faint)
    return line


def view_at(x: int) -> View | None:
    """The view whose words are at column `x` of the line."""
    left = 0
    for view, words in _VIEWS.items():
        if left <= x < left + len(words) + 2:
            return view
        left += len(words) + 3
    return None


def sort_rows(rows: Iterable[GroupRow], what: str, *, ascending: bool) -> list[GroupRow]:
    """`rows` by the column `what`; equal ones by name, so that lines do not jump about while live."""
    column = next(column for column in SUMMARY_COLUMNS if column.what == what)
    by_name = sorted(rows, key=NAME.key)
    return sorted(by_name, key=column.key, reverse=not ascending)


def summary_titles(
    view: View, layout: tuple[SummaryColumn, ...], width: int, sort: str, ascending: bool, palette: Palette
) -> Text:
    """The line above the table; the column it is sorted by carries an arrow."""
    line = Text(no_wrap=True, end="")
    for number, column in enumerate(layout):
        arrow = ("▴" if ascending else "▾") if column.what == sort else ""
        room = cells(column, layout, width)
        line.append(" " if number else "")
        title = fit(title_of(column, view), room - len(arrow)).rstrip() + arrow
        line.append(fit(title, room, right=not column.left), palette.strong if arrow else palette.faint)
    return line


def summary_row(
    row: GroupRow, layout: tuple[SummaryColumn, ...], width: int, longest_ns: int, palette: Palette
) -> list[Segment]:
    """One line. `longest_ns` is the own time of the row that took most, which fills the bar."""
    line: list[Segment] = []
    for number, column in enumerate(layout):
        room = cells(column, layout, width)
        line.append(Segment(" " if number else ""))
        if column is BAR:
            line.extend(_bar(row, room, longest_ns, palette))
        else:
            style = getattr(palette, column.style)
            line.append(Segment(fit(column.text(row), room, right=not column.left), style))
    return line


def cells(column: SummaryColumn, layout: tuple[SummaryColumn, ...], width: int) -> int:
    """The width of `column`: the bar takes the spare cells, or the name where there is no bar."""
    spare = max(0, width - sum(each.width for each in layout) - len(layout) + 1)
    growing = BAR if BAR in layout else NAME
    return column.width + spare if column is growing else column.width


def _bar(row: GroupRow, width: int, longest_ns: int, palette: Palette) -> list[Segment]:
    own = row.times.own_ns
    filled = max(1, round(width * min(own, longest_ns) / longest_ns)) if own and longest_ns else 0
    bar = phases(row.times, filled, palette)
    return [
        Segment(bar.plain[span.start : span.end], span.style if not isinstance(span.style, str) else None)
        for span in bar.spans
    ] + [Segment(" " * (width - sum(span.end - span.start for span in bar.spans)))]
