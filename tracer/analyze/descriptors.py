"""Which descriptor every call used, and what it was: the table of each process as the trace saw it change.

A descriptor is one *generation* of a number in a process: when 7 is closed and opened again, that is another
one. Only calls that change a table are looked at one by one (`tracer.analyze.descriptor_tables`); all others find
their descriptor by a search in the sorted changes.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tracer.analyze.calls import CallCodes
from tracer.analyze.changes import Accepted, Change, Close, Copied, Opened, Received, Shared
from tracer.analyze.columns import Columns
from tracer.analyze.descriptor_tables import CLOSED, Descriptor, State, Tables
from tracer.analyze.inherited import inherited_of
from tracer.analyze.openings import changes_by, changes_of
from tracer.analyze.requests import common_object, requests_of
from tracer.syscalls.objects import Object
from tracer.wire import Kind, Spawn

Ints = NDArray[np.int64]
Planned = tuple[int, tuple[Change, ...]]
"""A row, and the changes it makes."""
_COPIED_TABLE: Final = (Spawn.FORK, Spawn.VFORK, Spawn.CLONE)
_BEFORE_US: Final = (Spawn.START, Spawn.ATTACH)


class Used(NamedTuple):
    """The descriptor of every row of a batch, as it was at the call's entry."""

    code: Ints
    """Place in `Descriptors.seen`; CLOSED (-1) where there is none."""
    things: NDArray[np.uint8]
    """What it is (`tracer.syscalls.objects.Object`), as far as copies depend on it."""
    nonblocking: NDArray[np.int8]
    """1 or 0: whether O_NONBLOCK was set; -1 where that is not known."""


NOTHING_USED: Final = Used(np.zeros(0, np.int64), np.zeros(0, np.uint8), np.zeros(0, np.int8))
"""That of a batch without rows."""


class Descriptors:
    """The tables of all processes; `seen` lists every descriptor, its position is its code."""

    def __init__(self) -> None:
        self._tables = Tables()
        self._threads: dict[int, int] = {}
        """Threads alive by process, as far as their births were seen."""

    @property
    def seen(self) -> list[Descriptor]:
        """Every descriptor there ever was."""
        return self._tables.seen

    def of(self, columns: Columns, codes: CallCodes) -> Used:
        """The descriptor every row used. Follows the changes the batch makes; batches must come in order."""
        rows, fds = _uses(columns, codes)
        requests = requests_of(columns, codes)
        all_rows, all_fds = np.concatenate((rows, requests.row)), np.concatenate((fds, requests.fd))
        planned = list(_planned(columns, codes))
        owners = self._owners(columns.pid[all_rows], all_rows, planned, columns)
        keys, where = np.unique(owners << 32 | all_fds, return_inverse=True)
        known = columns.result[all_rows] != -errno.EBADF
        self._adopt(keys, where[known], all_rows[known], planned, columns)
        start = [self._tables.state(key) for key in keys.tolist()]
        found = _after_changes(start, keys, where, all_rows, self._follow(columns, planned), len(columns.kind))
        found = np.where(known, found, _NONE)
        return _used(len(columns.kind), rows, found[:, : len(rows)], common_object(requests, found[1, len(rows) :]))

    def _owners(self, pid: Ints, rows: Ints, planned: list[Planned], columns: Columns) -> Ints:
        """The process whose table each row uses: tables may be shared already, or from some row on."""
        owners = pid
        for process, owner in self._tables.shared.items():
            owners = np.where(pid == process, owner, owners)
        for row, changes in planned:
            if changes and type(changes[0]) is Shared:
                owners = np.where((pid == changes[0].child) & (rows > row), columns.pid[row], owners)
        return owners

    def _adopt(self, keys: Ints, where: Ints, rows: Ints, planned: list[Planned], columns: Columns) -> None:
        """Descriptors that are used before the trace saw them opened were there before us.

        In a process that is born in this batch they come from its parent: `Tables.fork` says then what they are.
        """
        first_use = dict(zip(*(each.tolist() for each in np.unique(where, return_index=True)), strict=True))
        unseen = [(int(keys[index]), int(rows[at])) for index, at in first_use.items()]
        unseen = [(key, row) for key, row in unseen if not self._tables.knows(key)]
        if not unseen:
            return
        opened = _first_openings(planned, columns)
        for key, row in unseen:
            if row <= opened.get(key, row):
                self._tables.adopt(key)

    def _follow(self, columns: Columns, planned: list[Planned]) -> list[State]:
        """Apply the batch's changes to the tables; returns what changed, in order."""
        tables = self._tables
        log: list[State] = []
        tables.log = log
        pids = columns.pid
        for row, changes in planned:
            pid = int(pids[row])
            for change in changes:
                tables.apply(row, pid, change)
            if not changes:
                self._life(row, pid, int(columns.kind[row]), columns)
        return log

    def _life(self, row: int, pid: int, kind: int, columns: Columns) -> None:
        """Birth, exec and end of processes."""
        if kind == Kind.EXEC:
            self._tables.exec(row, pid)
        elif kind == Kind.SPAWN:
            self._threads[pid] = self._threads.get(pid, 0) + 1
            self._born(row, pid, columns)
        elif kind == Kind.EXIT:
            left = self._threads[pid] = self._threads.get(pid, 0) - 1
            if left == 0:
                self._tables.ended(pid)
                del self._threads[pid]

    def _born(self, row: int, pid: int, columns: Columns) -> None:
        how = int(columns.nr[row])
        if how in _BEFORE_US:
            for opened in inherited_of(columns.memory.text(row, 1)):
                self._tables.inherit(row, pid, opened)
        if how in _COPIED_TABLE or how == Spawn.START:
            self._tables.fork(row, pid, int(columns.args[row, 1]))


_NONE: Final = np.array([[CLOSED], [Object.UNKNOWN], [-1]], dtype=np.int64)
"""Code, thing and nonblocking of no descriptor."""


def _uses(columns: Columns, codes: CallCodes) -> tuple[Ints, Ints]:
    """The rows of calls that name a descriptor, and which."""
    argument = codes.fd(columns.code)
    uses = columns.returned | (columns.kind == Kind.ENTERED)
    value = np.take_along_axis(columns.args, np.maximum(argument, 0)[:, None], axis=1)[:, 0]
    fd = value.astype(np.uint32).view(np.int32).astype(np.int64)
    rows = np.flatnonzero(uses & (argument >= 0) & (fd >= 0))
    return rows, fd[rows]


def _planned(columns: Columns, codes: CallCodes) -> Iterator[Planned]:
    """The rows that may change a table, in order, each with its changes; births, execs and exits have none."""
    kind = columns.kind
    lives = np.flatnonzero((kind == Kind.SPAWN) | (kind == Kind.EXEC) | (kind == Kind.EXIT))
    rows = np.sort(np.concatenate((changes_of(columns, codes), lives)))
    names = [fact.name for fact in codes.facts]
    first = (columns.args[rows, 0] & np.uint64(0xFFFFFFFF)).tolist()
    for row, code, fd in zip(rows.tolist(), columns.code[rows].tolist(), first, strict=True):
        name = names[code]
        if name == "close":  # the commonest change, and the simplest
            yield row, (Close(fd),)
            continue
        changes = tuple(changes_by(name, columns, row)) if code else ()
        if changes or not code:
            yield row, changes


def _first_openings(planned: list[Planned], columns: Columns) -> dict[int, int]:
    """For every pid << 32 | fd that the batch opens: the first row that does."""
    first: dict[int, int] = {}
    for row, changes in planned:
        for change in changes:
            fds: tuple[int, ...] = ()
            if isinstance(change, Opened | Copied | Accepted):
                fds = (change.fd,)
            elif isinstance(change, Received):
                fds = change.fds
            for fd in fds:
                first.setdefault(int(columns.pid[row]) << 32 | fd, row)
    return first


def _after_changes(
    start: list[State], keys: Ints, where: Ints, rows: Ints, changes: list[State], count: int
) -> Ints:
    """Code, thing and nonblocking (three lines) in force at each of `rows`: those of the last change of its key
    before it, or of the start."""
    first = np.array([state[2:] for state in start], dtype=np.int64).reshape(-1, 3).T
    found = first[:, where]
    if not changes or not len(keys):
        return found
    log = np.array(changes, dtype=np.int64)
    index = np.searchsorted(keys, log[:, 1])
    used = (index < len(keys)) & (keys[np.minimum(index, len(keys) - 1)] == log[:, 1])
    log, index = log[used], index[used]
    if not len(log):
        return found
    place = index * count + log[:, 0]
    order = np.argsort(place, kind="stable")
    last = np.searchsorted(place[order], where * count + rows, side="left") - 1
    at = order[np.maximum(last, 0)]
    hit = (last >= 0) & (index[at] == where)
    return np.where(hit, log[at, 2:].T, found)


def _used(count: int, rows: Ints, found: Ints, requested: tuple[Ints, NDArray[np.uint8]]) -> Used:
    code = np.full(count, CLOSED, dtype=np.int64)
    things = np.zeros(count, np.uint8)
    nonblocking = np.full(count, -1, np.int8)
    code[rows], things[rows], nonblocking[rows] = found
    things[requested[0]] = requested[1]
    return Used(code, things, nonblocking)
