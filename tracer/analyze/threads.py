"""The threads of a run: when each began and ended, and what it was called."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from tracer.account.distinct import distinct, in_order
from tracer.analyze.columns import Columns
from tracer.wire import Kind


@dataclass(frozen=True, slots=True)
class Life:
    """One thread. Moments are CLOCK_MONOTONIC ns."""

    pid: int
    tid: int
    name: str = ""
    began_ns: int | None = None
    """None when its first stop is not in the recording."""
    ended_ns: int | None = None
    status: int | None = None
    """Wait status its exit reported."""


class Threads:
    """Every thread seen, in the order of appearance; the position of a thread is its code."""

    def __init__(self) -> None:
        self.lives: list[Life] = []
        self._codes: dict[int, int] = {}

    def of(self, columns: Columns) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
        """The code of every row's thread; takes in the births, names and deaths of the batch."""
        found, where = in_order(*distinct(columns.pid << 32 | columns.tid))
        codes = np.array([self._code(key) for key in found.tolist()], dtype=np.int64)[where]
        events = np.isin(columns.kind, (Kind.SPAWN, Kind.EXEC, Kind.EXIT))
        for row in np.flatnonzero(events).tolist():
            self._event(row, int(codes[row]), columns)
        return codes

    @property
    def alive(self) -> int:
        """Threads that have not ended."""
        return sum(life.ended_ns is None for life in self.lives if life.tid)

    def _code(self, key: int) -> int:
        code = self._codes.setdefault(key, len(self.lives))
        if code == len(self.lives):
            tid = key & 0xFFFFFFFF
            self.lives.append(Life(pid=key >> 32, tid=tid - (1 << 32) if tid >= 1 << 31 else tid))
        return code

    def _event(self, row: int, code: int, columns: Columns) -> None:
        life = self.lives[code]
        name = columns.memory.text(row) or life.name
        at = int(columns.at_ns[row])
        match int(columns.kind[row]):
            case Kind.SPAWN if life.began_ns is None or life.ended_ns is not None:
                self.lives[code] = replace(life, name=name, began_ns=at, ended_ns=None)
            case Kind.EXIT:
                self.lives[code] = replace(life, name=name, ended_ns=at, status=int(columns.result[row]))
            case _:
                self.lives[code] = replace(life, name=name)
