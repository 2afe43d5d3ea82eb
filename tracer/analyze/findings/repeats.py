"""Calls made again and again although nothing can have changed: retries, empty looks, failing accepts.

*At rest*: a thread rested when it slept, or when a waiting call told it something. What it tries again without
having rested in between is a repeat. A stretch of a recording has no memory of the one before it, so the first
try of every stretch (65,536 rows) is not counted as a repeat.
"""

from __future__ import annotations

import errno
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tracer.analyze.findings.ledger import Ledger
from tracer.analyze.findings.sheet import Sheet, groups_of, previous_of
from tracer.analyze.findings.traits import READY, WAIT, Trait

Ints = NDArray[np.int64]

SLEPT_NS: Final = 20_000
"""Asleep for less is no rest: a lock handed over, or the noise of a hand-over between two CPUs."""
QUICK_LOOK_NS: Final = 100_000
"""User time between two looks with timeout 0: beyond this the thread computes, and looks in passing."""
_FULL: Final = (-errno.EMFILE, -errno.ENFILE)


class Repeats:
    """What was tried again in vain, by thread, call and descriptor."""

    def __init__(self) -> None:
        self.retries = Ledger()
        """Calls that gave EAGAIN, after one that gave EAGAIN, without a rest."""
        self.looks = Ledger()
        """Waits with timeout 0 that found nothing, after another one, without anything done in between."""
        self.refused = Ledger()
        """accepts that gave EMFILE or ENFILE, after one that did."""

    def add(self, sheet: Sheet) -> None:
        """Take in a batch."""
        wasted = sheet.columns.wasted
        if wasted.any():
            waits = sheet.trait & WAIT
            empty = np.flatnonzero(wasted & (waits == 0) & (sheet.trait & (Trait.FUTEX | Trait.LOOKUP) == 0))
            looks = np.flatnonzero(wasted & (sheet.trait & READY != 0))
            slept = sheet.columns.times.blocked > SLEPT_NS
            if len(empty):
                rested = slept | ((waits != 0) & ~wasted) | (sheet.trait & Trait.SLEEP != 0)
                sheet.enter(self.retries, _again(sheet, empty, rested))
            if len(looks):
                idle = wasted | (sheet.trait & Trait.TRIVIAL != 0)
                again = _again(sheet, looks, slept | ~idle)
                quick = sheet.columns.times.user[again] < QUICK_LOOK_NS
                number = np.where(sheet.trait[again] & Trait.EPOLL, sheet.fd(again), -1)
                sheet.enter(self.looks, again[quick], number[quick])
        if sheet.has(Trait.ACCEPT):
            self._accepts(sheet)

    def _accepts(self, sheet: Sheet) -> None:
        rows = sheet.rows(Trait.ACCEPT)
        full = np.isin(sheet.columns.result[rows], _FULL)
        if full.any():
            before = previous_of(groups_of(sheet.thread[rows], sheet.fd(rows)), rows)
            sheet.enter(self.refused, rows[full & (before >= 0) & full[before]])


def _again(sheet: Sheet, rows: Ints, rested: NDArray[np.bool_]) -> Ints:
    """Those of `rows` that come after one of the same thread, call and descriptor without a rest."""
    rests = sheet.rests(rows, rested)
    group = groups_of(sheet.thread[rows], sheet.columns.code[rows], sheet.fd(rows), rests)
    return rows[previous_of(group, rows) >= 0]
