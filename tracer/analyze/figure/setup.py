"""What a program set up once for a descriptor: registrations, modes, maps. Found again when a message needs it."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from typing import Final

import numpy as np

from tracer.analyze.calls import CallCodes
from tracer.analyze.columns import Columns

EPOLL: Final = "epoll"
MODE: Final = "mode"
"""O_NONBLOCK switched on, by ioctl(FIONBIO) or fcntl(F_SETFL)."""
OWNER: Final = "owner"
SIGNAL: Final = "signal"
ASYNC: Final = "async"
RING: Final = "ring"

_F_SETFL, _F_SETOWN, _F_SETSIG = 4, 8, 10
_FIONBIO: Final = 0x5421
_O_NONBLOCK, _O_ASYNC = 0o4000, 0o20000
_CTL_DEL: Final = 2
_CALLS: Final = ("epoll_ctl", "fcntl", "ioctl", "mmap", "io_uring_setup")


class Setups:
    """Rows of the calls that set something up, by process, descriptor and what they set up."""

    def __init__(self) -> None:
        self._rows: defaultdict[tuple[int, int, str], list[int]] = defaultdict(list)
        self._maps: defaultdict[int, list[tuple[int, int, int]]] = defaultdict(list)

    def add(self, columns: Columns, codes: CallCodes, first: int) -> None:
        """Take in the next batch, whose first row has the number `first`."""
        names = np.array([fact.name for fact in codes.facts])
        done = columns.returned & (columns.result >= 0) & np.isin(names, _CALLS)[columns.code]
        for row in np.flatnonzero(done).tolist():
            pid, args = int(columns.pid[row]), [int(value) for value in columns.args[row]]
            result, name = int(columns.result[row]), str(names[columns.code[row]])
            if name == "mmap":
                self._map(pid, args, result, first + row)
                continue
            for fd, what in _set_up(name, args, result):
                self._rows[pid, fd, what].append(first + row)

    def last(self, pid: int, fd: int, what: str, before: int) -> int | None:
        """The last row before row `before` that set up `what` for `fd`."""
        rows = self._rows.get((pid, fd, what), [])
        position = bisect_left(rows, before)
        return rows[position - 1] if position else None

    def map_of(self, pid: int, address: int, before: int) -> int | None:
        """The row before row `before` that mapped a file over `address`."""
        found = [row for row, low, high in self._maps.get(pid, []) if row < before and low <= address < high]
        return found[-1] if found else None

    def _map(self, pid: int, args: list[int], result: int, row: int) -> None:
        if args[4] & 0xFFFFFFFF != 0xFFFFFFFF:
            self._maps[pid].append((row, result, result + args[1]))


def _set_up(name: str, args: list[int], result: int) -> list[tuple[int, str]]:
    first, command = args[0] & 0xFFFFFFFF, args[1] & 0xFFFFFFFF
    if name == "epoll_ctl":
        return [] if command == _CTL_DEL else [(args[2] & 0xFFFFFFFF, EPOLL)]
    if name == "io_uring_setup":
        return [(result, RING)]
    if name == "ioctl":
        return [(first, MODE)] if command == _FIONBIO else []
    if command == _F_SETFL:
        return [(first, what) for flag, what in ((_O_NONBLOCK, MODE), (_O_ASYNC, ASYNC)) if args[2] & flag]
    return [(first, {_F_SETOWN: OWNER, _F_SETSIG: SIGNAL}[command])] if command in (_F_SETOWN, _F_SETSIG) else []
