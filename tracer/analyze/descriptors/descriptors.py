"""Which descriptor every call used, and what it was: the table of each process as the trace saw it change.

A descriptor is one *generation* of a number in a process: when 7 is closed and opened again, that is another
one. Only calls that change a table are looked at one by one (`tracer.analyze.descriptors.tables`); all others find
their descriptor by a search in the sorted changes.
"""

from __future__ import annotations

import errno
from array import array
from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tracer.account.distinct import distinct, in_order
from tracer.analyze.calls import CallCodes
from tracer.analyze.changes import Change, Received, Shared
from tracer.analyze.columns import Columns
from tracer.analyze.descriptions import Description, Seen, State
from tracer.analyze.descriptors.brief import NO_BRIEF, Brief, Passing, brief_of, lives_of
from tracer.analyze.descriptors.changes import apply
from tracer.analyze.descriptors.history import History
from tracer.analyze.descriptors.races import OPENS_ONE, Planned, without_late_closes
from tracer.analyze.descriptors.states import NO_STATE, Used, after_changes, used_by
from tracer.analyze.descriptors.tables import Tables
from tracer.analyze.inherited import inherited_of
from tracer.analyze.openings.many import changes_by_many
from tracer.analyze.openings.openings import changes_of
from tracer.analyze.requests import common_object, requests_of
from tracer.wire import Kind, Spawn

Ints = NDArray[np.int64]
_COPIED_TABLE: Final = (Spawn.FORK, Spawn.VFORK, Spawn.CLONE)
_BEFORE_US: Final = (Spawn.START, Spawn.ATTACH)


class Descriptors:
    """The tables of all processes; `seen` lists every descriptor, its position is its code."""

    def __init__(self) -> None:
        self._tables = Tables()
        self._threads: dict[int, int] = {}
        """Threads alive by process, as far as their births were seen."""
        self._rows = 0
        self.history: History | None = None
        """Set by whoever wants to know later when each descriptor was opened and closed."""

    @property
    def seen(self) -> Seen:
        """Every descriptor there ever was."""
        return self._tables.seen

    def of(self, columns: Columns, codes: CallCodes) -> Used:
        """The descriptor every row used. Follows the changes the batch makes; batches must come in order."""
        rows, fds = _uses(columns, codes)
        requests = requests_of(columns, codes)
        all_rows, all_fds = np.concatenate((rows, requests.row)), np.concatenate((fds, requests.fd))
        planned, brief = self._plan(columns, codes)
        owners = self._owners(columns.pid[all_rows], all_rows, planned, columns)
        keys, where = in_order(*distinct(owners << 32 | all_fds))
        known = columns.result[all_rows] != -errno.EBADF
        before = len(self.seen)
        opens = _Openings(planned, brief, columns)
        self._adopt(keys, where[known], all_rows[known], opens)
        adopted = {code: self.seen.descriptions[code] for code in range(before, len(self.seen))}
        start = self._tables.states(keys.tolist())
        log = self._follow(columns, planned, Passing(self._tables, brief, columns, codes))
        if self.history is not None:
            # Some turned out to come from a parent, as the birth of the process came later in the batch.
            still = [code for code, was in adopted.items() if self.seen.descriptions[code] is was]
            self.history.add(self._rows, log, [(self.seen.keys[code], code) for code in still])
        self._rows += len(columns.kind)
        found = after_changes(start, keys, where, all_rows, log, len(columns.kind))
        found = np.where(known, found, NO_STATE)
        return used_by(
            len(columns.kind), rows, found[:, : len(rows)], common_object(requests, found[1, len(rows) :])
        )

    def _plan(self, columns: Columns, codes: CallCodes) -> tuple[list[Planned], Brief]:
        """The batch's changes, but for those of descriptors with brief lives, and these. Where processes share a
        table, no life is brief."""
        rows = changes_of(columns, codes)
        brief = NO_BRIEF if self._tables.shared else brief_of(columns, codes, rows)
        others = np.ones(len(columns.kind), np.bool_)
        others[brief.opened] = others[brief.closed] = False
        planned = list(without_late_closes(_planned(columns, codes, rows[others[rows]]), columns))
        if len(brief.key) and any(changes and type(changes[0]) is Shared for _, changes in planned):
            return list(without_late_closes(_planned(columns, codes, rows), columns)), NO_BRIEF
        return planned, brief

    def _owners(self, pid: Ints, rows: Ints, planned: list[Planned], columns: Columns) -> Ints:
        """The process whose table each row uses: tables may be shared already, or from some row on."""
        owners = pid
        for process, owner in self._tables.shared.items():
            owners = np.where(pid == process, owner, owners)
        for row, changes in planned:
            if changes and type(changes[0]) is Shared:
                owners = np.where((pid == changes[0].child) & (rows > row), columns.pid[row], owners)
        return owners

    def _adopt(self, keys: Ints, where: Ints, rows: Ints, opens: _Openings) -> None:
        """Descriptors that are used before the trace saw them opened were there before us.

        In a process that is born in this batch they come from its parent: `Tables.fork` says then what they are.
        """
        first_use = np.full(len(keys), -1)
        first_use[where[::-1]] = rows[::-1]
        used = zip(keys.tolist(), first_use.tolist(), strict=True)
        unseen = [(key, row) for key, row in used if row >= 0 and not self._tables.knows(key)]
        if not unseen:
            return
        opened = opens.first({key for key, _ in unseen})
        for key, row in unseen:
            if row <= opened.get(key, row):
                self._tables.adopt(key)

    def _follow(self, columns: Columns, planned: list[Planned], passing: Passing) -> Ints:
        """Apply the batch's changes to the tables; returns what changed (`State`), in order."""
        tables = self._tables
        tables.log = array("q")
        pids = columns.pid[[row for row, _ in planned]].tolist() if planned else []
        for pid, (row, changes) in zip(pids, planned, strict=True):
            if passing.due < row:
                passing.upto(row)
            if changes:
                apply(tables, row, pid, changes)
            else:
                self._life(row, pid, int(columns.kind[row]), columns)
        log = np.frombuffer(tables.log, np.int64).reshape(-1, len(State._fields))
        log = np.concatenate((log, passing.log()))
        return log[np.argsort(log[:, 0], kind="stable")]

    def step(self, row: int, changes: tuple[Change, ...], columns: Columns) -> None:
        """Carry out what one row changes (`planned_changes`), for whoever goes row by row."""
        pid = int(columns.pid[row])
        if changes:
            apply(self._tables, row, pid, changes)
        else:
            self._life(row, pid, int(columns.kind[row]), columns)

    def description(self, pid: int, fd: int) -> Description | None:
        """What descriptor `fd` of process `pid` is after the rows taken in so far; None when it is not open, or was
        never seen."""
        return self._tables.description(pid, fd)

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
                self._tables.ended(row, pid)
                del self._threads[pid]

    def _born(self, row: int, pid: int, columns: Columns) -> None:
        how = int(columns.nr[row])
        if how in _BEFORE_US:
            for opened in inherited_of(columns.memory.text(row, 1)):
                self._tables.inherit(row, pid, opened)
        if how in _COPIED_TABLE or how == Spawn.START:
            self._tables.fork(row, pid, int(columns.args[row, 1]))


def _uses(columns: Columns, codes: CallCodes) -> tuple[Ints, Ints]:
    """The rows of calls that name a descriptor, and which."""
    argument = codes.fd(columns.code)
    uses = columns.returned | (columns.kind == Kind.ENTERED)
    rows = np.flatnonzero(uses & (argument >= 0))
    fd = columns.args[rows, argument[rows]].astype(np.uint32).view(np.int32).astype(np.int64)
    return rows[fd >= 0], fd[fd >= 0]


def planned_changes(columns: Columns, codes: CallCodes) -> Iterator[Planned]:
    """The rows that may change a table, in order, each with its changes; births, execs and exits have none."""
    return without_late_closes(_planned(columns, codes, changes_of(columns, codes)), columns)


def _planned(columns: Columns, codes: CallCodes, rows: Ints) -> Iterator[Planned]:
    rows = np.sort(np.concatenate((rows, lives_of(columns))))
    code = columns.code[rows]
    names = [fact.name for fact in codes.facts]
    changes: list[tuple[Change, ...]] = [()] * len(rows)
    for each in np.unique(code[code > 0]).tolist():
        places = np.flatnonzero(code == each)
        for place, made in zip(places.tolist(), changes_by_many(names[each], columns, rows[places]), strict=True):
            changes[place] = made
    for row, made, call in zip(rows.tolist(), changes, (code > 0).tolist(), strict=True):
        if made or not call:
            yield row, made


class _Openings(NamedTuple):
    """All descriptors that a batch opens."""

    planned: list[Planned]
    brief: Brief
    columns: Columns

    def first(self, asked: set[int]) -> dict[int, int]:
        """For every pid << 32 | fd that is `asked` for: the first row that opens it."""
        brief, numbers = self.brief, {key & 0xFFFFFFFF for key in asked}
        places = np.flatnonzero(np.isin(brief.key, list(asked)))
        found = list(zip(brief.key[places].tolist(), brief.opened[places].tolist(), strict=True))
        for row, changes in self.planned:
            for change in changes:
                fds: tuple[int, ...] = ()
                if isinstance(change, OPENS_ONE):
                    fds = (change.fd,)
                elif isinstance(change, Received):
                    fds = change.fds
                found += [(int(self.columns.pid[row]) << 32 | fd, row) for fd in fds if fd in numbers]
        first: dict[int, int] = {}
        for key, row in found:
            first[key] = min(row, first.get(key, row))
        return first
