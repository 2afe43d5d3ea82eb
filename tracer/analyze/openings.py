"""Calls that change a descriptor table: what each opens, closes or changes, from its arguments and result.

`changes_by` knows one call at a time; flag values are those of the generic ABI (asm-generic/fcntl.h).
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tracer.analyze.calls import CallCodes
from tracer.analyze.columns import Columns
from tracer.analyze.memory import Memory
from tracer.wire import When

O_NONBLOCK: Final = 0o4000
O_CLOEXEC: Final = 0o2000000
_F_DUPFD, _F_SETFD, _F_SETFL, _F_DUPFD_CLOEXEC = 0, 2, 4, 1030
_FIONBIO, _FIONCLEX, _FIOCLEX = 0x5421, 0x5450, 0x5451
_CLOSE_RANGE_CLOEXEC: Final = 4
_FAMILIES: Final = {1: "unix", 2: "inet", 10: "inet6", 16: "netlink", 17: "packet"}
_TYPES: Final = {1: "stream", 2: "dgram", 3: "raw", 5: "seqpacket"}


@dataclass(frozen=True, slots=True)
class Opened:
    """`fd` is a new descriptor; a copy of `copy_of` when that is not None."""

    fd: int
    what: str
    opened_by: str
    nonblocking: bool | None = False
    cloexec: bool = False
    copy_of: int | None = None


@dataclass(frozen=True, slots=True)
class Close:
    """`fd` is closed."""

    fd: int


@dataclass(frozen=True, slots=True)
class CloseRange:
    """All descriptors from `first` to `last` are closed."""

    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Nonblocking:
    """O_NONBLOCK of `fd` was set or cleared."""

    fd: int
    on: bool


@dataclass(frozen=True, slots=True)
class Cloexec:
    """FD_CLOEXEC of `fd` was set or cleared."""

    fd: int
    on: bool


Change = Opened | Close | CloseRange | Nonblocking | Cloexec


@dataclass(frozen=True, slots=True)
class Returned:
    """One call that returned: its arguments, its result and the memory captured at its stops."""

    args: list[int]
    result: int
    memory: Memory
    row: int

    def content(self, argument: int, when: When = When.ENTRY) -> bytes | None:
        """What was captured of the memory `argument` points to, None when it is missing."""
        return self.memory.argument(self.row, argument, when)

    def text(self, argument: int) -> str:
        """The same as text, "?" when it is missing."""
        content = self.content(argument)
        return "?" if content is None else content.split(b"\0", 1)[0].decode(errors="backslashreplace")


_Rule = Callable[[Returned], Iterator[Change]]


def changes_of(columns: Columns, codes: CallCodes) -> NDArray[np.int64]:
    """The rows of successful calls that may change a table. A failed close closes too (close(2))."""
    changing = np.array([fact.name in _RULES for fact in codes.facts])
    closes = np.array([fact.name == "close" for fact in codes.facts])
    done = columns.returned & changing[columns.code] & ((columns.result >= 0) | closes[columns.code])
    return np.flatnonzero(done)


def changes_by(name: str, columns: Columns, row: int) -> Iterator[Change]:
    """What the call in `row`, named `name`, changed."""
    return _RULES[name](Returned(columns.args[row].tolist(), int(columns.result[row]), columns.memory, row))


def _flags(flags: int) -> tuple[bool, bool]:
    return bool(flags & O_NONBLOCK), bool(flags & O_CLOEXEC)


def _open(path: int, name: str) -> _Rule:
    def rule(call: Returned) -> Iterator[Change]:
        how = call.content(2) if name == "openat2" else None
        flags = struct.unpack_from("<Q", how)[0] if how and len(how) >= 8 else call.args[path + 1]
        yield Opened(call.result, call.text(path), name, *_flags(0 if name == "creat" else flags))

    return rule


def _plain(name: str, what: str, flags: int | None = None) -> _Rule:
    def rule(call: Returned) -> Iterator[Change]:
        yield Opened(call.result, what, name, *_flags(0 if flags is None else call.args[flags]))

    return rule


def _kind_of_socket(args: list[int]) -> str:
    family, kind = args[0] & 0xFFFFFFFF, args[1] & 0xF
    return f"{_FAMILIES.get(family, f'family {family}')} {_TYPES.get(kind, f'type {kind}')}"


def _socket(call: Returned) -> Iterator[Change]:
    yield Opened(call.result, f"socket {_kind_of_socket(call.args)}", "socket", *_flags(call.args[1]))


def _pair(name: str, memory: int, flags: int | None) -> _Rule:
    def rule(call: Returned) -> Iterator[Change]:
        content = call.content(memory, When.EXIT)
        if content is None or len(content) < 8:
            return
        whats = (
            ("pipe (read end)", "pipe (write end)")
            if memory == 0
            else (f"socketpair {_kind_of_socket(call.args)}",) * 2
        )
        for fd, what in zip(struct.unpack_from("<ii", content), whats, strict=True):
            yield Opened(fd, what, name, *_flags(0 if flags is None else call.args[flags]))

    return rule


def _dup(name: str, flags: int | None = None) -> _Rule:
    def rule(call: Returned) -> Iterator[Change]:
        source = call.args[0] & 0xFFFFFFFF
        if source != call.result:
            cloexec = flags is not None and _flags(call.args[flags])[1]
            yield Opened(call.result, f"copy of {source}", name, None, cloexec, copy_of=source)

    return rule


def _fcntl(call: Returned) -> Iterator[Change]:
    fd, command = call.args[0] & 0xFFFFFFFF, call.args[1]
    if command in (_F_DUPFD, _F_DUPFD_CLOEXEC):
        yield Opened(call.result, f"copy of {fd}", "fcntl", None, command == _F_DUPFD_CLOEXEC, copy_of=fd)
    elif command == _F_SETFL:
        yield Nonblocking(fd, bool(call.args[2] & O_NONBLOCK))
    elif command == _F_SETFD:
        yield Cloexec(fd, bool(call.args[2] & 1))


def _ioctl(call: Returned) -> Iterator[Change]:
    fd, command = call.args[0] & 0xFFFFFFFF, call.args[1]
    if command == _FIONBIO:
        content = call.content(2)
        if content is not None:
            yield Nonblocking(fd, any(content[:4]))
    elif command in (_FIOCLEX, _FIONCLEX):
        yield Cloexec(fd, command == _FIOCLEX)


def _close(call: Returned) -> Iterator[Change]:
    yield Close(call.args[0] & 0xFFFFFFFF)


def _close_range(call: Returned) -> Iterator[Change]:
    if not call.args[2] & _CLOSE_RANGE_CLOEXEC:
        yield CloseRange(call.args[0] & 0xFFFFFFFF, call.args[1] & 0xFFFFFFFF)


def _signalfd(call: Returned) -> Iterator[Change]:
    if call.args[0] & 0xFFFFFFFF == 0xFFFFFFFF:  # else the mask of an existing one was changed
        yield Opened(call.result, "signalfd", "signalfd", *_flags(call.args[3]))


def _memfd(call: Returned) -> Iterator[Change]:
    yield Opened(call.result, f"memfd {call.text(0)}", "memfd_create", False, bool(call.args[1] & 1))


_RULES: Final[dict[str, _Rule]] = {
    "open": _open(0, "open"),
    "creat": _open(0, "creat"),
    "openat": _open(1, "openat"),
    "openat2": _open(1, "openat2"),
    "socket": _socket,
    "accept": _plain("accept", "socket (accepted)"),
    "accept4": _plain("accept4", "socket (accepted)", flags=3),
    "socketpair": _pair("socketpair", 3, flags=1),
    "pipe": _pair("pipe", 0, flags=None),
    "pipe2": _pair("pipe2", 0, flags=1),
    "dup": _dup("dup"),
    "dup2": _dup("dup2"),
    "dup3": _dup("dup3", flags=2),
    "fcntl": _fcntl,
    "fcntl64": _fcntl,
    "ioctl": _ioctl,
    "close": _close,
    "close_range": _close_range,
    "epoll_create": _plain("epoll_create", "epoll"),
    "epoll_create1": _plain("epoll_create1", "epoll", flags=0),
    "eventfd": _plain("eventfd", "eventfd"),
    "eventfd2": _plain("eventfd2", "eventfd", flags=1),
    "timerfd_create": _plain("timerfd_create", "timerfd", flags=1),
    "signalfd": _signalfd,
    "signalfd4": _signalfd,
    "memfd_create": _memfd,
    "inotify_init": _plain("inotify_init", "inotify"),
    "inotify_init1": _plain("inotify_init1", "inotify", flags=0),
    "io_uring_setup": _plain("io_uring_setup", "io_uring"),
    "pidfd_open": _plain("pidfd_open", "pidfd", flags=1),
    "userfaultfd": _plain("userfaultfd", "userfaultfd", flags=0),
}
