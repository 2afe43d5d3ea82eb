"""The descriptor tables of all processes, with a log of every change. What a call changes there, one function a
change, is in `tracer.analyze.descriptors.changes`."""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tracer.analyze.changes import Opened
from tracer.analyze.descriptions import CLOSED, Description, Key, Seen, State
from tracer.analyze.inherited import INHERITED
from tracer.analyze.meetings import Meetings
from tracer.syscalls.objects import Object

_UNKNOWN: Final = int(Object.UNKNOWN)
_STANDARD: Final = {0: "stdin", 1: "stdout", 2: "stderr"}
_MOST_ON_THE_WAY: Final = 1 << 12


class Passed(NamedTuple):
    """Descriptors on their way over a unix socket."""

    over: Description | None
    """The socket they were sent at, when known."""
    to: Description | None
    """The socket they will arrive at, when known."""
    descriptions: list[Description]

    def may_reach(self, end: Description | None) -> bool:
        """Whether they may be what arrived at `end`."""
        if self.to is not None:
            return self.to is end
        return end is None or end.other_end is None or self.over is None or end.other_end is self.over


class Tables:
    """`seen` lists every descriptor there ever was; its position there is its code."""

    def __init__(self) -> None:
        self.seen = Seen()
        self.log = array("q")
        """The fields of a `State` for every change, one after the other."""
        self.shared: dict[int, int] = {}
        """Processes that use another one's table (CLONE_FILES), and whose."""
        self.row = 0
        """The row whose changes are being made."""
        self.on_the_way: deque[Passed] = deque(maxlen=_MOST_ON_THE_WAY)
        """Descriptions sent over sockets and not received yet."""
        self.meetings = Meetings()
        self._tables: dict[int, dict[int, int]] = {}
        self._cloexec: dict[int, set[int]] = {}
        self._forked: set[int] = set()
        """Processes that have their parent's table already."""

    def state(self, key: Key) -> State:
        """How a descriptor is now."""
        return self._state(key, self.table(key >> 32).get(key & 0xFFFFFFFF, CLOSED))

    def states(self, keys: Sequence[Key]) -> NDArray[np.int64]:
        """Code, thing and nonblocking (three lines) of many descriptors now; most of them are closed as a rule."""
        tables = self._tables
        codes = [tables.get(key >> 32, _EMPTY).get(key & 0xFFFFFFFF, CLOSED) for key in keys]
        states = np.empty((3, len(codes)), np.int64)
        states[0], states[1], states[2] = codes, _UNKNOWN, -1
        for place in np.flatnonzero(states[0] >= 0).tolist():
            states[:, place] = self._state(keys[place], codes[place])[2:]
        return states

    def knows(self, key: Key) -> bool:
        """Whether the number was ever seen in that process, open or closed."""
        return key & 0xFFFFFFFF in self.table(key >> 32)

    def table(self, pid: int) -> dict[int, int]:
        """The codes of a process's descriptors by number; not to be changed."""
        return self._tables.get(pid, _EMPTY)

    def of(self, pid: int, fd: int) -> Description | None:
        """What a descriptor leads to, None when it is not open."""
        code = self._tables.get(pid, _EMPTY).get(fd, CLOSED)
        return self.seen.descriptions[code] if code >= 0 else None

    def description(self, pid: int, fd: int) -> Description | None:
        """The same for a process that may use another one's table."""
        return self.of(self.shared.get(pid, pid), fd)

    def adopt(self, key: Key) -> None:
        """A descriptor that is used without having been opened was there before the trace."""
        what = _STANDARD.get(key & 0xFFFFFFFF, "?")
        self.put(key >> 32, key & 0xFFFFFFFF, Description(what, INHERITED), log=False)

    def inherit(self, row: int, pid: int, opened: Opened) -> None:
        """What was open when the trace began, unless the trace itself saw the number opened."""
        self.row = row
        description = Description(opened.what, opened.opened_by, opened.nonblocking, opened.thing)
        code = self.table(pid).get(opened.fd, CLOSED)
        if code < 0:
            self.put(pid, opened.fd, description)
        elif self.seen.descriptions[code].opened_by == INHERITED:  # used in this very batch, before we came here
            self._redescribe(pid, opened.fd, code, description)
        self.mark(pid, opened.fd, opened.cloexec)

    def exec(self, row: int, pid: int) -> None:
        """A new program: the process has a table of its own, without what was marked close-on-exec."""
        self.row = row
        self.unshare(self.shared.get(pid, pid))
        for fd in self._cloexec.pop(pid, set()):
            self.close(pid, fd)

    def fork(self, row: int, pid: int, parent: int) -> None:
        """A new process with a copy of its parent's table; told twice, by its birth and by its parent's call."""
        self.row = row
        parent = self.shared.get(parent, parent)
        if parent == pid or parent not in self._tables or pid in self._forked:
            return
        self._forked.add(pid)
        child = self._tables.setdefault(pid, {})
        for fd, code in self._tables[parent].items():
            if code >= 0:
                description = self.seen.descriptions[code]
                if child.get(fd, CLOSED) >= 0:  # used in this very batch, before we came to its birth
                    self._redescribe(pid, fd, child[fd], description)
                else:
                    self.put(pid, fd, description)
        self._cloexec[pid] = set(self._cloexec.get(parent, ()))

    def unshare(self, pid: int) -> None:
        """The processes that use `pid`'s table get copies of it."""
        if not self.shared:
            return
        for process in [process for process, owner in self.shared.items() if owner == pid]:
            del self.shared[process]
            self._forked.discard(process)
            self.fork(self.row, process, pid)

    def ended(self, row: int, pid: int) -> None:
        """The process is gone; its number may come back."""
        self._forked.discard(pid)
        if self.shared.pop(pid, None) is None and pid not in self.shared.values():
            for fd, code in self._tables.pop(pid, {}).items():
                if code >= 0:
                    self.seen.descriptions[code].left_by(pid << 32 | fd)
                    self.log.extend((row, pid << 32 | fd, CLOSED, _UNKNOWN, -1))
            self._cloexec.pop(pid, None)

    def put(self, pid: int, fd: int, description: Description, *, log: bool = True) -> None:
        """`fd` leads to `description` from now on; what it led to before is closed."""
        key = pid << 32 | fd
        seen, table = self.seen, self._tables.get(pid)
        if table is None:
            table = self._tables[pid] = {}
        former = table.get(fd, CLOSED)
        if former >= 0:  # dup2 closes what was there
            seen.descriptions[former].left_by(key)
        code = table[fd] = seen.add(key, description)
        description.taken_by(key)
        if log:
            nonblocking = description.nonblocking
            self.log.extend((self.row, key, code, description.thing, -1 if nonblocking is None else nonblocking))

    def pass_by(self, keys: Sequence[Key]) -> None:
        """Each number is opened and closed again before anybody looks (`brief`): as `put`, `mark` and `close`, but
        for the log and for what it led to meanwhile."""
        tables, cloexec = self._tables, self._cloexec
        for key in keys:
            pid, fd = key >> 32, key & 0xFFFFFFFF
            table = tables.get(pid)
            if table is None:
                table = tables[pid] = {}
            former = table.get(fd)
            if former != CLOSED:
                if former is not None:
                    self.seen.descriptions[former].left_by(key)
                table[fd] = CLOSED
            if pid in cloexec:
                cloexec[pid].discard(fd)

    def close(self, pid: int, fd: int) -> None:
        """`fd` is open no more."""
        key = pid << 32 | fd
        table = self._tables.get(pid)
        if table is None:
            table = self._tables[pid] = {}
        code = table.get(fd, CLOSED)
        if code >= 0:
            self.seen.descriptions[code].left_by(key)
        table[fd] = CLOSED
        if pid in self._cloexec:
            self._cloexec[pid].discard(fd)
        self.log.extend((self.row, key, CLOSED, _UNKNOWN, -1))

    def mark(self, pid: int, fd: int, on: bool) -> None:
        """Set or clear FD_CLOEXEC."""
        if on:
            self._cloexec.setdefault(pid, set()).add(fd)
        elif pid in self._cloexec:
            self._cloexec[pid].discard(fd)

    def note(self, description: Description) -> None:
        """Log that a description changed, for all its descriptors."""
        for key in description.holders:
            self.log.extend(self.state(key))

    def _state(self, key: Key, code: int) -> State:
        if code < 0:
            return State(self.row, key, CLOSED, _UNKNOWN, -1)
        description = self.seen.descriptions[code]
        nonblocking = -1 if description.nonblocking is None else int(description.nonblocking)
        return State(self.row, key, code, description.thing, nonblocking)

    def _redescribe(self, pid: int, fd: int, code: int, description: Description) -> None:
        self.seen.redescribe(code, description)
        description.taken_by(pid << 32 | fd)
        self.log.extend(self._state(pid << 32 | fd, code))


_EMPTY: Final[dict[int, int]] = {}
