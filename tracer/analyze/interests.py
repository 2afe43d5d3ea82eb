"""What programs registered with epoll_ctl: which descriptor the data of an epoll_event stands for.

The data is 64 bits of the program's own choice, so (process, epoll descriptor, data) is looked up as it was
last registered. A process that was not seen to register looks in its parents, whose epoll it may have inherited.
What was registered before the trace began is in the document that capture left at the process's birth.
"""

from __future__ import annotations

import errno
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tracer.account.distinct import distinct
from tracer.analyze.columns import Columns
from tracer.analyze.inherited import interests_of
from tracer.analyze.ready import NO_EVENTS, Events, events_in
from tracer.wire import Kind, Spawn, When

Ints = NDArray[np.int64]

CTL_DEL: Final = 2
UNKNOWN: Final = -1
_Key = tuple[int, int, int]


class Interests:
    """All registrations seen so far."""

    def __init__(self) -> None:
        self._fds: dict[_Key, int] = {}
        self._parents: dict[int, int] = {}

    def fds_of(self, columns: Columns, controls: NDArray[np.bool_], events: Events) -> Ints:
        """The descriptor of every event, UNKNOWN where its registration was not seen.

        `controls`: the rows that are epoll_ctl; they are taken in. A registration that fails with EEXIST was made
        before.
        """
        added = self._registrations(columns, controls)
        if not len(added.row) and not len(events.row):
            return np.zeros(0, dtype=np.int64)
        rows = np.concatenate((added.row, events.row))
        data = np.concatenate((added.data, events.data))
        instance = columns.pid[rows] << 32 | (columns.args[rows, 0].astype(np.int64) & 0xFFFFFFFF)
        fds = columns.args[added.row, 2].astype(np.uint32).view(np.int32).astype(np.int64)
        return self.resolve(instance, data, rows, fds)

    def _registrations(self, columns: Columns, controls: NDArray[np.bool_]) -> Events:
        worked = (columns.result == 0) | (columns.result == -errno.EEXIST)
        wanted = controls & worked & ((columns.args[:, 1] & np.uint64(0xFFFFFFFF)) != CTL_DEL)
        if not wanted.any():
            return NO_EVENTS
        return events_in(columns.memory.pieces(wanted, (3,), When.ENTRY), np.ones(len(wanted), dtype=np.int64))

    def resolve(self, instance: Ints, data: NDArray[np.uint64], rows: Ints, fds: Ints) -> Ints:
        """For every key at its row, the descriptor last registered; the first len(fds) keys are registrations.

        `instance` is pid << 32 | epoll descriptor, or any other number below 2**32 that stands for an epoll."""
        made = len(fds)
        found, which = distinct(data.view(np.int64))
        number = distinct(distinct(instance)[1].astype(np.int64) * len(found) + which)[1].astype(np.int64)
        peak = np.maximum.accumulate(number)  # keys are numbered in the order they are met
        first = np.flatnonzero(np.concatenate(([True], peak[1:] > peak[:-1])))
        keys = [_key(int(instance[at]), int(data[at])) for at in first.tolist()]
        before = np.array([self._look_up(key) for key in keys], dtype=np.int64)

        span = int(rows.max()) + 1
        place = number * span + rows
        by_place = np.argsort(place[:made], kind="stable")
        last = np.searchsorted(place[:made][by_place], place[made:]) - 1
        found = before[number[made:]]
        if made:
            hit = by_place[np.maximum(last, 0)]
            within = (last >= 0) & (number[hit] == number[made:])
            found = np.where(within, fds[hit], found)
            self._fds.update((keys[number[at]], int(fds[at])) for at in by_place.tolist())
        return found

    def _look_up(self, key: _Key) -> int:
        pid, instance, data = key
        seen = {pid}
        while (fd := self._fds.get((pid, instance, data), UNKNOWN)) == UNKNOWN:
            pid = self._parents.get(pid, 0)
            if not pid or pid in seen:
                break
            seen.add(pid)
        return fd

    def births(self, columns: Columns) -> None:
        """Take in who is whose child, and what was registered before the trace began."""
        for row in np.flatnonzero(columns.kind == Kind.SPAWN).tolist():
            pid, parent = int(columns.pid[row]), int(columns.args[row, 1])
            if parent != pid:
                self._parents[pid] = parent
            for epfd, entries in found_at(columns, row).items():
                self._fds.update(((pid, epfd, data), fd) for fd, _, data in entries)


def found_at(columns: Columns, row: int) -> dict[int, list[tuple[int, int, int]]]:
    """By epoll descriptor the (descriptor, events, data) that a SPAWN row says were in its list already."""
    if columns.nr[row] not in (Spawn.START, Spawn.ATTACH):
        return {}
    return interests_of(columns.memory.text(row, 1))


def _key(instance: int, data: int) -> _Key:
    return instance >> 32, instance & 0xFFFFFFFF, data
