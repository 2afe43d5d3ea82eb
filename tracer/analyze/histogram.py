"""Histograms of times with buckets that are a fixed part of their value, for percentiles.

Below 128 ns every ns has its bucket; above, each power of two is cut into 64. A percentile read from it
is the middle of its bucket and so within 0.8 % of the exact one (nearest-rank).
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from tracer.account.distinct import distinct

Ints = NDArray[np.int64]

_EXACT: Final = 128
_PARTS: Final = 64
_FIRST_EXPONENT: Final = 7
BUCKETS: Final = _EXACT + (63 - _FIRST_EXPONENT) * _PARTS


def buckets_of(values: Ints) -> Ints:
    """The bucket of every value; values below 0 count as 0."""
    positive = np.maximum(values, 0)
    exponent = np.frexp(positive.astype(np.float64))[1].astype(np.int64) - 1
    exponent = np.clip(exponent, _FIRST_EXPONENT, 62)
    exponent -= (np.int64(1) << exponent) > np.maximum(positive, _EXACT)  # float64 rounded up to a power of two
    part = (positive >> (exponent - 6)) - _PARTS
    large = _EXACT + (exponent - _FIRST_EXPONENT) * _PARTS + part
    return np.where(positive < _EXACT, positive, large)


def middles_of(octaves: Ints) -> Ints:
    """The buckets in which the geometric middles lie of what is 2^i or more, and less than 2^(i+1)."""
    return buckets_of(np.round(2.0 ** (octaves + 0.5)).astype(np.int64))


def middle_of(bucket: int) -> int:
    """The value in the middle of a bucket."""
    if bucket < _EXACT:
        return bucket
    octave, part = divmod(bucket - _EXACT, _PARTS)
    width = 1 << (octave + _FIRST_EXPONENT - 6)
    return (_PARTS + part) * width + (width - 1) // 2


class Histograms:
    """One histogram per key."""

    def __init__(self) -> None:
        self._rows: dict[int, int] = {}
        self._counts = np.zeros((8, BUCKETS), dtype=np.int64)

    def add(self, keys: Ints, values: Ints) -> None:
        """Count each of `values` in the histogram its key names."""
        self.count(*distinct(keys), values)

    def count(self, keys: Ints, where: NDArray[np.int32], values: Ints) -> None:
        """The same, when the different keys and the place of each value's key among them are known."""
        rows = [self._rows.setdefault(key, len(self._rows)) for key in keys.tolist()]
        self._grow()
        cells = where.astype(np.int64) * BUCKETS + buckets_of(values)
        counts = np.bincount(cells, minlength=len(rows) * BUCKETS)
        self._counts[rows] += counts.reshape(-1, BUCKETS)

    def add_octaves(self, keys: Ints, counts: Ints) -> None:
        """Add counts of values by powers of two (column i: from 2^i on), each as if at the geometric middle."""
        line, octave = np.nonzero(counts)
        rows = np.array([self._rows.setdefault(key, len(self._rows)) for key in keys[line].tolist()], np.int64)
        self._grow()
        np.add.at(self._counts, (rows, middles_of(octave)), counts[line, octave])

    def of(self, keys: list[int]) -> NDArray[np.int64]:
        """The sum of the histograms of `keys`, of those that exist."""
        rows = [self._rows[key] for key in keys if key in self._rows]
        total: NDArray[np.int64] = self._counts[rows].sum(axis=0, dtype=np.int64)
        return total

    def _grow(self) -> None:
        missing = len(self._rows) - len(self._counts)
        if missing > 0:
            room = np.zeros((max(missing, len(self._counts)), BUCKETS), dtype=np.int64)
            self._counts = np.concatenate((self._counts, room))


def percentile(counts: NDArray[np.int64], share: float) -> int:
    """The value below which `share` (0 to 1) of the counted values lie (nearest-rank); 0 when there is none."""
    total = int(counts.sum())
    if total == 0:
        return 0
    rank = max(1, int(np.ceil(share * total)))
    return middle_of(int(np.searchsorted(np.cumsum(counts), rank)))
