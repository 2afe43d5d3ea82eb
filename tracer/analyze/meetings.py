"""Which two unix sockets are the ends of one connection, as bind, connect and accept tell it.

connect(2) succeeds when the connection waits to be accepted, and connections are accepted in the order in which
they were made (unix(7)). The process at the other end of an accepted socket is known (SO_PEERCRED): the oldest
connection of that process to the same address is the one. The rows of the two calls may come in either order.
"""

from __future__ import annotations

from collections import defaultdict, deque
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from tracer.analyze.descriptions import Description

_MOST_WAITING: Final = 1 << 10
Waiting: TypeAlias = "deque[tuple[int, Description]]"
"""The connecting process (0 = not known), and a socket that has not met its other end yet."""


class Meetings:
    """Addresses of unix sockets, and the connections made to each."""

    def __init__(self) -> None:
        self._bound: dict[str, Description] = {}
        self._addresses: dict[Description, str] = {}
        self._connected: defaultdict[str, Waiting] = defaultdict(_waiting)
        self._accepted: defaultdict[str, Waiting] = defaultdict(_waiting)

    def bind(self, address: str, socket: Description) -> None:
        """`socket` has this address now."""
        self._bound[address] = socket
        self._addresses[socket] = address

    def bound(self, address: str) -> Description | None:
        """The socket with this address."""
        return self._bound.get(address)

    def address_of(self, socket: Description | None) -> str:
        """The address a socket was bound to, empty when that was not seen."""
        return self._addresses.get(socket, "") if socket is not None else ""

    def connected(self, address: str, pid: int, socket: Description) -> Description | None:
        """`socket` of process `pid` connected to `address`: the other end, when it was accepted already."""
        return _meet(self._accepted[address], self._connected[address], pid, socket)

    def accepted(self, address: str, pid: int, socket: Description) -> Description | None:
        """A connection of process `pid` to `address` was accepted as `socket`: the other end, when it was seen."""
        return _meet(self._connected[address], self._accepted[address], pid, socket)


def _waiting() -> Waiting:
    return deque(maxlen=_MOST_WAITING)


def _meet(theirs: Waiting, ours: Waiting, pid: int, socket: Description) -> Description | None:
    for index, (other_pid, other) in enumerate(theirs):
        if pid == other_pid or not pid or not other_pid:
            del theirs[index]
            return other
    ours.append((pid, socket))
    return None
