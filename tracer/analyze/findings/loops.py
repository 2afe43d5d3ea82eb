"""Event loops: what a thread did between the return of one wait for descriptors and the next one.

A *lap* is the time from the return of a wait to the entry of the thread's next one, without the time it waited for
a CPU, which is not its own doing. Who takes a connection has looked for news as well, so an accept ends a lap and
begins one: a server that accepts until nobody is there waits only then, however many it has served. What happens
before the first wait and after the last one is not in the loop.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from tracer.analyze.findings.ledger import Ledger
from tracer.analyze.findings.sheet import Sheet
from tracer.analyze.findings.traits import READY, WAIT, Trait
from tracer.analyze.histogram import Histograms

Ints = NDArray[np.int64]

LONG_NS: Final = 50_000_000
"""A lap that clients notice; asyncio's debug mode complains from 100 ms on."""
HELD_NS: Final = 1_000_000
"""A call that slept this long held the loop."""
_MOST_PENDING: Final = 1_000


class Loops:
    """By thread."""

    def __init__(self) -> None:
        self.laps = Histograms()
        """By set of phases << 32 | thread, ns."""
        self.lap = Ledger()
        """Every lap. The call is what ended it; amount = its ns, figure = the longest."""
        self.long = Ledger()
        """Laps of LONG_NS and more. The call is what took longest in the lap, itself or what led up to it: cpu =
        all user and kernel time of the lap, blocked = what it slept, figure = the longest lap."""
        self.held = Ledger()
        """Calls in a lap that slept for HELD_NS and more. figure = the longest sleep."""
        self._since: dict[int, int] = {}
        """By thread: own time since it last looked for news, in earlier batches."""
        self._pending: dict[int, list[tuple[tuple[int, int, int, int], tuple[int, int, int]]]] = {}
        """By thread: calls that slept since its last wait. In a loop only when it waits again."""

    def add(self, sheet: Sheet) -> None:
        """Take in a batch."""
        if not (sheet.has(READY) or self._since):
            return
        line = sheet.line
        if not len(line):
            return
        total = np.concatenate(([0], np.cumsum(sheet.own[line])))
        waits = np.flatnonzero((sheet.trait[line] & READY) != 0)
        looks = np.flatnonzero((sheet.trait[line] & (READY | Trait.ACCEPT)) != 0)
        thread = sheet.thread[line]
        starts = np.flatnonzero(np.concatenate(([True], thread[1:] != thread[:-1])))
        ends = np.append(starts[1:], len(line))
        self._laps(sheet, line, total, looks)
        self._hold(sheet, line, waits, starts, ends)
        self._edges(sheet, line, total, looks, starts, ends)

    def _laps(self, sheet: Sheet, line: Ints, total: Ints, looks: Ints) -> None:
        """Laps that begin and end in this batch."""
        if len(looks) < 2:
            return
        begin, end = looks[:-1], looks[1:]
        same = sheet.thread[line[begin]] == sheet.thread[line[end]]
        begin, end = begin[same], end[same]
        times = sheet.columns.times
        inside = (times.kernel + times.blocked)[line[end]]
        lap = total[end + 1] - inside - total[begin + 1]
        rows = line[end]
        sheet.enter(self.lap, rows, np.full(len(rows), -1), amount=lap, figure=lap)
        self.laps.add(sheet.within[rows] << 32 | sheet.thread[rows], lap)
        for at in np.flatnonzero(lap >= LONG_NS).tolist():
            self._long(sheet, line[int(begin[at]) + 1 : int(end[at]) + 1], int(lap[at]))

    def _long(self, sheet: Sheet, rows: Ints, lap: int) -> None:
        """One long lap: its calls, the wait or accept that ended it last."""
        times = sheet.columns.times
        own = sheet.own[rows].copy()
        inside = times.kernel[rows[-1]] + times.blocked[rows[-1]]
        own[-1] -= inside
        worst = rows[int(np.argmax(own))][None]
        blocked = int(times.blocked[rows[:-1]].sum())
        sheet.enter(
            self.long, worst, figure=np.array([lap]), amount=np.array([int(own.max())]),
            cpu=np.array([lap - blocked]), blocked=np.array([blocked]),
        )  # fmt: skip

    def _edges(self, sheet: Sheet, line: Ints, total: Ints, looks: Ints, starts: Ints, ends: Ints) -> None:
        """Laps over the end of a batch."""
        times = sheet.columns.times
        firsts, lasts = np.searchsorted(looks, starts), np.searchsorted(looks, ends)
        for start, end, first, last in zip(
            starts.tolist(), ends.tolist(), firsts.tolist(), lasts.tolist(), strict=True
        ):
            thread = int(sheet.thread[line[start]])
            if first == last:
                if thread in self._since:
                    self._since[thread] += int(total[end] - total[start])
                continue
            if thread in self._since:
                at = int(looks[first])
                inside = int(times.kernel[line[at]] + times.blocked[line[at]])
                within = int(total[at + 1] - total[start]) - inside
                lap, row = self._since[thread] + within, line[at][None]
                sheet.enter(self.lap, row, np.array([-1]), amount=np.array([lap]), figure=np.array([lap]))
                self.laps.add(sheet.within[row] << 32 | thread, np.array([lap]))
                if lap >= LONG_NS:
                    self._long(sheet, line[start : at + 1], lap)
            self._since[thread] = int(total[end] - total[int(looks[last - 1]) + 1])

    def _hold(self, sheet: Sheet, line: Ints, waits: Ints, starts: Ints, ends: Ints) -> None:
        """Calls that slept in the loop."""
        times = sheet.columns.times
        slept = np.flatnonzero(times.blocked[line] >= HELD_NS)
        slept = slept[(sheet.trait[line[slept]] & (WAIT | Trait.FUTEX)) == 0]
        if not len(slept) and not self._pending:
            return
        part = np.searchsorted(starts, slept, side="right") - 1
        begin, end = starts[part], ends[part]
        later = np.searchsorted(waits, slept)
        comes = (later < len(waits)) & (np.append(waits, -1)[np.minimum(later, len(waits))] < end)
        earlier = later - 1
        came = (earlier >= 0) & (np.append(waits, -1)[earlier] >= begin)
        known = np.array([int(each) in self._since for each in sheet.thread[line[slept]]], np.bool_)
        rows = line[slept]
        number = np.where(sheet.used.code[rows] >= 0, sheet.fd(rows), -1)
        for each in np.unique(sheet.thread[line[waits]]).tolist():
            for key, (blocked, cpu, row) in self._pending.pop(int(each), ()):
                parts = tuple(np.array([value]) for value in key)
                one = np.array([blocked])
                self.held.add(
                    (parts[0], parts[1], parts[2], parts[3]), np.array([cpu]), one, one * 0, one, np.array([row])
                )
        inside = (came | known) & comes
        blocked = times.blocked[rows]
        sheet.enter(self.held, rows[inside], number[inside], figure=blocked[inside])
        for at in np.flatnonzero((came | known) & ~comes).tolist():
            row = int(rows[at])
            thread = int(sheet.thread[row])
            pending = self._pending.setdefault(thread, [])
            if len(pending) < _MOST_PENDING:
                key = (int(sheet.within[row]), thread, int(sheet.columns.code[row]), int(number[at]))
                pending.append((key, (int(blocked[at]), int(sheet.cpu[row]), row + sheet.first_row)))
