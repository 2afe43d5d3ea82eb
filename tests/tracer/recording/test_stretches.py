"""Joining batches into longer ones: the same rows in the same order, and no change of constants inside."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from tests.tracer.rows import ENTRY, TestRow, batch, piece, row
from tracer.recording.stretches import stretches
from tracer.wire import Kind


def calls(number: int, first: int = 0) -> list[TestRow]:
    data = piece(1, ENTRY, 0x1000, b"x" * 13)
    return [row("write", 1, 0x1000, 13, result=13, at_ns=first + n, memory=[data]) for n in range(number)]


@given(st.lists(st.integers(0, 7), max_size=9), st.integers(1, 11))
def test_the_rows_stay_the_same_and_in_order(sizes: list[int], rows: int) -> None:
    batches = [batch(calls(size, 100 * index)) for index, size in enumerate(sizes)]
    joined = list(stretches(batches, rows))
    assert pa.Table.from_batches(joined, batch([]).schema).equals(pa.Table.from_batches(batches, batch([]).schema))
    assert all(each.num_rows <= rows or each.num_rows in sizes for each in joined)


def test_short_batches_are_joined_up_to_the_limit() -> None:
    batches = [batch(calls(5)) for _ in range(7)]
    assert [each.num_rows for each in stretches(batches, 17)] == [15, 15, 5]


def test_a_stretch_ends_with_the_batch_that_has_new_constants() -> None:
    new = batch([*calls(3), row(0, kind=Kind.CALIBRATION), *calls(2)])
    batches = [batch(calls(5)), new, batch(calls(7)), batch(calls(11))]
    assert [each.num_rows for each in stretches(batches)] == [11, 18]
