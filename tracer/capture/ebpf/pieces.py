"""User memory that came through the rings, until the call it belongs to comes as well.

A piece was written before the record of its call, by the same thread, and carries the thread's number and the
call's. What is taken at the entry of a call that lasts waits here for its end.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tracer.capture.ebpf.layout import SLOT_HEAD
from tracer.wire import ITEM_FIELDS

_ITEM: Final = np.dtype(list(ITEM_FIELDS))
_HEAD: Final = SLOT_HEAD.itemsize

Keys = NDArray[np.uint64]
Heads = NDArray[Any]


class Pieces:
    """Those that wait."""

    def __init__(self) -> None:
        self._heads: Heads = np.empty(0, SLOT_HEAD)
        self._begins = np.empty(0, np.int64)
        self._bytes = np.empty(0, np.uint8)

    def __len__(self) -> int:
        return len(self._heads)

    def add(self, slots: NDArray[np.uint8]) -> None:
        """Rows of bytes, each a head and the room for its data, of which what is used is taken out when wanted."""
        if not len(slots):
            return
        heads = slots[:, :_HEAD].copy().view(SLOT_HEAD).ravel()
        heads["length"] = np.minimum(heads["length"], slots.shape[1] - _HEAD)
        begins = np.arange(len(slots), dtype=np.int64) * slots.shape[1] + _HEAD
        body = np.ascontiguousarray(slots).ravel()
        if len(self._heads):
            begins += len(self._bytes)
            heads = np.concatenate((self._heads, heads))
            begins = np.concatenate((self._begins, begins))
            body = np.concatenate((self._bytes, body))
        self._heads, self._begins, self._bytes = heads, begins, body

    def rename(self, former: int, tid: int) -> None:
        """A thread that calls exec goes on under its leader's number."""
        self._heads["tid"][self._heads["tid"] == former] = tid

    def belonging(
        self, tids: NDArray[np.int32], seqs: NDArray[np.uint32]
    ) -> tuple[NDArray[np.int64], bytes, bytes]:
        """Take out the pieces of these calls: how many each has, their wire items, and their bytes, in order."""
        counts = np.zeros(len(tids), np.int64)
        if not len(self._heads) or not len(tids):
            return counts, b"", b""
        calls = _keys(tids, seqs)
        order = np.argsort(calls, kind="stable")
        keys = _keys(self._heads["tid"], self._heads["seq"])
        place = np.minimum(np.searchsorted(calls[order], keys), len(calls) - 1)
        row = order[place]
        found = np.flatnonzero(calls[row] == keys)
        counts += np.bincount(row[found], minlength=len(tids))
        found = found[np.lexsort((self._heads["order"][found], row[found]))]
        heads = self._heads[found]
        items = np.zeros(len(heads), _ITEM)
        for name in ("arg", "when", "reason", "length", "address"):
            items[name] = heads[name]
        body = _gathered(self._bytes, self._begins[found], heads["length"].astype(np.int64))
        if len(found) == len(self._heads):
            self._keep(np.empty(0, np.int64))
        else:
            rest = np.ones(len(self._heads), bool)
            rest[found] = False
            self._keep(np.flatnonzero(rest))
        return counts, items.tobytes(), body.tobytes()

    def forget(self, ended: NDArray[np.int32]) -> None:
        """Drop what belongs to threads that are gone: their records were lost."""
        if len(self._heads) and len(ended):
            self._keep(np.flatnonzero(~np.isin(self._heads["tid"], ended)))

    def _keep(self, rest: NDArray[np.int64]) -> None:
        heads = self._heads[rest]
        lengths = heads["length"].astype(np.int64)
        self._bytes = _gathered(self._bytes, self._begins[rest], lengths)
        self._heads, self._begins = heads, np.cumsum(lengths) - lengths


def _keys(tids: NDArray[np.int32], seqs: NDArray[np.uint32]) -> Keys:
    return tids.astype(np.uint64) << np.uint64(32) | seqs.astype(np.uint64)


def _gathered(
    source: NDArray[np.uint8], begins: NDArray[np.int64], lengths: NDArray[np.int64]
) -> NDArray[np.uint8]:
    """The runs of bytes from `begins`, one behind the other."""
    ends = np.cumsum(lengths)
    if not len(ends) or not ends[-1]:
        return np.empty(0, np.uint8)
    shift = np.repeat(begins - ends + lengths, lengths)
    taken: NDArray[np.uint8] = source[shift + np.arange(ends[-1])]
    return taken
