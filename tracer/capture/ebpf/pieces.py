"""User memory that came through the rings, until the call it belongs to comes as well.

A piece was written before the record of its call, by the same thread, and carries the thread's number and the
call's. What is taken at the entry of a call that lasts waits here for its end.

Pieces are left where they lie, in the rings, until they are taken out or `settle` is called.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tracer.capture.ebpf.gathering import behind, places_of, rows_of, together
from tracer.capture.ebpf.layout import SLOT_HEAD
from tracer.wire import ITEM_FIELDS

_ITEM: Final = np.dtype(list(ITEM_FIELDS))
_HEAD: Final = SLOT_HEAD.itemsize
_FEW: Final = 256
"""So many may wait for nothing: it is not worth looking."""

Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Belonging:
    """The pieces of some calls, in the order of the calls and, within one, in the order they were read."""

    counts: Numbers
    """How many each call has."""
    heads: NDArray[Any]
    """Of `layout.SLOT_HEAD`."""
    memory: NDArray[np.uint8]
    """Their bytes, one behind the other."""

    def items(self) -> bytes:
        """As wire items."""
        items = np.zeros(len(self.heads), _ITEM)
        for name in ("arg", "when", "reason", "length", "address"):
            items[name] = self.heads[name]
        return items.tobytes()


class Pieces:
    """Those that wait."""

    def __init__(self, more: Callable[[], bool] = lambda: False) -> None:
        """`more`: adds the pieces that came meanwhile, and says whether there were any."""
        self._more = more
        self._heads: NDArray[Any] = np.empty(0, SLOT_HEAD)
        self._slots: list[NDArray[np.uint8]] = []
        """Rows of bytes, each a head and the room for its data, of which `length` bytes are in use."""
        self._store: Numbers = np.empty(0, np.int64)
        self._row: Numbers = np.empty(0, np.int64)
        """Where each piece lies: in which of `_slots`, and in which row of it."""

    def __len__(self) -> int:
        return len(self._heads)

    def add(self, slots: NDArray[np.uint8]) -> None:
        """Rows of bytes, each a head and the room for its data. They must stay as they are until `settle`."""
        if not len(slots):
            return
        heads = slots[:, :_HEAD].view(SLOT_HEAD)[:, 0].copy()
        np.minimum(heads["length"], slots.shape[1] - _HEAD, out=heads["length"])
        store, row = np.full(len(slots), len(self._slots)), np.arange(len(slots))
        if len(self._heads):
            heads = np.concatenate((self._heads, heads))
            store, row = np.concatenate((self._store, store)), np.concatenate((self._row, row))
        self._heads, self._store, self._row = heads, store, row
        self._slots.append(slots)

    def rename(self, former: int, tid: int) -> None:
        """A thread that calls exec goes on under its leader's number."""
        self._heads["tid"][self._heads["tid"] == former] = tid

    def belonging(
        self, tids: NDArray[np.int32], seqs: NDArray[np.uint32], expected: int = 0, *, keep: bool = False
    ) -> Belonging:
        """The pieces of these calls, of which the kernel has written `expected`. They are taken out, but with
        `keep`, for calls that still last."""
        row = rows_of(tids, seqs, self._heads["tid"], self._heads["seq"])
        found = np.flatnonzero(row >= 0)
        if len(found) < expected and len(row) > _FEW:
            rest = np.flatnonzero(row < 0)
            lost = rest[behind(tids, seqs, self._heads["tid"][rest], self._heads["seq"][rest])]
            if len(lost):  # what waits for nothing would be looked at again and again
                self._keep(np.delete(np.arange(len(row)), lost))
                return self.belonging(tids, seqs, expected, keep=keep)
        if len(found) < expected and self._more():
            return self.belonging(tids, seqs, expected, keep=keep)
        calls = row[found]
        counts = np.bincount(calls, minlength=len(tids))
        order = places_of(calls, counts, self._heads["order"][found])
        chosen = found if order is None else found[order]
        heads = _some(self._heads, chosen)
        memory = together(self._slots, self._store[chosen], self._row[chosen], heads["length"])
        if not keep and len(row):
            rest = np.flatnonzero(row < 0)
            if len(rest) > _FEW:  # records were lost, or there are many threads
                rest = rest[~behind(tids, seqs, self._heads["tid"][rest], self._heads["seq"][rest])]
            self._keep(rest)
        return Belonging(counts, heads, memory)

    def forget(self, ended: NDArray[np.int32]) -> None:
        """Drop what belongs to threads that are gone: their records were lost."""
        if len(self._heads) and len(ended):
            self._keep(np.flatnonzero(~np.isin(self._heads["tid"], ended)))

    def settle(self) -> None:
        """Copy what waits out of the rings."""
        width = np.array([slots.shape[1] for slots in self._slots], np.int64)[self._store]
        kept: list[NDArray[np.uint8]] = []
        for each in np.unique(width).tolist():
            mine = np.flatnonzero(width == each)
            kept.append(self._copied(mine, each))
            self._store[mine], self._row[mine] = len(kept) - 1, np.arange(len(mine))
        self._slots = kept

    def _copied(self, which: Numbers, width: int) -> NDArray[np.uint8]:
        copied = np.empty((len(which), width), np.uint8)
        store, row = self._store[which], self._row[which]
        for number in np.unique(store).tolist():
            theirs = np.flatnonzero(store == number)
            copied[theirs] = self._slots[number][row[theirs]]
        return copied

    def _keep(self, rest: Numbers) -> None:
        self._heads, self._store, self._row = _some(self._heads, rest), self._store[rest], self._row[rest]


def _some(heads: NDArray[Any], which: Numbers) -> NDArray[Any]:
    """`heads[which]`, much quicker: numpy copies structures field by field."""
    words = heads.view(np.uint64).reshape(-1, _HEAD // 8)
    some: NDArray[Any] = words.take(which, axis=0).view(SLOT_HEAD)[:, 0]
    return some
