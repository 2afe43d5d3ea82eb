"""Runs of small calls on one descriptor, and data that is only passed through."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from tracer.analyze.findings.ledger import Ledger
from tracer.analyze.findings.repeats import SLEPT_NS
from tracer.analyze.findings.sheet import Sheet, groups_of, previous_of
from tracer.analyze.findings.traits import WAIT, Trait
from tracer.wire import When

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]

TINY: Final = 64
"""Bytes: entering the kernel costs more than copying them."""
SMALL: Final = 2048
"""Bytes of a message that goes alone: up to an Ethernet frame, and somewhat more."""
_NEAR: Final = 3
"""A run of tiny calls may have others in between: what is read is written somewhere."""
PASSED: Final = 4096
"""Bytes: below, the copies cost next to nothing."""
_COMPARED: Final = 8
"""Pairs of a batch whose contents are compared."""


class Runs:
    """By thread, call and descriptor."""

    def __init__(self) -> None:
        self.tiny = Ledger()
        """Reads and writes of a few bytes, soon after another one. amount = bytes."""
        self.alone = Ledger()
        """Messages sent or received one by one, directly after another one. amount = bytes."""
        self.passed = Ledger()
        """Reads of which the same bytes were written from the same buffer by the next call. amount = bytes,
        figure = descriptor written to, cpu = kernel time of both."""
        self.changed: set[tuple[int, int]] = set()
        """Thread and descriptor of which the program changes the bytes before it passes them on."""

    def add(self, sheet: Sheet) -> None:
        """Take in a batch."""
        moving = Trait.READ | Trait.WRITE
        if not sheet.has(moving):
            return
        result = sheet.columns.result
        moved = (sheet.trait & moving != 0) & (result > 0)
        awake = sheet.columns.times.blocked < SLEPT_NS
        small = np.flatnonzero(moved & (result <= SMALL) & awake)
        if len(small):
            tiny = small[result[small] <= TINY]
            tiny = tiny[(sheet.trait[tiny] & Trait.WRITE != 0) | (sheet.word(tiny, 2) <= TINY)]
            self._run(sheet, self.tiny, tiny[sheet.trait[tiny] & Trait.NUMBER != 0], _NEAR)
            self._run(sheet, self.alone, small[sheet.trait[small] & Trait.MESSAGE != 0], 1)
        if sheet.has(Trait.READ) and sheet.has(Trait.WRITE):
            self._pass(sheet, np.flatnonzero((sheet.trait & Trait.READ != 0) & (result >= PASSED)))

    def _run(self, sheet: Sheet, ledger: Ledger, rows: Ints, near: int) -> None:
        if len(rows) < 2:
            return
        place = sheet.place[rows]
        # Who sleeps or waits in between answers somebody, and has nothing to gather.
        rested = (sheet.columns.times.blocked > SLEPT_NS) | (sheet.trait & WAIT != 0)
        rests = sheet.rests(rows, rested)
        before = previous_of(groups_of(sheet.thread[rows], sheet.columns.code[rows], sheet.fd(rows), rests), place)
        follows = (before >= 0) & (place - place[before] <= near)
        rows = rows[follows & ~self._answered(sheet, rows, place, place[before], near)]
        sheet.enter(ledger, rows, amount=sheet.columns.result[rows])

    def _answered(self, sheet: Sheet, rows: Ints, place: Ints, before: Ints, near: int) -> Mask:
        """Whether bytes went the other way on the same descriptor since the call before: a request and its answer,
        which cannot be gathered even when the other side is so fast that nobody sleeps."""
        answered: Mask = np.zeros(len(rows), bool)
        moving = int(Trait.READ | Trait.WRITE)
        for back in range(1, near):
            between = place - back > before
            earlier = sheet.line[np.where(between, place - back, place)]
            other = sheet.trait[earlier] & moving & ~sheet.trait[rows] != 0
            numbered = sheet.trait[earlier] & Trait.NUMBER != 0
            went = numbered & (sheet.columns.result[earlier] > 0) & (sheet.fd(earlier) == sheet.fd(rows))
            answered |= between & other & went
        return answered

    def _pass(self, sheet: Sheet, reads: Ints) -> None:
        place = sheet.place[reads] + 1
        reads, place = reads[place < len(sheet.line)], place[place < len(sheet.line)]
        writes = sheet.line[place]
        result = sheet.columns.result
        same = (sheet.thread[writes] == sheet.thread[reads]) & (sheet.trait[writes] & Trait.WRITE != 0)
        numbered = (sheet.trait[writes] & Trait.NUMBER != 0) & (sheet.trait[reads] & Trait.NUMBER != 0)
        same &= numbered & (sheet.argument(writes, 1) == sheet.argument(reads, 1))
        same &= (sheet.argument(writes, 2) == result[reads]) & (result[writes] > 0)
        reads, writes = reads[same], writes[same]
        if not len(reads):
            return
        self._compare(sheet, reads, writes)
        kernel = sheet.columns.times.kernel
        cpu = kernel[reads] + kernel[writes]
        sheet.enter(self.passed, reads, amount=result[writes], figure=sheet.fd(writes), cpu=cpu)

    def _compare(self, sheet: Sheet, reads: Ints, writes: Ints) -> None:
        """Whether the first bytes, where they were kept, are the same in both calls."""
        memory = sheet.columns.memory
        step = max(1, len(reads) // _COMPARED)
        for read, write in zip(reads[::step].tolist(), writes[::step].tolist(), strict=True):
            came, went = memory.argument(read, 1, When.EXIT), memory.argument(write, 1, When.ENTRY)
            if came and went and came != went[: len(came)]:
                self.changed.add((int(sheet.thread[read]), int(sheet.fd(np.array([read]))[0])))
