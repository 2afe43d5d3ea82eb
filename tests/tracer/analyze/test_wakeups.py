"""What a wake-up is followed by is found by sorting; against looking through all rows."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tracer.analyze.wakeups import _next

_KEYS = st.sampled_from([-(2**33), -1, 0, 5, 7 << 32, 7 << 32 | 5])
_PAIRS = st.lists(st.tuples(_KEYS, st.integers(0, 60)), max_size=40, unique=True)
_ASKED = st.lists(st.tuples(_KEYS, st.integers(-1, 60)), min_size=1, max_size=20)


@given(_PAIRS, _ASKED)
def test_the_next_row_with_a_key(pairs: list[tuple[int, int]], asked: list[tuple[int, int]]) -> None:
    never = int(np.iinfo(np.int64).max)
    expected = [min((row for key, row in pairs if key == of and row > after), default=never) for of, after in asked]
    keys, rows = np.array(pairs, np.int64).reshape(-1, 2).T
    key, after = np.array(asked, np.int64).T
    assert _next(keys, rows, key, after).tolist() == expected
