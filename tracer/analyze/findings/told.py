"""What threads were told is ready, and what was then done about it: chains of events on every descriptor."""

from __future__ import annotations

import errno
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tracer.account.distinct import distinct
from tracer.analyze.findings.ledger import Ledger
from tracer.analyze.findings.repeats import SLEPT_NS
from tracer.analyze.findings.sheet import Sheet, groups_of, previous_of
from tracer.analyze.findings.traits import Trait
from tracer.analyze.interests import UNKNOWN, found_at
from tracer.analyze.transferring import TRANSFERS
from tracer.syscalls.objects import Object
from tracer.wire import Kind, When

Ints = NDArray[np.int64]

ADD, DEL, MOD = 1, 2, 3
EDGE: Final = 1 << 31
ONESHOT: Final = 1 << 30
"""EPOLLET, EPOLLONESHOT (uapi/linux/eventpoll.h)."""
_TOLD, _ACTED, _FULL, _EMPTY, _MISSED = 0, 1, 2, 3, 4
"""Reported as ready; something was transferred, or it was closed; a transfer took all it asked for, so that more
may be there; there was nothing (EAGAIN); the same, and it was the first thing tried after the report."""
_COUNTER: Final = 8
"""Bytes of an eventfd or a timerfd: one read takes all."""
_SECOND: Final = {"sendfile": 1, "sendfile64": 1, "tee": 1, "splice": 2, "copy_file_range": 2}


class Told:
    """By thread, call and descriptor."""

    def __init__(self) -> None:
        self.reports = Ledger()
        """Descriptors reported as ready."""
        self.unconsumed = Ledger()
        """Reported again, at once, although nothing was done about the report before. The call is the wait."""
        self.lost = Ledger()
        """Reported, and then there was nothing: somebody else had been quicker. The call is the one that failed."""
        self.undrained = Ledger()
        """Edge-triggered, and reported again after a transfer that may have left something. The call is that
        transfer."""
        self.edges = Ledger()
        """Edge-triggered, and reported."""
        self.handed = Ledger()
        """Wake-ups that reported a one-shot descriptor (EPOLLONESHOT: to nobody else), which another thread then
        served. The call is the wait, number = -1."""
        self.churn = Ledger()
        """Registrations changed, or added again by the thread that removed them: where another one did, the
        descriptor is handed over. number = the registered descriptor, amount = 1 for MOD."""
        self._any_edge = False
        self._any_oneshot = False
        self._registered: dict[int, int] = {}
        """Events of pid << 32 | fd, as last registered."""

    def add(self, sheet: Sheet) -> None:
        """Take in a batch."""
        births = np.flatnonzero(sheet.columns.kind == Kind.SPAWN)
        for row in births.tolist():
            self._found(int(sheet.columns.pid[row]), found_at(sheet.columns, row))
        if sheet.has(Trait.CONTROL):
            self._controls(sheet)
        if len(sheet.ready.row):
            self._follow(sheet)

    def _found(self, pid: int, lists: dict[int, list[tuple[int, int, int]]]) -> None:
        """What was registered before the trace began."""
        for entries in lists.values():
            self._any_edge |= any(events & EDGE for _, events, _ in entries)
            self._any_oneshot |= any(events & ONESHOT for _, events, _ in entries)
            self._registered.update((pid << 32 | fd, events) for fd, events, _ in entries)

    def _controls(self, sheet: Sheet) -> None:
        controls = sheet.rows(Trait.CONTROL)
        events = np.zeros(len(sheet.trait), np.int64)
        wanted = sheet.trait & Trait.CONTROL != 0
        pieces = sheet.columns.memory.pieces(wanted, (3,), When.ENTRY)
        whole = pieces.size >= 4
        at = pieces.start[whole][:, None] + np.arange(4)
        events[pieces.row[whole]] = np.ascontiguousarray(pieces.content[at]).view("<u4").reshape(-1)
        controls = controls[sheet.columns.result[controls] == 0]
        if not len(controls):
            return
        key = sheet.columns.pid[controls] << 32 | sheet.fd(controls, 2)
        operation = sheet.word(controls, 1)
        kept = operation != DEL
        self._any_edge |= bool((events[controls[kept]] & EDGE).any())
        self._any_oneshot |= bool((events[controls[kept]] & ONESHOT).any())
        self._registered.update(zip(key[kept].tolist(), events[controls[kept]].tolist(), strict=True))
        self._churn(sheet, controls, key, operation, events)

    def _churn(self, sheet: Sheet, controls: Ints, key: Ints, operation: Ints, events: Ints) -> None:
        closes = sheet.rows(Trait.CLOSE)
        rows = np.concatenate((controls, closes))
        keys = np.concatenate((key, sheet.columns.pid[closes] << 32 | sheet.fd(closes)))
        does = np.concatenate((operation, np.zeros(len(closes), np.int64)))
        before = previous_of(groups_of(keys), rows)[: len(controls)]
        rearms = (operation == MOD) & (events[controls] & ONESHOT != 0)
        changed = (operation == MOD) & ~rearms
        own = sheet.thread[controls] == sheet.thread[rows[before]]
        again = (operation == ADD) & (before >= 0) & (does[before] == DEL) & own
        found = controls[changed | again]
        amount = (changed[changed | again]).astype(np.int64)
        sheet.enter(self.churn, found, sheet.fd(found, 2), amount=amount)

    def _follow(self, sheet: Sheet) -> None:
        row, fd, what = _events(sheet)
        key = sheet.columns.pid[row] << 32 | fd
        code = groups_of(key)
        before = previous_of(code, row)
        told = what == _TOLD
        nothing = np.zeros(int(told.sum()), np.int64)
        sheet.enter(self.reports, row[told], fd[told], cpu=nothing, blocked=nothing)
        empty = np.flatnonzero(what == _EMPTY)
        if len(empty):
            own = _own(sheet, row, code, before, empty)
            missed = empty[(own >= 0) & (what[own] == _TOLD)]
            what[missed] = _MISSED
            sheet.enter(self.lost, row[missed], fd[missed])
        after = np.where(before >= 0, what[before], -1)
        again = np.flatnonzero(told & ((after == _TOLD) | (after == _MISSED)) & (row[before] != row))
        again = again[sheet.columns.times.blocked[row[again]] <= SLEPT_NS]
        if len(again):
            # What it costs is all that the thread did since it was told before.
            rows, earlier = row[again], row[before[again]]
            spent = np.concatenate(([0], np.cumsum(sheet.cpu[sheet.line])))[sheet.place + 1]
            same = sheet.thread[rows] == sheet.thread[earlier]
            cost = np.where(same, spent[rows] - spent[earlier], sheet.cpu[rows])
            sheet.enter(self.unconsumed, rows, fd[again], cpu=cost)
        self._handed(sheet, row, told, key, before)
        self._edges(sheet, row, fd, told, after, key, before)

    def _handed(self, sheet: Sheet, row: Ints, told: NDArray[np.bool_], key: Ints, before: Ints) -> None:
        if not self._any_oneshot:
            return
        served = np.flatnonzero((before >= 0) & ~told & told[before])
        served = served[sheet.thread[row[served]] != sheet.thread[row[before[served]]]]
        once = [bool(self._registered.get(each, 0) & ONESHOT) for each in key[served].tolist()]
        reports = np.unique(row[before[served[np.array(once, np.bool_)]]])
        sheet.enter(self.handed, reports, np.full(len(reports), -1))

    def _edges(
        self, sheet: Sheet, row: Ints, fd: Ints, told: NDArray[np.bool_], after: Ints, key: Ints, before: Ints
    ) -> None:
        if not self._any_edge:
            return
        keys, which = distinct(key)
        edge = np.array([bool(self._registered.get(each, 0) & EDGE) for each in keys.tolist()])
        on_edge = told & edge[which]
        sheet.enter(self.edges, row[on_edge], fd[on_edge])
        undrained = on_edge & (after == _FULL)
        reads = row[before[undrained]]  # the transfer that stopped too early, by the thread that made it
        sheet.enter(self.undrained, reads, fd[undrained])


def _own(sheet: Sheet, row: Ints, code: Ints, before: Ints, asked: Ints) -> Ints:
    """For the `asked` events: like `before`, the event before on the descriptor, but by the same thread."""
    thread, known = sheet.thread[row], before[asked]
    if ((thread[asked] == thread[known]) | (known < 0)).all():  # as a rule: then there is nothing to look for
        return known
    return previous_of(groups_of(code, thread), row)[asked]


def _events(sheet: Sheet) -> tuple[Ints, Ints, Ints]:
    """Row, descriptor and kind of everything that happened to descriptors."""
    result = sheet.columns.result
    moves = np.array([fact.name in TRANSFERS or fact.name == "getsockopt" for fact in sheet.facts])
    rows = np.flatnonzero(sheet.columns.returned & moves[sheet.columns.code])
    value, trait = result[rows], sheet.trait[rows]
    reads = trait & Trait.READ != 0
    what = np.full(len(rows), _ACTED)
    asked = np.where(trait & Trait.NUMBER, sheet.word(rows, 2), np.iinfo(np.int64).max)
    things = sheet.used.things[rows]
    single = (things == Object.EVENTFD) | (things == Object.SIGNALFD) | (asked == _COUNTER)
    what[(reads & (value == asked) & ~single) | ((trait & Trait.ACCEPT != 0) & (value >= 0))] = _FULL
    what[value == -errno.EAGAIN] = _EMPTY
    # The end of file stays: who reads it and goes on watching is told again. Other failures change nothing either,
    # but for want of descriptors there is a rule of its own.
    nothing = (reads & (value == 0)) | ((value < 0) & (value != -errno.EAGAIN) & (trait & Trait.ACCEPT == 0))
    rows, what = rows[~nothing], what[~nothing]
    closes = sheet.rows(Trait.CLOSE)
    controls = sheet.rows(Trait.CONTROL)
    removed = controls[sheet.word(controls, 1) == DEL]
    second = [(_named(sheet, name), at) for name, at in _SECOND.items()]
    inner = np.flatnonzero((sheet.trait & Trait.EPOLL != 0) & sheet.columns.wakeup)
    # Of a descriptor whose registration was not seen nothing can be said.
    known = sheet.ready.fd != UNKNOWN
    parts = [
        (sheet.ready.row[known], sheet.ready.fd[known], _TOLD),
        (closes, sheet.fd(closes), _ACTED),
        (removed, sheet.fd(removed, 2), _ACTED),
        (inner, sheet.fd(inner), _ACTED),
        *((each, sheet.fd(each, at), _ACTED) for each, at in second),
    ]
    row = np.concatenate([rows, *(part[0] for part in parts)])
    fd = np.concatenate([sheet.fd(rows), *(part[1] for part in parts)])
    kinds = np.concatenate([what, *(np.full(len(part[0]), part[2]) for part in parts)])
    # A report comes before what is done about it; both may be one row where an epoll is watched itself.
    order = np.argsort(row * 2 + (kinds != _TOLD), kind="stable")
    return row[order], fd[order] & 0xFFFFFFFF, kinds[order]


def _named(sheet: Sheet, name: str) -> Ints:
    """The rows of this call that moved something."""
    codes = [code for code, fact in enumerate(sheet.facts) if fact.name == name]
    if not codes:
        return np.zeros(0, np.int64)
    rows = np.flatnonzero(np.isin(sheet.columns.code, codes))
    return rows[sheet.columns.returned[rows] & (sheet.columns.result[rows] > 0)]
