"""The descriptor tables of all processes, changed one call at a time, with a log of every change.

A descriptor (a number in a process) leads to an open file description, which others lead to as well after
dup, fork, or being sent over a socket; O_NONBLOCK, O_DIRECT and the like belong to the description (open(2)).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from tracer.analyze.changes import (
    Accepted,
    Addressed,
    Change,
    Cloexec,
    Close,
    CloseRange,
    Copied,
    Nonblocking,
    Opened,
    Paired,
    Received,
    Sent,
    Shared,
    Turned,
    Unshared,
)
from tracer.analyze.inherited import INHERITED
from tracer.syscalls.objects import Object

CLOSED: Final = -1
_UNKNOWN: Final = int(Object.UNKNOWN)
_STANDARD: Final = {0: "stdin", 1: "stdout", 2: "stderr"}
_MOST_ON_THE_WAY: Final = 1 << 12
Key = int
"""pid << 32 | fd."""


@dataclass(slots=True, eq=False)
class Description:
    """What descriptors that were duplicated, inherited or passed on have in common."""

    what: str
    opened_by: str
    nonblocking: bool | None = None
    thing: Object = Object.UNKNOWN
    holders: set[Key] = field(default_factory=set)
    """The descriptors that lead here now."""
    other_end: Description | None = None
    """Of a socketpair."""


class Descriptor(NamedTuple):
    """One generation of one number in one process."""

    pid: int
    fd: int
    generation: int
    description: Description


class State(NamedTuple):
    """A descriptor as it is from row `row` on: its code (CLOSED: none), and what its description is then."""

    row: int
    key: Key
    code: int
    thing: int
    nonblocking: int
    """1, 0, or -1 when it is not known."""


class Tables:
    """`seen` lists every descriptor there ever was; its position there is its code."""

    def __init__(self) -> None:
        self.seen: list[Descriptor] = []
        self.log: list[State] = []
        self.shared: dict[int, int] = {}
        """Processes that use another one's table (CLONE_FILES), and whose."""
        self._row = 0
        self._tables: dict[int, dict[int, int]] = {}
        self._cloexec: dict[int, set[int]] = {}
        self._generations: dict[Key, int] = {}
        self._on_the_way: deque[tuple[Description | None, list[Description]]] = deque(maxlen=_MOST_ON_THE_WAY)
        """Descriptions sent over sockets and not received yet: the receiving end when known, and what was sent."""

    def state(self, key: Key) -> State:
        """How a descriptor is now."""
        code = self._tables.get(key >> 32, _EMPTY).get(key & 0xFFFFFFFF, CLOSED)
        return self._state(key, code)

    def knows(self, key: Key) -> bool:
        """Whether the number was ever seen in that process, open or closed."""
        return key & 0xFFFFFFFF in self._tables.get(key >> 32, _EMPTY)

    def _state(self, key: Key, code: int) -> State:
        if code < 0:
            return State(self._row, key, CLOSED, _UNKNOWN, -1)
        description = self.seen[code].description
        nonblocking = -1 if description.nonblocking is None else int(description.nonblocking)
        return State(self._row, key, code, description.thing, nonblocking)

    def adopt(self, key: Key) -> None:
        """A descriptor that is used without having been opened was there before the trace."""
        what = _STANDARD.get(key & 0xFFFFFFFF, "?")
        self._put(key >> 32, key & 0xFFFFFFFF, Description(what, INHERITED), log=False)

    def apply(self, row: int, pid: int, change: Change) -> None:
        """Carry out what a call of process `pid` did in `row`."""
        self._row = row
        _APPLY[type(change)](self, self.shared.get(pid, pid), change)

    def inherit(self, row: int, pid: int, opened: Opened) -> None:
        """What was open when the trace began, unless the trace itself saw the number opened."""
        self._row = row
        description = Description(opened.what, opened.opened_by, opened.nonblocking, opened.thing)
        code = self._tables.get(pid, _EMPTY).get(opened.fd, CLOSED)
        if code < 0:
            self._put(pid, opened.fd, description)
        elif self.seen[code].description.opened_by == INHERITED:  # used in this very batch, before we came here
            self._redescribe(pid, opened.fd, code, description)
        self._mark(pid, opened.fd, opened.cloexec)

    def exec(self, row: int, pid: int) -> None:
        """A new program: the process has a table of its own, without what was marked close-on-exec."""
        self._row = row
        self._unshare(self.shared.get(pid, pid), Unshared())
        for fd in self._cloexec.pop(pid, set()):
            self._close(pid, Close(fd))

    def fork(self, row: int, pid: int, parent: int) -> None:
        """A new process with a copy of its parent's table."""
        self._row = row
        parent = self.shared.get(parent, parent)
        if parent == pid or parent not in self._tables:
            return
        child = self._tables.setdefault(pid, {})
        for fd, code in self._tables[parent].items():
            if code >= 0:
                description = self.seen[code].description
                if child.get(fd, CLOSED) >= 0:  # used in this very batch, before we came to its birth
                    self._redescribe(pid, fd, child[fd], description)
                else:
                    self._put(pid, fd, description)
        self._cloexec[pid] = set(self._cloexec.get(parent, ()))

    def ended(self, pid: int) -> None:
        """The process is gone; its number may come back."""
        if self.shared.pop(pid, None) is None and pid not in self.shared.values():
            for fd, code in self._tables.pop(pid, {}).items():
                if code >= 0:
                    self.seen[code].description.holders.discard(pid << 32 | fd)
            self._cloexec.pop(pid, None)

    def _put(self, pid: int, fd: int, description: Description, *, log: bool = True) -> None:
        key = pid << 32 | fd
        generation = self._generations.get(key, -1) + 1
        self._generations[key] = generation
        table = self._tables.setdefault(pid, {})
        former = table.get(fd, CLOSED)
        if former >= 0:  # dup2 closes what was there
            self.seen[former].description.holders.discard(key)
        code = table[fd] = len(self.seen)
        self.seen.append(Descriptor(pid, fd, generation, description))
        description.holders.add(key)
        if log:
            self.log.append(self._state(key, code))

    def _redescribe(self, pid: int, fd: int, code: int, description: Description) -> None:
        self.seen[code] = self.seen[code]._replace(description=description)
        description.holders.add(pid << 32 | fd)
        self.log.append(self._state(pid << 32 | fd, code))

    def _of(self, pid: int, fd: int) -> Description | None:
        code = self._tables.get(pid, _EMPTY).get(fd, CLOSED)
        return self.seen[code].description if code >= 0 else None

    def _noted(self, description: Description) -> None:
        """Log that a description changed, for all its descriptors."""
        self.log.extend(self.state(key) for key in description.holders)

    def _mark(self, pid: int, fd: int, on: bool) -> None:
        if on:
            self._cloexec.setdefault(pid, set()).add(fd)
        elif pid in self._cloexec:
            self._cloexec[pid].discard(fd)

    # --- one function a change ------------------------------------------------------------------------------

    def _open(self, pid: int, opened: Opened) -> None:
        _, what, by, nonblocking, cloexec, thing = opened
        self._put(pid, opened.fd, Description(what, by, nonblocking, thing))
        self._mark(pid, opened.fd, cloexec)

    def _pair(self, pid: int, pair: Paired) -> None:
        one, other = (self._of(pid, fd) for fd in pair.fds)
        if one is not None and other is not None:
            one.other_end, other.other_end = other, one

    def _copy(self, pid: int, copied: Copied) -> None:
        fd, source, by, cloexec = copied
        self._put(pid, fd, self._of(pid, source) or Description(f"copy of {source}", by))
        self._mark(pid, fd, cloexec)

    def _accept(self, pid: int, accepted: Accepted) -> None:
        listening = self._of(pid, accepted.source)
        what, thing = "socket", Object.OTHER
        if listening is not None and listening.what.startswith("socket "):
            what, thing = " ".join(listening.what.split()[:3]), listening.thing
        what = f"{what} from {accepted.peer}" if accepted.peer else f"{what} (accepted)"
        self._put(pid, accepted.fd, Description(what, accepted.opened_by, accepted.nonblocking, thing))
        self._mark(pid, accepted.fd, accepted.cloexec)

    def _close(self, pid: int, close: Close) -> None:
        table = self._tables.setdefault(pid, {})
        code = table.get(close.fd, CLOSED)
        key = pid << 32 | close.fd
        if code >= 0:
            self.seen[code].description.holders.discard(key)
        table[close.fd] = CLOSED
        if pid in self._cloexec:
            self._cloexec[pid].discard(close.fd)
        self.log.append(State(self._row, key, CLOSED, _UNKNOWN, -1))

    def _close_range(self, pid: int, closed: CloseRange) -> None:
        table = self._tables.get(pid, _EMPTY)
        for fd in [fd for fd, code in table.items() if code >= 0 and closed.first <= fd <= closed.last]:
            if closed.mark:
                self._mark(pid, fd, True)
            else:
                self._close(pid, Close(fd))

    def _nonblocking(self, pid: int, change: Nonblocking) -> None:
        description = self._of(pid, change.fd)
        if description is not None and description.nonblocking is not change.on:
            description.nonblocking = change.on
            self._noted(description)

    def _cloexec_of(self, pid: int, change: Cloexec) -> None:
        self._mark(pid, change.fd, change.on)

    def _turn(self, pid: int, change: Turned) -> None:
        description = self._of(pid, change.fd)
        if description is not None and description.thing in change.of and description.thing is not change.thing:
            description.thing = change.thing
            self._noted(description)

    def _address(self, pid: int, change: Addressed) -> None:
        description = self._of(pid, change.fd)
        if description is not None and description.what.startswith("socket "):
            description.what = f"{' '.join(description.what.split()[:3])} {change.how} {change.address}"

    def _send(self, pid: int, sent: Sent) -> None:
        over = self._of(pid, sent.over)
        descriptions = [self._of(pid, fd) or Description("?", "sendmsg") for fd in sent.fds]
        self._on_the_way.append((over.other_end if over is not None else None, descriptions))

    def _receive(self, pid: int, received: Received) -> None:
        descriptions = self._arrived(self._of(pid, received.over), len(received.fds))
        for fd, description in zip(received.fds, descriptions, strict=True):
            self._put(pid, fd, description)
            self._mark(pid, fd, received.cloexec)

    def _arrived(self, end: Description | None, number: int) -> Iterator[Description]:
        """The oldest of what was sent to this socket; between sockets whose peers are not known, the oldest."""
        for index, (to, descriptions) in enumerate(self._on_the_way):
            if len(descriptions) == number and (to is None or to is end):
                del self._on_the_way[index]
                return iter(descriptions)
        return (Description("received over a socket", "recvmsg") for _ in range(number))

    def _share(self, pid: int, shared: Shared) -> None:
        self.ended(shared.child)
        self.shared[shared.child] = pid

    def _unshare(self, pid: int, _change: Unshared) -> None:
        for process in [process for process, owner in self.shared.items() if owner == pid]:
            del self.shared[process]
            self.fork(self._row, process, pid)


_EMPTY: Final[dict[int, int]] = {}
_APPLY: Final[dict[type, Callable[[Tables, int, Any], None]]] = {
    Opened: Tables._open, Paired: Tables._pair, Copied: Tables._copy, Accepted: Tables._accept,
    Close: Tables._close, CloseRange: Tables._close_range, Nonblocking: Tables._nonblocking,
    Cloexec: Tables._cloexec_of, Turned: Tables._turn, Addressed: Tables._address, Sent: Tables._send,
    Received: Tables._receive, Shared: Tables._share, Unshared: Tables._unshare,
}  # fmt: skip
