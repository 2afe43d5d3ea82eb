"""The summary per syscall."""

from __future__ import annotations

import pytest

from tests.tui.fakes import FakeSource, sums
from tracer.analyze.groups import View, group_rows
from tracer.analyze.lines.sums import LineSums
from tracer.analyze.spread import Spread
from tui.drawing.log2_histogram import histograms
from tui.drawing.palette import DARK
from tui.drawing.summary import sort_rows, summary_row, summary_titles, view_at, view_line
from tui.drawing.summary_columns import SUMMARY_COLUMNS, summary_layout
from tui.drawing.summary_details import summary_details

NOW = FakeSource(20_011).snapshot()
SUMS = sums(NOW)
ROWS = group_rows(View.CALL, NOW.report, SUMS)


@pytest.mark.parametrize("width", [60, 79, 100, 159, 299])
def test_titles_and_lines_fill_the_width(width: int) -> None:
    """Whatever columns there is room for."""
    layout = summary_layout(width)
    assert len(summary_titles(View.CALL, layout, width, "kernel_ns", False, DARK).plain) == width
    for row in ROWS:
        line = summary_row(row, layout, width, ROWS[0].times.own_ns, DARK)
        assert sum(segment.cell_length for segment in line) == width


def test_the_narrowest_terminal_keeps_what_matters() -> None:
    """80 columns: calls, wasted, and the times; percentiles give way first."""
    shown = [column.what for column in summary_layout(79)]
    assert {"name", "calls", "wasted", "user_ns", "kernel_ns", "blocked_ns", "bytes_out"} <= set(shown)
    assert "wall_p50" not in shown


def test_a_wide_terminal_shows_every_column() -> None:
    """And the bar of the four times."""
    assert summary_layout(199) == SUMMARY_COLUMNS


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
    titles = summary_titles(View.CALL, summary_layout(79), 79, "blocked_ns", False, DARK).plain
    assert "blocked▾" in titles
    assert "calls▴" in summary_titles(View.CALL, summary_layout(79), 79, "calls", True, DARK).plain


@pytest.mark.parametrize("view", View)
def test_every_view_has_rows_with_a_filter_for_their_calls(view: View) -> None:
    """Names stand for themselves; the others say what they are."""
    found = {row.name: row.filter for row in group_rows(view, NOW.report, SUMS)}
    assert (
        found
        == {
            View.CALL: {name: name for name in ("read", "execve", "openat", "pipe2", "fcntl")},
            View.THREAD: {"4242 nonblocking (process)": "tid:4242"},
            View.PHASE: {},
            View.ERROR: {"EAGAIN": "err:EAGAIN", "ENOENT": "err:ENOENT"},
        }[view]
    )


def test_what_is_not_worked_out_yet_is_blank() -> None:
    """Not 0: the largest time of a call is not nothing."""
    layout = summary_layout(199)
    row = group_rows(View.THREAD, NOW.report, LineSums())[0]
    cells = [segment.text for segment in summary_row(row, layout, 199, 1, DARK)]
    assert (row.failed, row.kernel.count) == (None, 0)
    assert "0 ns" not in "".join(cells)
    assert "being worked out" in summary_details(row, View.THREAD, 80, 9, DARK)[-1].plain


@pytest.mark.parametrize(("width", "height"), [(79, 7), (46, 5), (120, 20), (200, 3)])
def test_details_keep_to_their_room(width: int, height: int) -> None:
    """In every view."""
    for view in View:
        for row in group_rows(view, NOW.report, SUMS):
            lines = summary_details(row, view, width, height, DARK)
            assert len(lines) <= height
            assert all(line.cell_len <= width for line in lines)


def test_details_say_errors_copies_and_percentiles() -> None:
    """In words and numbers."""
    text = "\n".join(line.plain for line in summary_details(ROWS[0], View.CALL, 120, 20, DARK))
    assert text.startswith("read  20,011 calls · failed 19,813 · wasted 19,813 (99 %)")
    assert "errors   EAGAIN 19,813" in text
    assert "copies   ↓ in none  ↑ out 198 copies: 12.4 KiB payload, 0 B control" in text
    assert "kernel   p50 18.6 µs  p90 19.2 µs  p99 23.1 µs  max 53.0 µs" in text
    assert "16.4 µs – 32.8 µs" in text


def test_a_histogram_counts_every_call_whatever_its_height() -> None:
    """Neighbouring powers of two are put together where there are few lines; nothing is left out."""
    spread = Spread(97, 1, 1, 1, 1, (1, 0, 5, 7, 11, 13, 0, 60))
    for height in range(2, 12):
        lines = histograms((("one", spread, DARK.kernel), ("other", spread, DARK.text)), 80, height, DARK)
        assert 2 <= len(lines) <= height
        numbers = [int(word) for line in lines[1:] for word in line.plain[18:].split() if word.isdigit()]
        assert sum(numbers) == 2 * 97
    assert histograms((("none", Spread(), DARK.text),), 80, 9, DARK) == []


def test_the_views_are_found_where_they_are_drawn() -> None:
    """By the column that was clicked."""
    line = view_line(View.PHASE, 100, "note", DARK).plain
    assert line.rstrip().endswith("note")
    for view, words in ((View.CALL, "by call"), (View.THREAD, "by thread"), (View.ERROR, "by error")):
        assert view_at(line.index(words)) is view
    assert view_at(99) is None
