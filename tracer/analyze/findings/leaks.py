"""Descriptors that stay open although nobody uses them any more."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from tracer.analyze.descriptor_history import BEFORE, OPEN, History, Lives
from tracer.analyze.descriptors import Descriptors
from tracer.analyze.findings.sheet import Sheet
from tracer.analyze.findings.traits import Trait

Ints = NDArray[np.int64]

_ADD: Final = 1


class Leaks:
    """When every descriptor was used last, and which are watched by an epoll."""

    def __init__(self, descriptors: Descriptors) -> None:
        """`descriptors` must not have taken in anything yet: they are asked to keep their history."""
        descriptors.history = descriptors.history or History()
        self._history, self._descriptors = descriptors.history, descriptors
        self._used: Ints = np.full(1024, -1)
        self._watched: set[int] = set()
        self.ends: dict[int, int] = {}
        """By process: the last row it has."""
        self.begins: dict[int, int] = {}

    def add(self, sheet: Sheet) -> None:
        """Take in a batch."""
        codes = sheet.used.code
        while len(self._descriptors.seen) > len(self._used):
            self._used = np.concatenate((self._used, np.full(len(self._used), -1)))
        rows = np.flatnonzero(codes >= 0)
        self._used[codes[rows]] = rows + sheet.first_row  # rising: the last one stays
        controls = sheet.rows(Trait.CONTROL)
        controls = controls[sheet.word(controls, 1) == _ADD]
        if len(controls):
            self._watched.update((sheet.columns.pid[controls] << 32 | sheet.fd(controls, 2)).tolist())
        pids, first = np.unique(sheet.columns.pid, return_index=True)
        last = len(sheet.columns.pid) - 1 - np.unique(sheet.columns.pid[::-1], return_index=True)[1]
        for pid, begin, end in zip(pids.tolist(), first.tolist(), last.tolist(), strict=True):
            self.begins.setdefault(pid, begin + sheet.first_row)
            self.ends[pid] = end + sheet.first_row

    def forgotten(self) -> tuple[Ints, Ints, Ints, Ints]:
        """Descriptors that were opened in the trace and stayed open as long as their process, and that no epoll
        watches: code, process, row of the opening, row of the last use."""
        lives = Lives(self._history, self._descriptors.seen)
        lives.update()
        code = np.arange(lives.count)
        pid = lives.key >> 32
        end = np.array([self.ends.get(each, 0) for each in pid.tolist()], np.int64).reshape(-1)
        stays = (lives.closed == OPEN) | (lives.closed >= end)
        watched = np.isin(lives.key, list(self._watched))
        kept = np.flatnonzero((lives.opened != BEFORE) & stays & ~watched)
        opened = lives.opened[kept].astype(np.int64)
        return code[kept], pid[kept], opened, np.maximum(self._used[kept], opened)

    def openings(self) -> dict[tuple[int, str], int]:
        """By process and opening call: how many descriptors were opened in the trace."""
        lives = Lives(self._history, self._descriptors.seen)
        lives.update()
        counts: dict[tuple[int, str], int] = {}
        for code in np.flatnonzero(lives.opened != BEFORE).tolist():
            each = self._descriptors.seen[code]
            key = each.pid, each.description.opened_by
            counts[key] = counts.get(key, 0) + 1
        return counts
