"""When every descriptor was opened and closed, worked out from the changes of the tables when somebody asks.

`Descriptors` keeps the raw changes in a `History` (17 bytes a change) while it reads the recording; `Lives` makes
columns of them later, in whichever thread wants them. Moments are row numbers of the recording.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from tracer.analyze.growing import Growing

if TYPE_CHECKING:
    from tracer.analyze.descriptions import Seen

Ints = NDArray[np.int64]

BEFORE: Final = -1
"""Opened before the trace began."""
OPEN: Final = int(np.iinfo(np.int32).max)
"""Not closed so far."""
UNSEEN: Final = -1
"""The code of no descriptor."""
_CHANGE: Final = np.dtype([("row", "<i4"), ("key", "<i8"), ("code", "<i4"), ("nonblocking", "i1")])


class History:
    """All changes of the tables so far, in order."""

    def __init__(self) -> None:
        self.parts: list[NDArray[Any]] = []
        """Only ever grows: one thread adds, others read."""

    def add(self, first_row: int, log: Ints, adopted: Sequence[tuple[int, int]]) -> None:
        """Take in the changes (`State`, a line each) of the batch that begins with row `first_row`; `adopted`: key
        and code of descriptors that were there before the trace."""
        if not len(log) and not adopted:
            return
        changed = np.empty(len(log), _CHANGE)
        changed["row"], changed["key"], changed["code"], changed["nonblocking"] = log.T[[0, 1, 2, 4]]
        changed["row"] += first_row
        before = np.array([(BEFORE, key, code, -1) for key, code in adopted], _CHANGE)
        self.parts.append(np.concatenate((before, changed)))


class Lives:
    """When each descriptor was opened and closed, by its code."""

    def __init__(self, history: History, seen: Seen) -> None:
        self._history, self._seen = history, seen
        self._parts = 0
        self._current: dict[int, int] = {}
        """The code in force of every key."""
        self._columns = Growing(key="<i8", opened="<i4", closed="<i4", description="<i4")
        self._gone: NDArray[np.int32] = np.zeros(0, np.int32)
        self._order: tuple[Ints, Ints, Ints] | None = None

    def update(self) -> None:
        """Take in what the history has more by now."""
        parts = self._history.parts[self._parts :]
        self._parts += len(parts)
        if parts:
            self._take_in(np.concatenate(parts))
            self._order = None

    @property
    def count(self) -> int:
        """How many descriptors are known here."""
        return self._columns.count

    @property
    def key(self) -> Ints:
        """pid << 32 | fd."""
        return self._columns["key"]

    @property
    def opened(self) -> NDArray[np.int32]:
        """The row whose call made it, BEFORE = it was there when the trace began."""
        return self._columns["opened"]

    @property
    def closed(self) -> NDArray[np.int32]:
        """The row whose call (or exec, or end of the process) closed it, OPEN = none so far."""
        return self._columns["closed"]

    @property
    def gone(self) -> NDArray[np.int32]:
        """The row that closed the last descriptor of the same open file description, OPEN = none so far."""
        return self._gone

    @property
    def description(self) -> NDArray[np.int32]:
        """A number for its open file description: descriptors with the same one are copies of each other."""
        return self._columns["description"]

    def at(self, keys: Ints, rows: Ints) -> Ints:
        """The code that each key stood for when the call of its row began, UNSEEN where nothing is known."""
        known, places, codes = self._sorted()
        if not len(known) or not len(keys):
            return np.full(len(keys), UNSEEN)
        rank = np.searchsorted(known, keys)
        hit = known[np.minimum(rank, len(known) - 1)] == keys
        at = np.searchsorted(places, (rank << 32) + rows, side="right") - 1
        code = codes[np.maximum(at, 0)]
        fits = hit & (at >= 0) & (self.key[code] == keys) & (rows <= self.closed[code])
        return np.where(fits, code, UNSEEN)

    def nonblocking_of(self, code: int) -> list[tuple[int, bool]]:
        """The rows that set (or cleared) O_NONBLOCK of a descriptor while it was open, after it was opened."""
        found, last = [], None
        for part in self._history.parts[: self._parts]:
            for change in part[part["code"] == code].tolist():
                row, _, _, on = change
                if on >= 0 and last not in (None, on):
                    found.append((row, bool(on)))
                last = on if on >= 0 else last
        return found

    def _take_in(self, changes: NDArray[Any]) -> None:
        self._make_known(changes["code"])
        order = np.argsort(changes["key"], kind="stable")
        row, key, code = (changes[name][order] for name in ("row", "key", "code"))
        first = np.concatenate(([True], key[1:] != key[:-1]))
        before = np.concatenate(([UNSEEN], code[:-1]))
        before[first] = [self._current.get(each, UNSEEN) for each in key[first].tolist()]
        moved = before != code
        opened, closed = moved & (code >= 0), moved & (before >= 0)
        self.opened[code[opened]] = row[opened]
        self.closed[before[closed]] = row[closed]
        last = np.concatenate((first[1:], [True]))
        self._current.update(zip(key[last].tolist(), code[last].tolist(), strict=True))
        self._gone = np.full(int(self.description.max(initial=-1)) + 1, BEFORE, np.int32)
        np.maximum.at(self._gone, self.description, self.closed)
        self._gone = self._gone[self.description]

    def _make_known(self, codes: NDArray[np.int32]) -> None:
        """Columns for the descriptors up to the highest code, and the numbers of their descriptions."""
        known, count = self.count, int(codes.max(initial=UNSEEN)) + 1
        new = self._seen.descriptions[known:count]
        if new:
            self._columns.append(
                key=np.array(self._seen.keys[known:count], np.int64),
                opened=np.full(len(new), BEFORE),
                closed=np.full(len(new), OPEN),
                description=np.fromiter((each.number for each in new), np.int32, len(new)),
            )

    def _sorted(self) -> tuple[Ints, Ints, Ints]:
        """Keys in order; all openings as (place of the key << 32 | row + 1) in order, and whose they are."""
        if self._order is None:
            codes = np.lexsort((self.opened, self.key))
            known, rank = np.unique(self.key[codes], return_inverse=True)
            self._order = known, (rank << 32) + self.opened[codes] + 1, codes
        return self._order
