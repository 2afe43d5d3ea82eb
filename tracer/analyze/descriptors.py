"""Which descriptor every call used, and what it was: the table of each process as the trace saw it change.

A descriptor is one *generation* of a number in a process: when 7 is closed and opened again, that is another
one. Only calls that change a table are looked at one by one; all others find their descriptor by a search in
the sorted changes. Not followed: tables shared between processes (clone with CLONE_FILES) and descriptors
received over a socket; such descriptors appear as inherited when they are first used.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tracer.analyze.calls import CallCodes
from tracer.analyze.columns import Columns
from tracer.analyze.openings import (
    Change,
    Cloexec,
    Close,
    CloseRange,
    Nonblocking,
    Opened,
    changes_by,
    changes_of,
)
from tracer.wire import Kind

Ints = NDArray[np.int64]

_STANDARD: Final = {0: "stdin", 1: "stdout", 2: "stderr"}
CLOSED: Final = -1

Planned = tuple[int, tuple[tuple[int, Change], ...]]
"""A row, and the changes it makes, each with its process."""


@dataclass(slots=True)
class Description:
    """What descriptors that were duplicated or inherited from each other have in common (open(2))."""

    what: str
    opened_by: str
    nonblocking: bool | None = None


@dataclass(frozen=True, slots=True)
class Descriptor:
    """One generation of one number in one process."""

    pid: int
    fd: int
    generation: int
    description: Description


class Descriptors:
    """The tables of all processes; `seen` lists every descriptor, its position is its code."""

    def __init__(self) -> None:
        self.seen: list[Descriptor] = []
        self._tables: dict[int, dict[int, int]] = {}
        self._cloexec: dict[int, set[int]] = {}
        self._generations: dict[tuple[int, int], int] = {}

    def of(self, columns: Columns, codes: CallCodes) -> Ints:
        """The code of the descriptor every row used, -1 where none. Follows the changes the batch makes."""
        argument = codes.fd(columns.code)
        uses = columns.returned | (columns.kind == Kind.ENTERED)
        value = np.take_along_axis(columns.args, np.maximum(argument, 0)[:, None], axis=1)[:, 0]
        fd = value.astype(np.uint32).view(np.int32).astype(np.int64)
        rows = np.flatnonzero(uses & (argument >= 0) & (fd >= 0))
        keys, where = np.unique(columns.pid[rows] << 32 | fd[rows], return_inverse=True)
        planned = list(_planned(columns, codes))
        known = columns.result[rows] != -errno.EBADF
        self._adopt(keys, where[known], rows[known], planned)
        codes_now = [self._code(int(key)) for key in keys]
        at_start = np.array([CLOSED if code is None else code for code in codes_now], dtype=np.int64)
        changes = self._follow(columns, planned)
        answer = np.full(len(uses), CLOSED, dtype=np.int64)
        found = _after_changes(keys, where, rows, at_start, changes, len(uses))
        answer[rows] = np.where(known, found, CLOSED)
        return answer

    def _code(self, key: int) -> int | None:
        return self._tables.get(key >> 32, {}).get(key & 0xFFFFFFFF)

    def _adopt(self, keys: Ints, where: Ints, rows: Ints, planned: list[Planned]) -> None:
        """Descriptors that are used before the trace saw them opened were there before us.

        In a process that is born in this batch they come from its parent: `_fork` says then what they are.
        """
        first_use = dict(zip(*np.unique(where, return_index=True), strict=True))
        unseen = [index for index in first_use if self._code(int(keys[index])) is None]
        if not unseen:
            return
        opened = _first_openings(planned)
        for index in unseen:
            pid, fd = int(keys[index]) >> 32, int(keys[index]) & 0xFFFFFFFF
            first = rows[first_use[index]]
            if first <= opened.get((pid, fd), first):
                table = self._tables.setdefault(pid, {})
                table[fd] = self._add(pid, fd, Description(_STANDARD.get(fd, "?"), "inherited"))

    def _follow(self, columns: Columns, planned: list[Planned]) -> list[tuple[int, int, int]]:
        """Apply the batch's changes to the tables; (row, pid << 32 | fd, new code) of each."""
        log: list[tuple[int, int, int]] = []
        for row, changes in planned:
            pid = int(columns.pid[row])
            if columns.kind[row] == Kind.EXEC:
                self._exec(row, pid, log)
            elif columns.kind[row] == Kind.SPAWN:
                self._fork(row, columns, pid, log)
            for _, change in changes:
                self._apply(row, pid, change, log)
        return log

    def _apply(self, row: int, pid: int, change: Change, log: list[tuple[int, int, int]]) -> None:
        table = self._tables.setdefault(pid, {})
        match change:
            case Opened():
                self._open(row, pid, change, log)
            case Close(fd):
                table[fd] = CLOSED
                log.append((row, pid << 32 | fd, CLOSED))
            case CloseRange(first, last):
                for fd in [fd for fd in table if first <= fd <= last]:
                    self._apply(row, pid, Close(fd), log)
            case Nonblocking(fd, on):
                if table.get(fd, CLOSED) >= 0:
                    self.seen[table[fd]].description.nonblocking = on
            case Cloexec(fd, on):
                marked = self._cloexec.setdefault(pid, set())
                (marked.add if on else marked.discard)(fd)

    def _open(self, row: int, pid: int, opened: Opened, log: list[tuple[int, int, int]]) -> None:
        table = self._tables.setdefault(pid, {})
        code = table.get(opened.copy_of, CLOSED) if opened.copy_of is not None else CLOSED
        if code >= 0:
            description = self.seen[code].description
        else:
            description = Description(opened.what, opened.opened_by, opened.nonblocking)
        new = table[opened.fd] = self._add(pid, opened.fd, description)
        log.append((row, pid << 32 | opened.fd, new))
        self._apply(row, pid, Cloexec(opened.fd, opened.cloexec), log)

    def _exec(self, row: int, pid: int, log: list[tuple[int, int, int]]) -> None:
        for fd in self._cloexec.pop(pid, set()):
            self._apply(row, pid, Close(fd), log)

    def _fork(self, row: int, columns: Columns, pid: int, log: list[tuple[int, int, int]]) -> None:
        parent = int(columns.args[row, 1])
        if parent == pid or parent not in self._tables:
            return
        child = self._tables.setdefault(pid, {})
        for fd, code in self._tables[parent].items():
            if code < 0:
                continue
            description = self.seen[code].description
            if fd in child:  # used in this very batch, before we came to its birth
                self.seen[child[fd]] = replace(self.seen[child[fd]], description=description)
            else:
                child[fd] = self._add(pid, fd, description)
            log.append((row, pid << 32 | fd, child[fd]))
        self._cloexec[pid] = set(self._cloexec.get(parent, ()))

    def _add(self, pid: int, fd: int, description: Description) -> int:
        generation = self._generations.get((pid, fd), -1) + 1
        self._generations[pid, fd] = generation
        self.seen.append(Descriptor(pid, fd, generation, description))
        return len(self.seen) - 1


def _planned(columns: Columns, codes: CallCodes) -> Iterator[Planned]:
    """The rows that may change a table, in order, each with its changes and the process they are made in."""
    lives = np.flatnonzero((columns.kind == Kind.SPAWN) | (columns.kind == Kind.EXEC))
    for row in np.sort(np.concatenate((changes_of(columns, codes), lives))).tolist():
        pid, name = int(columns.pid[row]), codes.facts[int(columns.code[row])].name
        yield row, tuple((pid, change) for change in changes_by(name, columns, row)) if name else ()


def _first_openings(planned: list[Planned]) -> dict[tuple[int, int], int]:
    """For every (pid, fd) that the batch opens: the first row that does."""
    first: dict[tuple[int, int], int] = {}
    for row, changes in planned:
        for pid, change in changes:
            if isinstance(change, Opened):
                first.setdefault((pid, change.fd), row)
    return first


def _after_changes(
    keys: Ints, where: Ints, rows: Ints, at_start: Ints, changes: list[tuple[int, int, int]], count: int
) -> Ints:
    """The code in force at each of `rows`: that of the last change of its key before it, or of the start."""
    found = at_start[where] if len(keys) else np.zeros(0, dtype=np.int64)
    if not changes or not len(keys):
        return found
    row, key, code = np.array(changes, dtype=np.int64).T
    index = np.searchsorted(keys, key)
    used = (index < len(keys)) & (keys[np.minimum(index, len(keys) - 1)] == key)
    row, index, code = row[used], index[used], code[used]
    place = index * count + row
    order = np.argsort(place, kind="stable")
    place, index, code = place[order], index[order], code[order]
    last = np.searchsorted(place, where * count + rows, side="left") - 1
    hit = (last >= 0) & (index[np.maximum(last, 0)] == where) if len(place) else np.zeros(len(rows), np.bool_)
    return np.where(hit, code[np.maximum(last, 0)], found) if len(place) else found
