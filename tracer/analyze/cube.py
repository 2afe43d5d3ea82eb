"""Sums by key that grow batch by batch: the one accumulator behind every table of the report."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


class Cube:
    """For every int64 key seen, the sums of a fixed number of int64 columns."""

    def __init__(self, columns: int) -> None:
        self._cells: dict[int, int] = {}
        self._sums: Ints = np.zeros((16, columns), dtype=np.int64)

    def add(self, keys: Ints, values: Ints) -> None:
        """Add `values` (columns x rows) to the cells named by `keys` (rows)."""
        if not len(keys):
            return
        order = np.argsort(keys, kind="stable")
        ordered = keys[order]
        starts = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
        used = np.flatnonzero(values.any(axis=1))
        sums = np.zeros((len(starts), len(values)), dtype=np.int64)
        sums[:, used] = np.add.reduceat(values[used][:, order], starts, axis=1).T
        cells = [self._cells.setdefault(int(key), len(self._cells)) for key in ordered[starts]]
        self._grow()
        self._sums[cells] += sums

    def copy(self) -> Cube:
        """An independent copy."""
        copied = Cube(self._sums.shape[1])
        copied._cells = dict(self._cells)
        copied._sums = self._sums.copy()
        return copied

    def cells(self) -> Iterator[tuple[int, list[int]]]:
        """Every key with its sums, in the order the keys were first seen."""
        rows = self._sums[: len(self._cells)].tolist()
        return zip(self._cells, rows, strict=True)

    def _grow(self) -> None:
        missing = len(self._cells) - len(self._sums)
        if missing > 0:
            room = np.zeros((max(missing, len(self._sums)), self._sums.shape[1]), dtype=np.int64)
            self._sums = np.concatenate((self._sums, room))
