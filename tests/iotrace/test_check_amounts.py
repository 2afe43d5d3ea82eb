"""Amounts of budgets: what people write, in the unit of the figure."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iotrace.checking.amounts import BadAmount, Unit, amount, limit_of, shown


@pytest.mark.parametrize(
    ("word", "unit", "value"),
    [
        ("5ms", Unit.TIME, 5_000_000), ("1.5s", Unit.TIME, 1_500_000_000), ("200us", Unit.TIME, 200_000),
        ("3 µs", Unit.TIME, 3_000), ("23", Unit.TIME, 23), ("2min", Unit.TIME, 120_000_000_000),
        ("4k", Unit.BYTES, 4096), ("1M", Unit.BYTES, 1 << 20), ("2KiB", Unit.BYTES, 2048), ("7b", Unit.BYTES, 7),
        ("5%", Unit.PERCENT, 5), ("2.5", Unit.PERCENT, 2.5),
        ("10k", Unit.COUNT, 10_000), ("1,234", Unit.COUNT, 1234), ("0", Unit.COUNT, 0), (".5", Unit.COUNT, 0.5),
    ],
)  # fmt: skip
def test_an_amount_is_read_in_the_unit_of_its_figure(word: str, unit: Unit, value: float) -> None:
    assert amount(word, unit) == value


@pytest.mark.parametrize(
    ("word", "unit"),
    [
        ("5ms", Unit.COUNT), ("5k", Unit.TIME), ("-1", Unit.COUNT), ("", Unit.TIME), ("ms", Unit.TIME),
        ("5 5", Unit.COUNT), ("1e3", Unit.COUNT), ("nan", Unit.COUNT), ("5%", Unit.BYTES), ("1,23", Unit.COUNT),
        ("5MS", Unit.TIME),
    ],
)  # fmt: skip
def test_what_is_no_amount_of_that_unit_is_refused_with_examples(word: str, unit: Unit) -> None:
    with pytest.raises(BadAmount, match="is not a"):
        amount(word, unit)


@pytest.mark.parametrize("given_limit", [True, -1, float("nan"), float("inf"), None, [3]])
def test_a_limit_in_python_is_a_number_that_can_be_reached(given_limit: object) -> None:
    with pytest.raises(BadAmount):
        limit_of(given_limit, Unit.COUNT)  # type: ignore[arg-type]


def test_amounts_are_shown_exactly_beside_the_rounded_ones() -> None:
    assert shown(5_000_001, Unit.TIME) == "5.00 ms (5,000,001 ns)"
    assert (shown(17, Unit.TIME), shown(64, Unit.BYTES), shown(4096, Unit.BYTES)) == (
        "17 ns", "64 B", "4.00 KiB (4,096 B)",
    )  # fmt: skip
    assert (shown(0.25, Unit.COUNT), shown(412_003, Unit.COUNT), shown(2.5, Unit.PERCENT)) == (
        "0.25", "412,003", "2.5 %",
    )  # fmt: skip


@settings(deadline=None)
@given(st.text(max_size=12), st.sampled_from(list(Unit)))
def test_any_word_is_an_amount_or_is_refused(word: str, unit: Unit) -> None:
    try:
        assert amount(word, unit) >= 0
    except BadAmount:
        return
