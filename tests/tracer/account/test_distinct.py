"""The different values of a column against the plain way to find them."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tracer.account.distinct import distinct, in_order


@given(st.lists(st.integers(-(2**63), 2**63 - 1) | st.integers(0, 3)))
def test_values_come_once_in_the_order_of_their_first_appearance(values: list[int]) -> None:
    found, where = distinct(np.array(values, np.int64))
    assert found.tolist() == list(dict.fromkeys(values))
    assert found[where].tolist() == values


@given(st.lists(st.integers(-(2**63), 2**63 - 1) | st.integers(0, 3)))
def test_in_rising_order(values: list[int]) -> None:
    found, where = in_order(*distinct(np.array(values, np.int64)))
    assert found.tolist() == sorted(set(values))
    assert found[where].tolist() == values
