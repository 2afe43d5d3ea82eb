"""What a call can do to a descriptor table: the vocabulary between `openings` and `descriptor_tables`."""

from __future__ import annotations

from typing import NamedTuple

from tracer.syscalls.objects import Object


class Opened(NamedTuple):
    """`fd` is a new descriptor."""

    fd: int
    what: str
    opened_by: str
    nonblocking: bool | None = False
    cloexec: bool = False
    thing: Object = Object.OTHER


class Paired(NamedTuple):
    """`fds` are the two ends of a new socket pair: what is sent at one arrives at the other."""

    fds: tuple[int, int]


class Copied(NamedTuple):
    """`fd` is a new descriptor for the same open file description as `source` (dup(2))."""

    fd: int
    source: int
    opened_by: str
    cloexec: bool


class Accepted(NamedTuple):
    """`fd` is a connection made to the listening socket `source`; `peer` is its address, empty when not asked."""

    fd: int
    source: int
    opened_by: str
    peer: str
    nonblocking: bool
    cloexec: bool
    peer_pid: int = 0
    """Of a unix socket the process that connected; 0 = not known."""


class Close(NamedTuple):
    """`fd` is closed."""

    fd: int


class CloseRange(NamedTuple):
    """All descriptors from `first` to `last` are closed, or `mark`ed to be closed by exec."""

    first: int
    last: int
    mark: bool = False


class Nonblocking(NamedTuple):
    """O_NONBLOCK of `fd` was set or cleared."""

    fd: int
    on: bool


class Cloexec(NamedTuple):
    """FD_CLOEXEC of `fd` was set or cleared."""

    fd: int
    on: bool


class Turned(NamedTuple):
    """From now on `fd` is a `thing` where it was one of `of` (O_DIRECT, SO_ZEROCOPY)."""

    fd: int
    thing: Object
    of: tuple[Object, ...]


class Addressed(NamedTuple):
    """The socket `fd` got an address: ("to" | "bound to", address)."""

    fd: int
    how: str
    address: str


class Sent(NamedTuple):
    """`fds` were sent over the unix socket `over` (SCM_RIGHTS, unix(7)), `to` an address when one was given."""

    over: int
    fds: tuple[int, ...]
    to: str = ""


class Received(NamedTuple):
    """`fds` arrived over the unix socket `over`."""

    over: int
    fds: tuple[int, ...]
    cloexec: bool
    peeked: bool = False
    """The message stays where it was, and will be received once more (MSG_PEEK)."""
    links: tuple[bytes, ...] = ()
    """What each of `fds` leads to (`tracer.capture.links`), empty where capture could not read it; () = not known
    of any."""


class Shared(NamedTuple):
    """The process `child` shares this table (CLONE_FILES, clone(2))."""

    child: int


class Forked(NamedTuple):
    """The process `child` was born with a copy of this table (fork(2)), as it is now."""

    child: int


class Unshared(NamedTuple):
    """The process got a table of its own again (unshare(2))."""


Change = (
    Opened | Paired | Copied | Accepted | Close | CloseRange | Nonblocking | Cloexec | Turned | Addressed | Sent
    | Received | Shared | Forked | Unshared
)  # fmt: skip
