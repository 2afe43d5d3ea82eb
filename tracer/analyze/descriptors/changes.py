"""What every change (`tracer.analyze.changes`) does to the descriptor tables: one function a change."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from tracer.analyze.changes import (
    Accepted,
    Addressed,
    Change,
    Cloexec,
    Close,
    CloseRange,
    Copied,
    Forked,
    Nonblocking,
    Opened,
    Paired,
    Received,
    Sent,
    Shared,
    Turned,
    Unshared,
)
from tracer.analyze.descriptions import UNKNOWN, Description
from tracer.analyze.descriptors.tables import Passed, Tables
from tracer.analyze.inherited import RECEIVED, arrived
from tracer.syscalls.objects import Object


def apply(tables: Tables, row: int, pid: int, changes: tuple[Change, ...]) -> None:
    """Carry out what a call of process `pid` did in `row`."""
    tables.row = row
    for change in changes:
        _APPLY[type(change)](tables, tables.shared.get(pid, pid), change)


def description_of(tables: Tables, pid: int, change: Opened | Accepted) -> Description:
    """What the descriptor of process `pid` leads to that is opened by this change."""
    if isinstance(change, Accepted):
        return _connection(tables, pid, change)
    _, what, by, nonblocking, _, thing = change
    return Description(what, by, nonblocking, thing)


def _open(tables: Tables, pid: int, opened: Opened) -> None:
    fd, what, by, nonblocking, cloexec, thing = opened
    tables.put(pid, fd, Description(what, by, nonblocking, thing))
    tables.mark(pid, fd, cloexec)


def _pair(tables: Tables, pid: int, pair: Paired) -> None:
    one, other = (tables.of(pid, fd) for fd in pair.fds)
    if one is not None and other is not None:
        one.other_end, other.other_end = other, one


def _copy(tables: Tables, pid: int, copied: Copied) -> None:
    fd, source, by, cloexec = copied
    tables.put(pid, fd, tables.of(pid, source) or Description(f"copy of {source}", by))
    tables.mark(pid, fd, cloexec)


def _accept(tables: Tables, pid: int, accepted: Accepted) -> None:
    tables.put(pid, accepted.fd, _connection(tables, pid, accepted))
    tables.mark(pid, accepted.fd, accepted.cloexec)


def _connection(tables: Tables, pid: int, accepted: Accepted) -> Description:
    listening = tables.of(pid, accepted.source)
    what, thing = "socket", Object.OTHER
    if listening is not None and listening.what.startswith("socket "):
        what, thing = " ".join(listening.what.split()[:3]), listening.thing
    what = f"{what} from {accepted.peer}" if accepted.peer else f"{what} (accepted)"
    description = Description(what, accepted.opened_by, accepted.nonblocking, thing)
    meeting = tables.meetings.address_of(listening)
    if meeting:
        _join(description, tables.meetings.accepted(meeting, accepted.peer_pid, description))
    return description


def _close(tables: Tables, pid: int, close: Close) -> None:
    tables.close(pid, close.fd)


def _close_range(tables: Tables, pid: int, closed: CloseRange) -> None:
    open_fds = [fd for fd, code in tables.table(pid).items() if code >= 0 and closed.first <= fd <= closed.last]
    for fd in open_fds:
        if closed.mark:
            tables.mark(pid, fd, True)
        else:
            tables.close(pid, fd)


def _nonblocking(tables: Tables, pid: int, change: Nonblocking) -> None:
    description = tables.of(pid, change.fd)
    if description is not None and description.nonblocking is not change.on:
        description.nonblocking = change.on
        tables.note(description)


def _cloexec(tables: Tables, pid: int, change: Cloexec) -> None:
    tables.mark(pid, change.fd, change.on)


def _turn(tables: Tables, pid: int, change: Turned) -> None:
    description = tables.of(pid, change.fd)
    if description is not None and description.thing in change.of and description.thing is not change.thing:
        description.thing = change.thing
        tables.note(description)


def _address(tables: Tables, pid: int, change: Addressed) -> None:
    description = tables.of(pid, change.fd)
    if description is not None and description.what.startswith("socket "):
        description.what = f"{' '.join(description.what.split()[:3])} {change.how} {change.address}"
        if description.what.startswith("socket unix "):
            _name_unix(tables, pid, description, change)


def _name_unix(tables: Tables, pid: int, description: Description, change: Addressed) -> None:
    """What a unix socket is bound or connected to leads to its other end."""
    if change.how == "bound to":
        tables.meetings.bind(change.address, description)
    elif description.what.startswith("socket unix dgram"):
        description.other_end = tables.meetings.bound(change.address)
    else:
        _join(description, tables.meetings.connected(change.address, pid, description))


def _send(tables: Tables, pid: int, sent: Sent) -> None:
    over = tables.of(pid, sent.over)
    to = tables.meetings.bound(sent.to) if sent.to else over.other_end if over is not None else None
    descriptions = [tables.of(pid, fd) or Description("?", "sendmsg") for fd in sent.fds]
    tables.on_the_way.append(Passed(over, to, descriptions))


def _receive(tables: Tables, pid: int, received: Received) -> None:
    descriptions = _arrived(tables, tables.of(pid, received.over), len(received.fds), received.peeked)
    links = received.links or (b"",) * len(received.fds)
    for fd, description, link in zip(received.fds, descriptions, links, strict=True):
        if link and description.what.startswith(UNKNOWN):
            _learn(tables, description, arrived(fd, link))
        tables.put(pid, fd, description)
        tables.mark(pid, fd, received.cloexec)


def _learn(tables: Tables, description: Description, found: Opened) -> None:
    """It turned out what a descriptor leads to that was open before anybody looked."""
    description.what = found.what
    if description.thing is Object.UNKNOWN:
        description.thing = found.thing
    if description.nonblocking is None:
        description.nonblocking = found.nonblocking
    tables.note(description)


def _arrived(tables: Tables, end: Description | None, number: int, peeked: bool) -> Iterator[Description]:
    """The oldest of what was sent to this socket; between sockets whose peers are not known, the oldest."""
    for index, passed in enumerate(tables.on_the_way):
        if len(passed.descriptions) == number and passed.may_reach(end):
            if not peeked:
                del tables.on_the_way[index]
            return iter(passed.descriptions)
    return (Description("received over a socket", RECEIVED) for _ in range(number))


def _share(tables: Tables, pid: int, shared: Shared) -> None:
    tables.ended(tables.row, shared.child)
    tables.shared[shared.child] = pid


def _fork(tables: Tables, pid: int, forked: Forked) -> None:
    tables.fork(tables.row, forked.child, pid)


def _unshare(tables: Tables, pid: int, _change: Unshared) -> None:
    tables.unshare(pid)


def _join(one: Description, other: Description | None) -> None:
    if other is not None:
        one.other_end, other.other_end = other, one


_APPLY: Final[dict[type, Callable[[Tables, int, Any], None]]] = {
    Opened: _open, Paired: _pair, Copied: _copy, Accepted: _accept, Close: _close, CloseRange: _close_range,
    Nonblocking: _nonblocking, Cloexec: _cloexec, Turned: _turn, Addressed: _address, Sent: _send,
    Received: _receive, Shared: _share, Forked: _fork, Unshared: _unshare,
}  # fmt: skip
