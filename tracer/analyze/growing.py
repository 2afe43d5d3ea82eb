"""Columns that grow at their end, for indexes over recordings that are still being written."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray


class Growing:
    """Several arrays of one length; room is doubled when it runs out, so adding costs the same however long it is.

    An array handed out stays as it was: what is added later lies beyond its end.
    """

    def __init__(self, **kinds: DTypeLike) -> None:
        self.count = 0
        self._arrays: dict[str, NDArray[Any]] = {name: np.empty(0, kind) for name, kind in kinds.items()}

    def __getitem__(self, name: str) -> NDArray[Any]:
        return self._arrays[name][: self.count]

    @property
    def names(self) -> tuple[str, ...]:
        """What the arrays are called."""
        return tuple(self._arrays)

    def append(self, **values: NDArray[Any]) -> None:
        """Add the same number of values to every array."""
        assert values.keys() == self._arrays.keys(), "every array grows"
        more = len(next(iter(values.values())))
        self._make_room(self.count + more)
        for name, added in values.items():
            self._arrays[name][self.count : self.count + more] = added
        self.count += more

    def _make_room(self, wanted: int) -> None:
        if all(len(array) >= wanted for array in self._arrays.values()):
            return
        for name, array in self._arrays.items():
            roomier = np.empty(max(wanted, 2 * len(array), 64), array.dtype)
            roomier[: self.count] = array[: self.count]
            self._arrays[name] = roomier
