"""The report's lines of descriptors: in order, like any sequence, and as they were when the report was made."""

from __future__ import annotations

from dataclasses import astuple

import numpy as np

from tracer.analyze.cube import NOWHERE, Cube
from tracer.analyze.descriptions import Description, Seen
from tracer.analyze.descriptors.rows import descriptor_rows

PID = 4241


def seen(*fds: int) -> Seen:
    every = Seen()
    for fd in fds:
        every.add(PID << 32 | fd, Description(f"/{len(every)}", "open"))
    return every


def sums(*cells: tuple[int, int, int]) -> Cube:
    """(set of phases, code, calls) as the tally keeps them."""
    cube = Cube(9)
    keys = np.array([NOWHERE, *(phases << 32 | code for phases, code, _ in cells)])
    cube.add(keys, [np.array([99, *(calls for *_, calls in cells)])])
    return cube


def test_the_busiest_comes_first_then_by_number_and_generation() -> None:
    rows = descriptor_rows(seen(5, 3, 5, 4), sums((0, 0, 7), (0, 1, 7), (0, 2, 7), (0, 3, 23)), None)
    assert [(row.fd, row.generation, row.what, row.calls) for row in rows] == [
        (4, 0, "/3", 23), (3, 0, "/1", 7), (5, 0, "/0", 7), (5, 1, "/2", 7),
    ]  # fmt: skip


def test_phases_are_added_up_or_left_out() -> None:
    every, cube = seen(3, 4), sums((0, 0, 2), (1, 0, 3), (1, 1, 5), (2, 1, 11))
    assert [(row.fd, row.calls) for row in descriptor_rows(every, cube, None)] == [(4, 16), (3, 5)]
    assert [(row.fd, row.calls) for row in descriptor_rows(every, cube, frozenset({1}))] == [(4, 5), (3, 3)]
    assert len(descriptor_rows(every, cube, frozenset())) == 0


def test_it_is_a_sequence() -> None:
    rows = descriptor_rows(seen(3, 4, 5), sums((0, 0, 7), (0, 1, 5), (0, 2, 3)), None)
    assert (rows[0].fd, rows[-1].fd) == (3, 5)
    assert rows[1:] == (rows[1], rows[2])
    assert rows == tuple(rows)


def test_what_comes_later_does_not_change_the_numbers() -> None:
    every, cube = seen(3), sums((0, 0, 7))
    rows = descriptor_rows(every, cube, None)
    cube.add(np.array([0]), [np.array([100])])
    every.add(PID << 32 | 3, Description("/late", "open"))
    assert [(row.calls, row.generation) for row in rows] == [(7, 0)]


def test_its_values_are_those_of_its_rows() -> None:
    every = seen(*range(3, 5000))
    every.descriptions[7].nonblocking = True
    rows = descriptor_rows(every, sums(*((0, code, 1 + code % 11) for code in range(4997))), None)
    assert list(rows.values()) == [
        (
            row.pid, row.fd, row.generation, row.what, row.opened_by, row.nonblocking, row.calls, row.wasted,
            *astuple(row.copies),
        )
        for row in rows
    ]  # fmt: skip
