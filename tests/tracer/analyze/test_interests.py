"""What the data of an event stands for, against going through registrations and events one by one."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tracer.analyze.interests import UNKNOWN, Interests

_WORDS = st.sampled_from([0, 3, 7, 2**63, 2**64 - 1])
_STEPS = st.lists(st.tuples(st.integers(1, 3), _WORDS, st.none() | st.integers(0, 40)), min_size=1, max_size=40)
"""An epoll, 64 bits of data, and the descriptor that is registered; None = an event."""


@given(st.lists(_STEPS, min_size=1, max_size=3))
def test_an_event_is_of_the_descriptor_registered_last(stretches: list[list[tuple[int, int, int | None]]]) -> None:
    interests, known = Interests(), dict[tuple[int, int], int]()
    for steps in stretches:
        expected = []
        for epoll, data, fd in steps:
            if fd is None:
                expected.append(known.get((epoll, data), UNKNOWN))
            else:
                known[epoll, data] = fd
        rows = sorted(range(len(steps)), key=lambda row: steps[row][2] is None)  # registrations come first
        found = interests.resolve(
            np.array([steps[row][0] for row in rows], np.int64),
            np.array([steps[row][1] for row in rows], np.uint64),
            np.array(rows, np.int64),
            np.array([fd for _, _, fd in steps if fd is not None], np.int64),
        )
        assert found.tolist() == expected
