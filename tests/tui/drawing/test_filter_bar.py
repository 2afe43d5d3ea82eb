"""What stands beside and below a filter, and the line that measures."""

from __future__ import annotations

import pytest

from tracer.analyze.filter.completion import Choice
from tracer.analyze.filter.errors import FilterError
from tracer.analyze.filter.listing import IN_TIME, Listed, Order
from tracer.analyze.filter.matches import AllLines
from tracer.analyze.filter.tree import Field
from tracer.analyze.lines.stretch import Stretch
from tracer.analyze.results import Times
from tui.drawing.call_columns import CHOICES, column_titles, columns
from tui.drawing.call_row import Place, call_row
from tui.drawing.filter_bar import choices_text, error_text, status_text
from tui.drawing.measure import measure_text
from tui.drawing.palette import DARK, PLAIN
from tui.drawing.text import fit
from tui.snapshot import RowKind, RowText

CALL = RowText(
    0,
    RowKind.CALL,
    1_500_000,
    7,
    8,
    "read",
    ("3",),
    "64",
    Times(1, 2_000, 3_000, 4_000, 5),
    9,
    64,
    fd="3.2",
    phase="m",
)


def test_the_status_says_how_many_match_and_how_far_the_search_is() -> None:
    """And by what they are sorted."""
    half = Listed(AllLines(412_003), 412_003, 600_000, False)
    text = status_text(half, 1_200_000, IN_TIME, PLAIN, filtered=True).plain
    assert text.strip() == "412,003 of 1,200,000 match · 50 % searched"
    top = Listed(AllLines(100), 412_003, 1_200_000, True)
    text = status_text(top, 1_200_000, Order(Field.WALL), PLAIN, filtered=True).plain
    assert text.strip() == "412,003 of 1,200,000 match · first 100 by wall, largest first"
    text = status_text(half, 1_200_000, Order(reverse=True), PLAIN, filtered=False).plain
    assert text.strip() == "latest first"


@pytest.mark.parametrize(("start", "width"), [(0, 60), (5, 60), (55, 60), (5, 20)])
def test_an_error_stands_below_its_place_as_far_as_there_is_room(start: int, width: int) -> None:
    """In one line."""
    text = error_text(FilterError("no call is called rea", start, start + 3), width, PLAIN).plain
    assert len(text) == width
    expected = min(start, max(0, width - len("^ no call is called rea")))
    assert text.index("^") == expected


@pytest.mark.parametrize("selected", range(7))
@pytest.mark.parametrize("width", [30, 60, 120])
def test_the_selected_choice_is_always_in_view(selected: int, width: int) -> None:
    """Reversed, with its note."""
    choices = tuple(Choice(f"choice{n}", f"note {n}", True) for n in range(7))
    text = choices_text(choices, selected, width, DARK)
    assert text.cell_len <= width
    reversed_ = [text.plain[span.start : span.end] for span in text.spans if "reverse" in str(span.style)]
    assert reversed_ == [f" choice{selected} "]
    assert f"note {selected}" in text.plain


def test_the_measure_names_time_calls_states_and_bytes() -> None:
    """States by pattern and word, and none that is nothing."""
    stretch = Stretch(3_210_000, 412, 3, 2, 1_000, 2_000, 0, 0, 12_288, 64)
    text = measure_text(stretch, PLAIN).plain
    assert "3.21 ms from the mark · 412 calls (3 failed, 2 wasted)" in text
    assert "█ user 1.00 µs · ▓ kernel 2.00 µs" in text
    assert "blocked" not in text
    assert text.endswith("↓12.0K ↑64")


@pytest.mark.parametrize("width", [60, 79, 159, 299])
@pytest.mark.parametrize("what", [what for what, _ in CHOICES if what != "call"])
def test_every_column_can_be_chosen(what: str, width: int) -> None:
    """The line stays as wide as the list, titles as well."""
    layout = columns(width, 1, (what,))
    assert [column.what for column in layout] == sorted(["mark", "call", what], key=_place)
    assert len("".join(segment.text for segment in call_row(CALL, layout, DARK, Place(12, True)))) == width
    assert len(column_titles(layout, width, DARK).plain) == width


def _place(what: str) -> int:
    return -1 if what == "mark" else [each for each, _ in CHOICES].index(what)


def test_all_columns_at_once_leave_room_for_the_call() -> None:
    """In a small terminal the last ones give way."""
    everything = tuple(what for what, _ in CHOICES)
    assert [column.what for column in columns(299, 3, everything)] == ["mark", *everything]
    narrow = columns(60, 3, everything)
    assert sum(column.width + 1 for column in narrow) - 1 == 60
    assert next(column.width for column in narrow if column.what == "call") >= 8


def test_columns_that_are_not_the_calls_own_are_drawn() -> None:
    """Time since the line above, descriptor, phase, the mark."""
    layout = columns(120, 1, ("delta", "fd", "phase", "wall", "in", "out"))
    text = "".join(segment.text for segment in call_row(CALL, layout, PLAIN, Place(12_000, True)))
    assert text.split() == ["■", "12.0", "µs", "3.2", "m", "read(3)", "9.00", "µs", "↓9", "↑64"]
    text = "".join(segment.text for segment in call_row(CALL, layout, PLAIN, Place(-12_000)))
    assert "-12.0 µs" in text


def test_what_one_asks_for_is_shown() -> None:
    """Sorted by wall time, or filtered by >1ms, in 80 columns: else the list shows no reason for its lines."""
    usual = [column.what for column in columns(79, 1)]
    assert "wall" not in usual
    assert "runnable" not in usual
    asked = [column.what for column in columns(79, 1, asked=(Field.WALL, Field.BYTES, None))]
    assert asked == [*usual[:-1], "wall", "copies"]
    assert [column.what for column in columns(79, 1, ("time", "call"), (Field.WALL,))] == ["mark", "time", "call"]


@pytest.mark.parametrize(
    ("order", "title"),
    [(Order(Field.KERNEL), "kernel▼"), (Order(Field.KERNEL, True), "kernel▲"), (Order(reverse=True), "time s▼"),
     (Order(Field.WALL), "")],
)  # fmt: skip
def test_an_arrow_shows_the_order(order: Order, title: str) -> None:
    """At its column, when that is shown; in the order of time there is none."""
    layout = columns(120, 1)
    titles = column_titles(layout, 120, PLAIN, order).plain
    assert title in titles
    assert ("▼" in titles or "▲" in titles) == bool(title)
    assert not {"▼", "▲"} & set(column_titles(layout, 120, PLAIN).plain)
    assert len(titles) == len(fit(titles, 120))
