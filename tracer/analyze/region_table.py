"""The ranges of addresses that calls mapped and unmapped, in order, as one table that only grows."""

from __future__ import annotations

from enum import IntEnum
from typing import Any, Final, NamedTuple

import numpy as np

EVERYWHERE: Final = (1 << 64) - 1
NOTHING: Final = -1
_TABLE: Final = np.dtype(
    [("row", "<u4"), ("pid", "<i4"), ("start", "<u8"), ("end", "<u8"), ("about", "<i8"), ("what", "u1"),
     ("shared", "u1")]
)  # fmt: skip


class What(IntEnum):
    """What lies at an address."""

    UNKNOWN = 0
    UNMAPPED = 1
    HEAP = 2
    """Grown by brk(2)."""
    STACK = 3
    """Of the process's first thread."""
    THREAD_STACK = 4
    FILE = 5
    ANONYMOUS = 6
    KERNEL = 7
    """[vdso], [vvar]: pages the kernel maps into every process."""
    MOVED = 8
    """By mremap: it is what lay at its old place."""


class Birth(NamedTuple):
    """Where a process came from."""

    parent: int
    row: int
    shares: bool
    """It runs in its parent's address space until it execs (vfork(2))."""


class RegionTable:
    """Every range, by the row that made it. One thread puts, others may look."""

    def __init__(self) -> None:
        self.births: dict[int, Birth] = {}
        self._table = np.zeros(256, _TABLE)
        self._count = 0

    def put(
        self, row: int, pid: int, start: int, end: int, what: What, about: int = NOTHING, shared: bool = False
    ) -> None:
        """From row `row` on, `start` to `end` of process `pid` is `what`; rows must come in order.

        `about`: a descriptor, a thread, or the old place of what was moved."""
        if self._count == len(self._table):
            self._table = np.concatenate((self._table, np.zeros(self._count, _TABLE)))
        self._table[self._count] = (row, pid, start & EVERYWHERE, min(end, EVERYWHERE), about, what, shared)
        self._count += 1

    def last(self, row: int, pid: int, address: int) -> Any:
        """The last range before row `row` that covers the address: of the process, else of those it was born of."""
        table, limit, seen = self._table[: self._count], row, set[int]()
        while pid not in seen:
            seen.add(pid)
            birth = self.births.get(pid)
            if birth is not None and birth.row >= limit:
                birth = None  # a number used again: this is an earlier process
            part = table[
                np.searchsorted(table["row"], birth.row if birth else 0) : np.searchsorted(table["row"], limit)
            ]
            hits = np.flatnonzero((part["pid"] == pid) & (part["start"] <= address) & (part["end"] > address))
            if len(hits):
                return part[hits[-1]]
            if birth is None:
                return None
            pid, limit = birth.parent, limit if birth.shares else birth.row
        return None
