"""Facts that single calls tell: big waiting sets, locks, interruptions, lost signals, failed lookups, syncs."""

from __future__ import annotations

import errno
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tracer.analyze.columns import FIRST_RESTART, LAST_RESTART
from tracer.analyze.findings.ledger import Ledger
from tracer.analyze.findings.repeats import SLEPT_NS
from tracer.analyze.findings.sheet import Sheet
from tracer.analyze.findings.traits import Trait
from tracer.wire import Kind, When

Ints = NDArray[np.int64]

MANY: Final = 64
"""Descriptors of a waiting set that is worth a look: a cache line of pollfds is 8, and this is 8 of them."""
NEAR_LIMIT: Final = 900
FD_SETSIZE: Final = 1024
"""select(2): the C library's fd_set has room for descriptors below this."""
_WAIT, _WAIT_BITSET, _WAKE, _WAKE_BITSET, _LOCK_PI, _LOCK_PI2 = 0, 9, 1, 10, 6, 13
"""Operations of futex(2)."""
_LOCKED: Final = 2
"""The value of a contended mutex: glibc (nptl/lowlevellock.c), musl, Rust's std and Go all wait with it."""
_SIGIO, _SI_KERNEL, _FIRST_REAL_TIME = 29, 0x80, 32
_F_SETSIG: Final = 10
"""fcntl(2): which signal to send instead of SIGIO."""
_LAST_POLL_CODE: Final = 6


class Others:
    """By thread, call and number."""

    def __init__(self) -> None:
        self.single = Ledger()
        """Wake-ups by a poll of one descriptor: that is a read with a timeout, and nothing else can wait."""
        self.sets = Ledger()
        """select and poll of many descriptors. amount = descriptors asked for, figure = the most."""
        self.ready = Ledger()
        """The same calls. amount = descriptors that were ready."""
        self.high = Ledger()
        """select near its limit. figure = the highest nfds."""
        self.locks = Ledger()
        """Waits for what may be a lock that another thread holds. number = place in `addresses`, amount = 1 where
        it is one for sure."""
        self.wakes = Ledger()
        """Wakings. number as in `locks`."""
        self.parked = Ledger()
        """Waits on a futex for as long as it takes, that are for no mutex and slept. number = -1."""
        self.passing = Ledger()
        """Waits on a futex for what is held for a moment: a mutex, or anything with a timeout. number = -1."""
        self.addresses: dict[tuple[int, int], int] = {}
        """Process and address of every lock."""
        self.interrupted = Ledger()
        self.lookups = Ledger()
        """Paths that were not there."""
        self.syncs = Ledger()
        self.overflows = Ledger()
        """Signals that did not fit into the queue. number = -1."""
        self.queued: set[int] = set()
        """Processes that get real-time signals about descriptors."""

    def add(self, sheet: Sheet) -> None:
        """Take in a batch."""
        if sheet.has(Trait.SELECT | Trait.POLL):
            self._sets(sheet)
        if sheet.has(Trait.FUTEX):
            self._locks(sheet)
        if len(sheet.negative):
            self._failures(sheet)
        syncs = sheet.rows(Trait.SYNC)
        sheet.enter(self.syncs, syncs, figure=sheet.columns.times.blocked[syncs])
        if sheet.has(Trait.CONFIGURE):
            rows = sheet.rows(Trait.CONFIGURE)
            real_time = (sheet.word(rows, 1) == _F_SETSIG) & (sheet.word(rows, 2) >= _FIRST_REAL_TIME)
            self.queued.update(sheet.columns.pid[rows[real_time]].tolist())
        self._signals(sheet)

    def _sets(self, sheet: Sheet) -> None:
        rows = sheet.rows(Trait.SELECT | Trait.POLL)
        select = sheet.trait[rows] & Trait.SELECT != 0
        many = np.where(select, sheet.word(rows, 0), sheet.word(rows, 1))
        high = select & (many >= NEAR_LIMIT) & (many <= 1 << 20)
        sheet.enter(self.high, rows[high], many[high] - 1, figure=many[high])
        single = ~select & (many == 1) & sheet.columns.wakeup[rows]
        sheet.enter(self.single, rows[single], np.full(int(single.sum()), -1))
        big = (many >= MANY) & (sheet.columns.result[rows] >= 0)
        none, rows, many = np.full(int(big.sum()), -1), rows[big], many[big]
        sheet.enter(self.sets, rows, none, amount=many, figure=many)
        sheet.enter(self.ready, rows, none, amount=sheet.columns.result[rows])

    def _locks(self, sheet: Sheet) -> None:
        rows = sheet.rows(Trait.FUTEX)
        operation, value = sheet.word(rows, 1) & 0x7F, sheet.word(rows, 2)
        sure = np.isin(operation, (_LOCK_PI, _LOCK_PI2))
        waits = np.isin(operation, (_WAIT, _WAIT_BITSET))
        sure |= waits & (value == _LOCKED)
        untimed = sheet.argument(rows, 3) == 0
        parked = waits & untimed & ~sure & (sheet.columns.times.blocked[rows] > SLEPT_NS)
        for ledger, each in ((self.parked, rows[parked]), (self.passing, rows[sure | (waits & ~untimed)])):
            sheet.enter(ledger, each, np.full(len(each), -1))
        waits &= untimed  # who waits for a lock mostly does so without a timeout
        blocked = sheet.columns.times.blocked[rows]
        for ledger, found in ((self.locks, sure | waits), (self.wakes, np.isin(operation, (_WAKE, _WAKE_BITSET)))):
            number = self._numbers(sheet, rows[found])
            sheet.enter(ledger, rows[found], number, figure=blocked[found], amount=sure[found].astype(np.int64))

    def _numbers(self, sheet: Sheet, rows: Ints) -> Ints:
        """The lock of each row, by process and address."""
        pairs = zip(sheet.columns.pid[rows].tolist(), sheet.argument(rows, 0).tolist(), strict=True)
        return np.array([self.addresses.setdefault(pair, len(self.addresses)) for pair in pairs], np.int64)

    def _failures(self, sheet: Sheet) -> None:
        rows = sheet.negative
        result, trait = sheet.columns.result[rows], sheet.trait[rows]
        cut = (result == -errno.EINTR) | ((result <= -FIRST_RESTART) & (result >= -LAST_RESTART))
        cut &= trait & Trait.INTERRUPTED == 0
        found = rows[cut]
        number = np.where(sheet.used.code[found] >= 0, sheet.fd(found), -1)
        sheet.enter(self.interrupted, found, number)
        absent = (trait & Trait.LOOKUP != 0) & ((result == -errno.ENOENT) | (result == -errno.ENOTDIR))
        found = rows[absent]
        sheet.enter(self.lookups, found, np.full(len(found), -1))
        refused = rows[(trait & Trait.QUEUE != 0) & (result == -errno.EAGAIN)]
        sheet.enter(self.overflows, refused, np.full(len(refused), -1))

    def _signals(self, sheet: Sheet) -> None:
        columns = sheet.columns
        rows = np.flatnonzero(columns.kind == Kind.SIGNAL)
        signal, code = columns.nr[rows], sheet.word(rows, 0)
        names = np.array([fact.name.startswith("rt_sigtimedwait") for fact in sheet.facts])
        if names.any():
            taken = np.flatnonzero(columns.returned & names[columns.code] & (columns.result > 0))
            codes = [_code(columns.memory.argument(row, 1, When.EXIT)) for row in taken.tolist()]
            rows = np.concatenate((rows, taken))
            signal = np.concatenate((signal, columns.result[taken]))
            code = np.concatenate((code, np.array(codes, np.int64)))
        if not len(rows):
            return
        about = (signal >= _FIRST_REAL_TIME) & (code >= 1) & (code <= _LAST_POLL_CODE)
        self.queued.update(sheet.columns.pid[rows[about]].tolist())
        full = rows[(signal == _SIGIO) & (code == _SI_KERNEL)]
        sheet.enter(self.overflows, full, np.full(len(full), -2))


def _code(info: bytes | None) -> int:
    """si_code of a captured siginfo, 0 when it was not kept."""
    return int.from_bytes(info[8:12], "little") if info is not None and len(info) >= 12 else 0
