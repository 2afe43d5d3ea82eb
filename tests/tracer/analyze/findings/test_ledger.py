"""The ledger adds what came in parts, and keeps rows that show it."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tracer.analyze.findings.ledger import EXAMPLES, Entry, Ledger

LINES = st.lists(
    st.tuples(*(st.integers(0, 2) for _ in range(4)), *(st.integers(0, 9) for _ in range(4))), max_size=60
)


def filled(lines: list[tuple[int, ...]], cut: int) -> Ledger:
    ledger = Ledger()
    for start, part in ((0, lines[:cut]), (cut, lines[cut:])):
        table = np.array(part, np.int64).reshape(-1, 8).T
        rows = np.arange(len(part)) + start
        ledger.add((table[0], table[1], table[2], table[3]), table[4], table[5], table[6], table[7], rows)
    return ledger


def sums(entry: Entry) -> tuple[int, ...]:
    return entry.count, entry.cpu, entry.blocked, entry.amount, entry.most


@given(LINES, st.integers(0, 60))
def test_sums_do_not_depend_on_the_parts(lines: list[tuple[int, ...]], cut: int) -> None:
    expected: dict[tuple[int, ...], list[int]] = {}
    for line in lines:
        have = expected.setdefault(line[:4], [0, 0, 0, 0, -1])
        have[:] = [have[0] + 1, *(have[at] + line[3 + at] for at in (1, 2, 3)), max(have[4], line[7])]
    entries = list(filled(lines, cut).entries(None))
    assert {(e.sets, e.thread, e.code, e.number): list(sums(e)) for e in entries} == expected


@given(LINES, st.integers(0, 60))
def test_examples_are_rows_of_the_key_and_the_worst_is_first(lines: list[tuple[int, ...]], cut: int) -> None:
    for entry in filled(lines, cut).entries(None):
        key = (entry.sets, entry.thread, entry.code, entry.number)
        assert 0 < len(entry.rows) <= min(EXAMPLES, entry.count)
        assert len(set(entry.rows)) == len(entry.rows)
        assert all(lines[row][:4] == key for row in entry.rows)
        assert lines[entry.rows[0]][7] == entry.most


def test_a_phase_has_its_own_entries() -> None:
    ledger = filled([(0, 1, 1, 1, 5, 0, 0, 0), (1, 1, 1, 1, 7, 0, 0, 0)], 1)
    assert [entry.cpu for entry in ledger.entries(frozenset({1}))] == [7]
    assert sum(entry.cpu for entry in ledger.entries(None)) == 12
