"""Descriptors that stay open although nobody uses them any more."""

from __future__ import annotations

from collections import Counter
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tracer.account.distinct import distinct
from tracer.analyze.descriptors.descriptors import Descriptors
from tracer.analyze.descriptors.history import BEFORE, History, Lives
from tracer.analyze.findings.sheet import Sheet
from tracer.analyze.findings.traits import Trait
from tracer.wire import Kind, When

Ints = NDArray[np.int64]

_DEL: Final = 2
_AT_THE_END: Final = 0.3
"""Of the time from the opening to the end of the process. Traced, closing many takes a while."""
_AT_ONCE: Final = 1 << 16
_STEP: Final = 8
"""A byte for each row of the recording is kept to know when it was."""


class Leaks:
    """When every descriptor was used last, and which a thread waits for."""

    def __init__(self, descriptors: Descriptors) -> None:
        """`descriptors` must not have taken in anything yet: they are asked to keep their history."""
        descriptors.history = descriptors.history or History()
        self._descriptors = descriptors
        self._lives = Lives(descriptors.history, descriptors.seen)
        self._used: Ints = np.full(1024, -1)
        self._moved: NDArray[np.bool_] = np.zeros(1024, np.bool_)
        """By code: whether data was read or written."""
        self._inside: dict[int, tuple[int, int]] = {}
        """By thread: the call it is inside (its row), and pid << 32 | fd of its descriptor."""
        self._last: dict[int, int] = {}
        """By thread: the row of its last call."""
        self._watched: set[int] = set()
        self.ends: dict[int, int] = {}
        """By process: the last row it has."""
        self._moments: list[Ints] = []
        """When every `_STEP`th row was, ns."""
        self._polled: dict[int, tuple[int, bytes]] = {}
        """By thread: its process and the last array it gave to poll."""
        self._selected: dict[int, tuple[int, bytes]] = {}
        """The same of the first set it gave to select."""

    def add(self, sheet: Sheet) -> None:
        """Take in a batch."""
        codes = sheet.used.code
        while len(self._descriptors.seen) > len(self._used):
            self._used = np.concatenate((self._used, np.full(len(self._used), -1)))
            self._moved = np.concatenate((self._moved, np.zeros(len(self._moved), np.bool_)))
        rows = np.flatnonzero((codes >= 0) & (sheet.trait & (Trait.CLOSE | Trait.NAME) == 0))
        self._used[codes[rows]] = rows + sheet.first_row  # rising: the last one stays
        moves = sheet.rows(Trait.READ | Trait.WRITE)
        moves = moves[(codes[moves] >= 0) & (sheet.columns.result[moves] > 0)]
        self._moved[codes[moves]] = True
        self._enter(sheet, codes)
        controls = sheet.rows(Trait.CONTROL)
        if len(controls):
            keys = sheet.columns.pid[controls] << 32 | sheet.fd(controls, 2)
            watched = dict(zip(keys.tolist(), (sheet.word(controls, 1) != _DEL).tolist(), strict=True))
            self._watched.difference_update([key for key, stays in watched.items() if not stays])
            self._watched.update([key for key, stays in watched.items() if stays])
        pids, where = distinct(sheet.columns.pid)
        place = np.arange(len(where)) + sheet.first_row
        last = np.empty(len(pids), np.int64)
        last[where] = place  # of several values for one place numpy keeps the last
        self.ends.update(zip(pids.tolist(), last.tolist(), strict=True))
        self._moments.append(sheet.columns.at_ns[-sheet.first_row % _STEP :: _STEP])
        self._keep(sheet, Trait.POLL, 0, self._polled)
        self._keep(sheet, Trait.SELECT, 1, self._selected)

    def _enter(self, sheet: Sheet, codes: Ints) -> None:
        """Which threads are inside a call, and on what."""
        kind = sheet.columns.kind
        entered = np.flatnonzero((kind == Kind.ENTERED) & (codes >= 0))
        if not len(entered) and not self._inside:
            return
        calls = np.flatnonzero((kind == Kind.ENTERED) | (kind == Kind.CALL))
        threads, rows = sheet.thread[calls].tolist(), (calls + sheet.first_row).tolist()
        self._last.update(zip(threads, rows, strict=True))
        keys = sheet.columns.pid[entered] << 32 | sheet.fd(entered)
        for thread, row, key in zip(sheet.thread[entered].tolist(), entered.tolist(), keys.tolist(), strict=True):
            self._inside[thread] = row + sheet.first_row, key

    def _keep(self, sheet: Sheet, trait: Trait, argument: int, into: dict[int, tuple[int, bytes]]) -> None:
        """The set each thread waits with last."""
        rows = sheet.rows(trait)
        if not len(rows):
            return
        threads, where = distinct(sheet.thread[rows])
        last = np.empty(len(threads), np.int64)
        last[where] = rows
        for thread, row in zip(threads.tolist(), last.tolist(), strict=True):
            content = sheet.columns.memory.argument(row, argument, When.ENTRY)
            if content:
                into[thread] = int(sheet.columns.pid[row]), content

    def moments(self, rows: Ints) -> Ints:
        """When rows were, to the `_STEP` rows."""
        known = np.concatenate(self._moments) if self._moments else np.zeros(1, np.int64)
        # Rows are in the order of their ends, and have the time of their beginning: a call that lasts looks early.
        known = np.maximum.accumulate(known)
        moments: Ints = known[np.minimum(rows // _STEP, len(known) - 1)]
        return moments

    def _waited_for(self) -> set[int]:
        """pid << 32 | fd of what was in a set that a thread waited with last, or of the call it is still inside."""
        found = set(self._watched)
        found |= {key for thread, (row, key) in self._inside.items() if self._last[thread] == row}
        for pid, content in self._polled.values():
            whole = np.frombuffer(content[: len(content) // 8 * 8], "<i4")[::2]
            found.update(pid << 32 | fd for fd in whole.tolist() if fd >= 0)
        for pid, content in self._selected.values():
            bits = np.unpackbits(np.frombuffer(content, np.uint8), bitorder="little")
            found.update(pid << 32 | fd for fd in np.flatnonzero(bits).tolist())
        return found

    def forgotten(self) -> tuple[Ints, Ints, Ints, Ints, Ints]:
        """Descriptors that were opened in the trace and stayed open as long as their process, and that nobody
        waits for: code, process, row of the opening, row of the last use, and 1 where data was moved."""
        lives = self._lives
        lives.update()
        code = np.arange(lives.count)
        pid = lives.key >> 32
        # The fork of a live run may be read before the first row of the child: nothing is known of its end.
        pids, where = distinct(pid)
        end = np.array([self.ends.get(each, -1) for each in pids.tolist()], np.int64)[where]
        shut = np.minimum(lives.closed.astype(np.int64), end)
        # What is closed at the very end only is not closed in time: an interpreter does so when it ends.
        over = self.moments(end)
        late = over - self.moments(shut) <= _AT_THE_END * (over - self.moments(np.maximum(lives.opened, 0)))
        stays = (end >= 0) & ((shut == end) | late)
        watched = np.isin(lives.key, list(self._waited_for()))
        kept = np.flatnonzero((lives.opened != BEFORE) & stays & ~watched)
        opened = lives.opened[kept].astype(np.int64)
        used = np.maximum(self._used[kept], opened)
        return code[kept], pid[kept], opened, used, self._moved[kept].astype(np.int64)

    def openings(self) -> dict[tuple[int, str], int]:
        """By process and opening call: how many descriptors were opened in the trace."""
        self._lives.update()
        codes = np.flatnonzero(self._lives.opened != BEFORE)
        descriptions = self._descriptors.seen.descriptions
        counts: Counter[tuple[int, str]] = Counter()
        for first in range(0, len(codes), _AT_ONCE):
            some = codes[first : first + _AT_ONCE]
            openers = [descriptions[code].opened_by for code in some.tolist()]
            counts.update(zip((self._lives.key[some] >> 32).tolist(), openers, strict=True))
        return counts
