"""Numbers as people read them."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.drawing.units import (
    duration,
    duration_column,
    moment,
    percent,
    seconds,
    several,
    short_count,
    short_size,
    size,
)


@pytest.mark.parametrize(
    ("ns", "text"),
    [
        (0, "0 ns"),
        (7, "7 ns"),
        (999, "999 ns"),
        (1_000, "1.00 µs"),
        (1_234, "1.23 µs"),
        (9_994, "9.99 µs"),
        (9_996, "10.0 µs"),
        (99_960, "100 µs"),
        (999_499, "999 µs"),
        (999_501, "1.00 ms"),
        (12_345_678, "12.3 ms"),
        (1_230_000_000, "1.23 s"),
        (9_999_000_000_000, "9999 s"),
        (10_000_000_000_000, "2.78 h"),
        (-1_500, "-1.50 µs"),
    ],
)
def test_duration_has_three_digits_and_the_fitting_unit(ns: int, text: str) -> None:
    """Also where rounding carries into the next unit."""
    assert duration(ns) == text


@given(st.integers(min_value=0, max_value=10**18))
def test_duration_column_is_always_seven_cells(ns: int) -> None:
    """Else columns would not line up."""
    assert len(duration_column(ns)) == 7


@given(st.integers(min_value=1, max_value=9_999_000_000_000))
def test_duration_is_within_half_a_percent(ns: int) -> None:
    """Three significant digits lose at most half of the third."""
    number, unit = duration(ns).split(" ")
    factor = {"ns": 1, "µs": 1_000, "ms": 1_000_000, "s": 1_000_000_000}[unit]
    assert abs(float(number) * factor - ns) <= 0.005 * ns + 1e-6


def test_columns_put_units_below_each_other() -> None:
    """The unit takes two cells, whether it has one letter or two."""
    assert [duration_column(ns) for ns in (1_230, 123, 1_230_000_000, 0)] == [
        "1.23 µs",
        " 123 ns",
        "1.23  s",
        "       ",
    ]


@pytest.mark.parametrize(
    ("part", "whole", "text"),
    [
        (0, 0, "–"),
        (0, 7, "0 %"),
        (7, 7, "100 %"),
        (1, 1_000, "<1 %"),
        (62, 100, "62 %"),
        (411_983, 412_003, "99.99 %"),
        (999_999, 1_000_000, "99.99 %"),
        (995, 1_000, "99.50 %"),
    ],
)
def test_percent_is_honest_at_both_ends(part: int, whole: int, text: str) -> None:
    """Almost all is not all, and almost nothing is not nothing."""
    assert percent(part, whole) == text


@given(st.integers(0, 10**12), st.integers(1, 10**12))
def test_percent_says_0_and_100_only_for_none_and_all(part: int, whole: int) -> None:
    """For any numbers."""
    part = min(part, whole)
    assert (percent(part, whole) == "0 %") is (part == 0)
    assert (percent(part, whole) == "100 %") is (part == whole)


@pytest.mark.parametrize(
    ("count", "long", "short"),
    [(0, "0 B", "0"), (64, "64 B", "64"), (1_000, "0.98 KiB", "0.98K"), (1_280, "1.25 KiB", "1.25K")],
)
def test_sizes_are_in_binary_units(count: int, long: str, short: str) -> None:
    """Long and short form agree."""
    assert (size(count), short_size(count)) == (long, short)


@given(st.integers(min_value=0, max_value=2**63))
def test_short_forms_stay_short(number: int) -> None:
    """Whatever a program copies or calls, the columns hold."""
    assert len(short_size(number)) <= 5
    assert len(short_count(number)) <= 6
    assert re.fullmatch(r"[\d,.]+[kMGTP]?", short_count(number))


def test_totals_are_in_seconds_and_moments_in_microseconds() -> None:
    """Two decimals for totals, six for moments."""
    assert seconds(3_350_000_000) == "3.35 s"
    assert seconds(1_204_000_000_000) == "1,204 s"
    assert moment(12_345_678_901) == "12.345679"


def test_one_is_singular() -> None:
    """Everything else is not."""
    assert [several(number, "thread") for number in (0, 1, 1_009)] == [
        "0 threads",
        "1 thread",
        "1,009 threads",
    ]
