"""The lines with the largest (or smallest) values of a column, found while passing over the lines once.

Only as many candidates as are to be shown are kept, so ten million lines are ranked in the memory of a few hundred
thousand.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from tracer.analyze.filter.gather import gathered
from tracer.analyze.filter.known import Known
from tracer.analyze.filter.masks import values_of
from tracer.analyze.filter.matches import Ranked, Shown
from tracer.analyze.filter.tree import Field
from tracer.analyze.lines.lines import CHUNK

TOP: Final = 100_000
"""Lines worth showing in another order than that of time."""


class Ranking:
    """The first `top` of the lines taken in, by `field`; equal ones in the order of time."""

    def __init__(self, known: Known, field: Field, *, ascending: bool = False, top: int = TOP) -> None:
        self._known = known
        self._field = field
        self._sign = 1 if ascending else -1
        self._top = top
        self._taken = 0
        self._keys: NDArray[np.float32] = np.zeros(0, np.float32)
        self._lines: NDArray[np.uint32] = np.zeros(0, np.uint32)

    def step(self, shown: Shown) -> bool:
        """Take in the next stretch of `shown`, which may have grown at its end; False when there is no more."""
        stop = min(self._taken + CHUNK, shown.count)
        if stop <= self._taken:
            return False
        lines = shown.lines(self._taken, stop)
        keys = self._sign * gathered(self._known.lines, lines, lambda chunk: values_of(self._field, chunk))
        if len(self._keys) >= self._top:
            better = keys < self._keys.max()
            keys, lines = keys[better], lines[better]
        self._keys = np.concatenate((self._keys, keys))
        self._lines = np.concatenate((self._lines, lines.astype(np.uint32)))
        if len(self._keys) > 2 * self._top:
            self._cut()
        self._taken = stop
        return stop < shown.count

    @property
    def ranked(self) -> Ranked:
        """The order so far."""
        order = np.lexsort((self._lines, self._keys))[: self._top]
        return Ranked(self._lines[order], self._taken)

    def _cut(self) -> None:
        keep = np.lexsort((self._lines, self._keys))[: self._top]
        self._keys, self._lines = self._keys[keep], self._lines[keep]
