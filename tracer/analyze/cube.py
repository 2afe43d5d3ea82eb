"""Sums by key that grow batch by batch: the one accumulator behind every table of the report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tracer.account.distinct import distinct

Ints = NDArray[np.int64]
Column = NDArray[Any]
"""Numbers, or truth values that count as 1."""

NOWHERE: Final = -1
"""The key of rows that are not counted; keys are not negative."""


class Cube:
    """For every int64 key seen, the sums of a fixed number of columns, in int64."""

    def __init__(self, columns: int) -> None:
        self._cells: dict[int, int] = {}
        self._sums: Ints = np.zeros((columns, 16), dtype=np.int64)

    def add(self, keys: Ints, values: Sequence[Column] | Column, first: int = 0) -> None:
        """Add `values`, the columns from number `first` on, to the cells named by `keys`, row by row."""
        if not len(keys):
            return
        found, where = distinct(keys)
        cells = np.array([self._cells.setdefault(key, len(self._cells)) for key in found.tolist()])[where]
        self._grow()
        for sums, column in zip(self._sums[first:], values, strict=False):
            _add(sums, cells, column)

    def copy(self) -> Cube:
        """An independent copy."""
        copied = Cube(len(self._sums))
        copied._cells = dict(self._cells)
        copied._sums = self._sums.copy()
        return copied

    def cells(self) -> Iterator[tuple[int, list[int]]]:
        """Every key with its sums, in the order the keys were first seen."""
        rows = self._sums[:, : len(self._cells)].T.tolist()
        return ((key, row) for key, row in zip(self._cells, rows, strict=True) if key != NOWHERE)

    def table(self) -> tuple[Ints, Ints]:
        """All keys, and a line of sums for each.

        May be called while another thread adds: then the newest may be missing."""
        keys, sums = np.array(list(self._cells), np.int64), self._sums
        keys = keys[: sums.shape[1]]
        return keys[keys != NOWHERE], sums[:, : len(keys)].T[keys != NOWHERE]

    def _grow(self) -> None:
        room = self._sums.shape[1]
        missing = len(self._cells) - room
        if missing > 0:
            more = np.zeros((len(self._sums), max(missing, room // 2)), dtype=np.int64)
            self._sums = np.concatenate((self._sums, more), axis=1)


def _add(sums: Ints, cells: Ints, column: Column) -> None:
    """Many columns are zero nearly everywhere: then only the other rows are added."""
    some = np.count_nonzero(column)
    if some == 0:
        return
    if column.dtype == np.bool_:
        counts = np.bincount(cells if some == len(cells) else cells[column])
        sums[: len(counts)] += counts
    elif some * 4 < len(cells):
        rows = np.flatnonzero(column)
        np.add.at(sums, cells[rows], column[rows])
    else:
        np.add.at(sums, cells, column)
