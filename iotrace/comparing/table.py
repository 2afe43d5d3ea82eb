"""The comparison as text: as few tables as the width allows, one line per run in each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rich.cells import cell_len
from rich.style import Style
from rich.table import Table
from rich.text import Text

from iotrace.comparing.columns import ALONE, COLUMNS, NOTHING, alone_text
from tracer.analyze.compare.best import Standing, standings
from tracer.analyze.compare.comparison import Run
from tracer.analyze.compare.growth import Growth
from tui.drawing.palette import Palette
from tui.drawing.text import clean
from tui.drawing.units import count, duration

SIGNS: Final = {Standing.BEST: "▲", Standing.WORST: "▼", Standing.BETWEEN: " "}
_LONGEST_NAME: Final = 26
_GAP: Final = 1
Column = tuple[str, list[Text]]
"""Heading and one cell per run."""


def tables(runs: Sequence[Run], width: int, palette: Palette) -> list[Table]:
    """All columns, in as many tables as it takes to be at most `width` cells wide."""
    return packed([Text(_short(run.name)) for run in runs], _columns(runs, palette), width, palette)


def packed(
    names: list[Text], columns: Sequence[Column], width: int, palette: Palette, corner: str = ""
) -> list[Table]:
    """`columns` in as few tables as the width allows, each with the names in front and `corner` above them."""
    room = width - max(map(cell_len, [corner, *(name.plain for name in names)])) - _GAP
    found: list[list[Column]] = [[]]
    left = room
    for column in columns:
        needed = _wide(column) + _GAP
        if needed > left and found[-1]:
            found.append([])
            left = room
        found[-1].append(column)
        left -= needed
    return [_table(names, part, palette, corner) for part in found]


def _columns(runs: Sequence[Run], palette: Palette) -> list[Column]:
    styles = {Standing.BEST: palette.accent, Standing.WORST: palette.failed, Standing.BETWEEN: palette.text}
    columns: list[Column] = []
    for column in COLUMNS:
        texts = [column.text(run) for run in runs]
        if set(texts) == {NOTHING}:
            continue
        ranks = standings(runs, column.figure)
        signs = any(rank is not Standing.BETWEEN for rank in ranks)
        pairs = zip(texts, ranks, strict=True)
        cells = [Text(f"{text}{SIGNS[rank] if signs else ''}", styles[rank]) for text, rank in pairs]
        columns.append(
            (column.heading, [_failed(cell, run, palette) for cell, run in zip(cells, runs, strict=True)])
        )
    if any(run.alone for run in runs):
        columns += [(heading, [Text(alone_text(run, field)) for run in runs]) for heading, field in ALONE]
    return columns


def _failed(cell: Text, run: Run, palette: Palette) -> Text:
    return cell if run.figures.ok else Text(cell.plain, palette.failed if "FAILED" in cell.plain else Style.null())


def _wide(column: Column) -> int:
    heading, cells = column
    return max(cell_len(heading), *(cell.cell_len for cell in cells))


def _table(names: list[Text], columns: Sequence[Column], palette: Palette, corner: str) -> Table:
    table = _empty(palette)
    table.add_column(corner, no_wrap=True)
    for heading, _ in columns:
        table.add_column(heading, justify="right", no_wrap=True)
    for row, name in enumerate(names):
        table.add_row(name, *(cells[row] for _, cells in columns))
    return table


def growth_table(growths: Sequence[Growth], palette: Palette) -> Table:
    """Control bytes and kernel time per message: a line per model, a column per number of clients."""
    sizes = sorted({point.clients for growth in growths for point in growth.points})
    table = _empty(palette)
    table.add_column("clients", no_wrap=True)
    for clients in sizes:
        table.add_column(count(clients), justify="right", no_wrap=True)
    for what, show in (("control bytes", "control_bytes"), ("kernel time", "kernel_ns")):
        for growth in growths:
            points = {point.clients: getattr(point, show) for point in growth.points}
            cells = [_cost(points.get(clients), show) for clients in sizes]
            table.add_row(f"{growth.model}, {what} per message", *cells)
    return table


def _cost(value: float | None, figure: str) -> str:
    if value is None:
        return NOTHING
    return duration(round(value)) if figure == "kernel_ns" else f"{value:,.1f}"


def troubles(runs: Sequence[Run], palette: Palette) -> list[Text]:
    """A line for every run that is not ok."""
    return [
        Text(f"{_short(run.name)} {'failed' if run.ran else 'cannot run'}: {clean(run.reason)}", palette.failed)
        for run in runs
        if not run.figures.ok
    ]


def _empty(palette: Palette) -> Table:
    return Table(box=None, pad_edge=False, padding=(0, _GAP, 0, 0), header_style=palette.faint, show_edge=False)


def _short(name: str) -> str:
    text = clean(name)
    return text if len(text) <= _LONGEST_NAME else "…" + text[1 - _LONGEST_NAME :]
