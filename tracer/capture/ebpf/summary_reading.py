"""The sums in the kernel, looked at now and then: what was added since goes into the outbox.

Sums only grow, and only their thread changes them, so nothing has to stop for a look. A thread in the middle of
adding a call up is seen with a part of it; the rest is seen the next time. What belongs to threads that are gone,
or was counted before marks that are past, is deleted once it has been read for the last time.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tracer.capture.ebpf import bpf
from tracer.capture.ebpf import summary_layout as layout
from tracer.capture.ebpf.summary_maps import SummaryMaps
from tracer.capture.ebpf.summary_rows import items_of, sums_rows
from tracer.capture.outbox import Outbox

_GROWING: Final = (*layout.COUNTS, "kernel", "whole")

Sums = NDArray[Any]
EraOf = Callable[[int], int | None]
"""The era a thread counts in, if it is in a call; of others a later one than any. None when it is not known."""


class SummaryReader:
    """One capture's sums."""

    def __init__(self, maps: SummaryMaps) -> None:
        self._maps = maps
        self.began_ns = 0
        """When the first era began: the program, or we came. CLOCK_MONOTONIC."""
        self._places: dict[bytes, int] = {}
        """Where in `_seen` the sums of each key are."""
        self._seen: Sums = np.zeros(0, layout.SUMS)
        """What they were at the last look."""
        self._missing: set[int] = set()
        """Threads with sums that were not known to live at the last look."""
        self._over: dict[int, int] = {}
        """By thread: the era it will not count before any more, as was known at the last look."""

    def look(self, outbox: Outbox, now: int, living: Collection[int], era_of: EraOf = lambda _tid: None) -> int:
        """Send what was added; how many sums there are. `living`: threads that live, as far as the rings told.

        Raises BpfRefused."""
        era = self._maps.era()
        keys, sums = self._read()
        if not len(keys):
            return 0
        names = keys.view(f"V{layout.KEY.itemsize}")
        places = np.array([self._places.setdefault(name, len(self._places)) for name in names.tolist()])
        self._grow()
        growth = sums.copy()
        for name in _GROWING:
            growth[name] -= self._seen[name][places]
        grown = np.flatnonzero((growth["calls"] != 0) | (growth["wall"] != 0) | (growth["user_wall"] != 0))
        self._seen[places] = sums
        self._send(outbox, keys[grown], growth[grown], now)
        self._delete(keys, living)
        self._note(keys, era, era_of)
        return len(keys)

    def _read(self) -> tuple[NDArray[Any], Sums]:
        found = list(bpf.elements(self._maps.named["sums"], layout.KEY.itemsize, layout.SUMS.itemsize))
        keys = np.frombuffer(b"".join(key for key, _ in found), layout.KEY)
        sums = np.frombuffer(b"".join(value for _, value in found), layout.SUMS)
        # What moved while we looked may come twice.
        _, first = np.unique(keys.view(f"V{layout.KEY.itemsize}"), return_index=True)
        return keys[first], sums[first]

    def _grow(self) -> None:
        missing = len(self._places) - len(self._seen)
        if missing > 0:
            room = np.zeros(max(missing, len(self._seen), 64), layout.SUMS)
            self._seen = np.concatenate((self._seen, room))

    def _send(self, outbox: Outbox, keys: NDArray[Any], growth: Sums, now: int) -> None:
        if not len(keys):
            return
        eras, where = np.unique(keys["era"], return_inverse=True)
        began = np.array([self._maps.began(era) or self.began_ns for era in eras.tolist()], np.uint64)[where]
        items, memory = items_of(growth)
        outbox.records += sums_rows(keys, growth, began, now).tobytes()
        outbox.items += items
        outbox.memory += memory
        outbox.pieces += len(keys)

    def _delete(self, keys: NDArray[Any], living: Collection[int]) -> None:
        """Of threads that were not known to live at two looks: the word that one was born may come after its sums,
        but not so late. And of eras that were over for their thread already before this look."""
        missing = set(keys["tid"].tolist()).difference(living)
        gone, self._missing = missing & self._missing, missing
        done = np.isin(keys["tid"], list(gone))
        for tid, era in self._over.items():
            done |= (keys["tid"] == tid) & (keys["era"] < era)
        if done.any():
            self._forget(keys[done])

    def _note(self, keys: NDArray[Any], era: int, era_of: EraOf) -> None:
        """Which threads will count in no past era any more: their present call, or the next, is of this one."""
        tids = np.unique(keys["tid"][keys["era"] < era]).tolist()
        known = {tid: present for tid in tids if (present := era_of(tid)) is not None}
        self._over = {tid: min(present, era) for tid, present in known.items()}

    def _forget(self, keys: NDArray[Any]) -> None:
        bpf.forget(self._maps.named["sums"], keys.tobytes(), len(keys))
        dropped = {self._places.pop(name) for name in keys.view(f"V{layout.KEY.itemsize}").tolist()}
        kept = [place for place in range(len(self._places) + len(dropped)) if place not in dropped]
        fresh = {place: number for number, place in enumerate(kept)}
        self._seen = self._seen[kept]
        self._places = {name: fresh[place] for name, place in self._places.items()}
