"""The summary per syscall."""

from __future__ import annotations

import pytest

from tests.tui.fakes import syscalls
from tui.drawing.palette import DARK
from tui.drawing.summary import sort_rows, summary_row, summary_titles
from tui.drawing.summary_columns import SUMMARY_COLUMNS, summary_layout

ROWS = syscalls(20_011)


@pytest.mark.parametrize("width", [60, 79, 100, 159, 299])
def test_titles_and_lines_fill_the_width(width: int) -> None:
    """Whatever columns there is room for."""
    layout = summary_layout(width)
    assert len(summary_titles(layout, width, "kernel_ns", False, DARK).plain) == width
    for row in ROWS:
        line = summary_row(row, layout, width, ROWS[0].times.own_ns, DARK)
        assert sum(segment.cell_length for segment in line) == width


def test_the_narrowest_terminal_keeps_what_matters() -> None:
    """80 columns: calls, wasted, and the times; percentiles give way first."""
    shown = [column.what for column in summary_layout(79)]
    assert {"name", "calls", "wasted", "user_ns", "kernel_ns", "blocked_ns", "bytes_out"} <= set(shown)
    assert "wall_p50_ns" not in shown


def test_a_wide_terminal_shows_every_column() -> None:
    """And the bar of the four times."""
    assert summary_layout(159) == SUMMARY_COLUMNS


@pytest.mark.parametrize("column", SUMMARY_COLUMNS, ids=lambda column: column.what)
def test_every_column_sorts(column: object) -> None:
    """Both ways, and one is the other turned round as long as no two are equal."""
    what = column.what  # type: ignore[attr-defined]
    key = column.key  # type: ignore[attr-defined]
    up = [key(row) for row in sort_rows(ROWS, what, ascending=True)]
    down = [key(row) for row in sort_rows(ROWS, what, ascending=False)]
    assert up == sorted(up)
    assert down == sorted(down, reverse=True)


def test_equal_rows_keep_the_order_of_their_names() -> None:
    """So that lines do not change places while nothing changes."""
    names = [row.name for row in sort_rows(ROWS, "wasted", ascending=False)]
    assert names == ["read", "execve", "fcntl", "openat", "pipe2"]


def test_the_sorted_column_carries_the_arrow() -> None:
    """Down for largest first, in 80 columns too."""
    titles = summary_titles(summary_layout(79), 79, "blocked_ns", False, DARK).plain
    assert "blocked▾" in titles
    assert "calls▴" in summary_titles(summary_layout(79), 79, "calls", True, DARK).plain
