"""Threads that sleep, look whether there is something, and sleep again."""

from __future__ import annotations

import errno

import numpy as np
from numpy.typing import NDArray

from tracer.analyze.findings.ledger import Ledger
from tracer.analyze.findings.sheet import Sheet
from tracer.analyze.findings.traits import READY, WAIT, Trait

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]


class Resting:
    """Sleeps after which the thread only looked, in vain, before it slept again."""

    def __init__(self) -> None:
        self.fruitless = Ledger()
        """The call is the look, number its descriptor; blocked = time asleep, figure = the longest sleep."""

    def add(self, sheet: Sheet) -> None:
        """Take in a batch."""
        sleeps = _sleeps(sheet)
        if not sleeps.any():
            return
        line = sheet.line
        at = np.flatnonzero(sleeps[line])
        thread = sheet.thread[line[at]]
        looks = np.flatnonzero(_empty(sheet)[line])
        done = np.concatenate(([0], np.cumsum(_fruitful(sheet)[line])))
        seen = np.searchsorted(looks, at)
        # Between the sleep before and this one: something found empty, nothing that brought anything.
        same = thread[1:] == thread[:-1]
        vain = same & (seen[1:] > seen[:-1]) & (done[at[1:]] == done[at[:-1]])
        sleep, look = line[at[1:][vain]], line[looks[seen[1:][vain] - 1]]
        blocked = sheet.columns.times.blocked[sleep]
        cpu = np.concatenate(([0], np.cumsum(sheet.cpu[line])))
        spent = (cpu[at[1:]] - cpu[at[:-1]])[vain]
        polled = sheet.trait[look] & (Trait.LOOKUP | Trait.CHILD | Trait.POLL | Trait.SELECT) == 0
        number = np.where(polled, sheet.fd(look), -1)
        sheet.enter(self.fruitless, look, number, blocked=blocked, figure=blocked, cpu=spent)


def _sleeps(sheet: Sheet) -> Mask:
    """nanosleep, and waits for no descriptor at all that serve as one."""
    answer: Mask = sheet.trait & Trait.SLEEP != 0
    rows = sheet.rows(Trait.SELECT | Trait.POLL)
    if len(rows):
        many = np.where(sheet.trait[rows] & Trait.SELECT, sheet.word(rows, 0), sheet.word(rows, 1))
        answer[rows[(many == 0) & (sheet.columns.times.blocked[rows] > 0)]] = True
    return answer


def _empty(sheet: Sheet) -> Mask:
    """Looks that found nothing: EAGAIN, no child has ended, no such file, the end of a file that may grow."""
    result, trait = sheet.columns.result, sheet.trait
    answer: Mask = sheet.columns.wasted.copy()
    answer |= (trait & Trait.CHILD != 0) & (result == 0)
    answer |= (trait & Trait.LOOKUP != 0) & (result == -errno.ENOENT)
    answer |= (trait & Trait.READ != 0) & (result == 0) & (trait & Trait.MESSAGE == 0)
    answer &= trait & Trait.FUTEX == 0
    return answer


def _fruitful(sheet: Sheet) -> Mask:
    """Calls that brought something, or that waited properly."""
    result, trait = sheet.columns.result, sheet.trait
    gets = (trait & (Trait.READ | Trait.ACCEPT) != 0) & (result > 0)
    told = (trait & WAIT != 0) & ~sheet.columns.wasted & ((trait & READY == 0) | (result > 0))
    ended = (trait & Trait.CHILD != 0) & (result > 0)
    answer: Mask = gets | told | ended
    return answer
