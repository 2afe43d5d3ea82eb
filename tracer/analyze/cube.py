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
        cells = np.array([self._cells.setdefault(key, len(self._cells)) for key in found.tolist()])
        self._grow()
        group = where.astype(np.intp)  # once, not for every column
        for sums, column in zip(self._sums[first:], values, strict=False):
            some = int(np.count_nonzero(column))
            if some:
                sums[cells] += _sums(group, column, some, len(cells))

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


def _sums(group: NDArray[np.intp], column: Column, some: int, groups: int) -> Ints:
    """The sum of every group of rows, `some` of which are not zero: of a column that is zero nearly everywhere only
    the other rows are added. A batch has few groups, there may be millions of cells: sums of a batch stay in the
    caches, and what a batch costs does not grow with what came before it."""
    if column.dtype == np.bool_:
        return np.bincount(group if some == len(group) else group[column], minlength=groups)
    sums = np.zeros(groups, np.int64)
    if some * 4 < len(group):
        rows = np.flatnonzero(column)
        np.add.at(sums, group[rows], column[rows])
    else:
        np.add.at(sums, group, column)
    return sums
