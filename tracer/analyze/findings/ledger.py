"""Sums by (set of phases, thread, call, number), each with rows of the recording that show what was summed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tracer.account.distinct import distinct

Ints = NDArray[np.int64]

EXAMPLES: Final = 8
"""Rows kept of each: enough to look at, few enough to keep for thousands."""
_COLUMNS: Final = 4


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a ledger."""

    sets: int
    thread: int
    code: int
    number: int
    """Mostly a descriptor, -1 = none."""
    count: int
    cpu: int
    blocked: int
    amount: int
    most: int
    rows: tuple[int, ...]
    """The row of the greatest figure first."""


class Ledger:
    """Grows with the number of different keys, not with the number of rows."""

    def __init__(self) -> None:
        self._places: dict[tuple[int, int, int, int], int] = {}
        self._sums: Ints = np.zeros((_COLUMNS, 16), np.int64)
        self._most: list[int] = []
        self._rows: list[list[int]] = []

    def add(
        self, keys: tuple[Ints, Ints, Ints, Ints], cpu: Ints, blocked: Ints, amount: Ints, figure: Ints, rows: Ints
    ) -> None:
        """Take in one line for every row: `keys` are set of phases, thread, code and number; `figure` is what the
        worst row has most of."""
        if not len(rows):
            return
        where, first = _grouped(keys)
        groups = list(zip(*(key[first].tolist() for key in keys), strict=True))
        places = np.array([self._place(key) for key in groups])
        self._sums[0, places] += np.bincount(where)
        for line, values in enumerate((cpu, blocked, amount), 1):
            if values.any():
                # As floating point the sums of a batch are exact up to 2**53: a hundred days in ns.
                with np.errstate(invalid="ignore"):  # a damaged recording may hold times whose sum no number has
                    self._sums[line, places] += np.bincount(where, values, len(groups)).astype(np.int64)
        worst, at_worst = _worst(where, first, figure, rows)
        for place, most, row in zip(places.tolist(), worst.tolist(), at_worst.tolist(), strict=True):
            kept = self._rows[place]
            if most > self._most[place]:
                self._most[place] = most
                self._rows[place] = [row, *(each for each in kept if each != row)][:EXAMPLES]
            elif len(kept) < EXAMPLES and row not in kept:
                kept.append(row)
        if len(groups) <= EXAMPLES:
            self._examples(places, where, rows)

    def entries(self, sets: frozenset[int] | None) -> Iterator[Entry]:
        """All lines, of these sets of phases only."""
        for key, place in self._places.items():
            if sets is None or key[0] in sets:
                count, cpu, blocked, amount = self._sums[:, place].tolist()
                yield Entry(*key, count, cpu, blocked, amount, self._most[place], tuple(self._rows[place]))

    def _examples(self, places: Ints, where: Ints, rows: Ints) -> None:
        for group, place in enumerate(places.tolist()):
            kept = self._rows[place]
            if len(kept) < EXAMPLES:
                more = rows[np.flatnonzero(where == group)[: EXAMPLES + 1]].tolist()
                kept += [row for row in more if row not in kept][: EXAMPLES - len(kept)]

    def _place(self, key: tuple[int, int, int, int]) -> int:
        place = self._places.setdefault(key, len(self._places))
        if place == len(self._most):
            self._most.append(int(np.iinfo(np.int64).min))
            self._rows.append([])
            if place == self._sums.shape[1]:
                self._sums = np.concatenate((self._sums, np.zeros_like(self._sums)), axis=1)
        return place


def _grouped(keys: tuple[Ints, Ints, Ints, Ints]) -> tuple[Ints, Ints]:
    """For every row the number of its group, and for every group its first row."""
    where = np.zeros(len(keys[0]), np.int64)
    for key in keys:
        if (key == key[0]).all():
            continue
        found, inner = distinct(key)
        where = distinct(where * len(found) + inner)[1].astype(np.int64)
    # Groups are numbered in the order of their first rows.
    peak = np.maximum.accumulate(where)
    return where, np.flatnonzero(np.concatenate(([True], peak[1:] > peak[:-1])))


def _worst(where: Ints, first: Ints, figure: Ints, rows: Ints) -> tuple[Ints, Ints]:
    """The greatest figure of every group, and the first row that has it."""
    if (figure == figure[0]).all():
        return np.full(len(first), figure[0]), rows[first]
    worst = np.full(len(first), np.iinfo(np.int64).min)
    np.maximum.at(worst, where, figure)
    hit = figure == worst[where]
    at_worst = np.empty(len(first), np.int64)
    at_worst[where[hit][::-1]] = rows[hit][::-1]
    return worst, at_worst
