"""Calls that change a descriptor table: what each opens, closes or changes, from its arguments and result.

`RULES` know one call at a time; flag values are those of the generic ABI (asm-generic/fcntl.h). Sockets
are in `openings_sockets`.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from posixpath import normpath
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tracer.analyze.calls import CallCodes
from tracer.analyze.changes import (
    Change,
    Cloexec,
    Close,
    CloseRange,
    Copied,
    Forked,
    Nonblocking,
    Opened,
    Shared,
    Turned,
    Unshared,
)
from tracer.analyze.columns import Columns
from tracer.analyze.openings.passed import pass_descriptors, passes_descriptors
from tracer.analyze.openings.sockets import SOCKET_RULES
from tracer.analyze.openings.special import SPECIAL_RULES, child_descriptor
from tracer.analyze.returned import O_CLOEXEC, O_NONBLOCK, Returned, Rule, flags_of
from tracer.syscalls.objects import Object
from tracer.wire import When

O_DIRECT: Final = 0o40000
"""On x86; on pipes it means packets (pipe(2)), and changes no copies."""
_F_DUPFD, _F_SETFD, _F_SETFL, _F_DUPFD_CLOEXEC = 0, 2, 4, 1030
_FIONBIO, _FIONCLEX, _FIOCLEX = 0x5421, 0x5450, 0x5451
_CLOSE_RANGE_UNSHARE, _CLOSE_RANGE_CLOEXEC = 2, 4
_CLONE_FILES, _CLONE_THREAD = 0x400, 0x10000
_DEVICES: Final = {"/dev/null": Object.NULL, "/dev/zero": Object.ZERO, "/dev/full": Object.ZERO}
_OTHER, _DIRECT = Object.OTHER, Object.DIRECT
"""Looked up once: a name of an enumeration costs as much as the rest of a rule."""
_EINPROGRESS: Final = 115

Mask = NDArray[np.bool_]


def changes_of(columns: Columns, codes: CallCodes) -> NDArray[np.int64]:
    """The rows of calls that may change a table. A failed close closes too (close(2)), and a connect that has
    only begun has its address."""
    names = [fact.name for fact in codes.facts]
    changing = np.array([name in RULES for name in names])
    failing = np.array([{"close": 2, "connect": 1}.get(name, 0) for name in names])[columns.code]
    done = (columns.result >= 0) | (failing == 2) | ((failing == 1) & (columns.result == -_EINPROGRESS))
    rows = columns.returned & changing[columns.code] & done
    for name, concerned in _PREDICATES.items():
        if name in names:
            these = rows & (columns.code == names.index(name))
            if these.any():
                rows &= ~these | concerned(columns, these)
    return np.flatnonzero(rows)


def object_of(path: str, flags: int) -> Object:
    """What a file is by its path and the flags it was opened with."""
    device = _DEVICES.get(path) or (_DEVICES.get(normpath(path)) if path.startswith("/dev/") else None)
    return device or (_DIRECT if flags & O_DIRECT else _OTHER)


def _open(path: int, name: str) -> Rule:
    def rule(call: Returned) -> Iterator[Change]:
        how = call.content(2) if name == "openat2" else None
        flags = struct.unpack_from("<Q", how)[0] if how and len(how) >= 8 else call.args[path + 1]
        flags, what = 0 if name == "creat" else flags, call.text(path)
        yield Opened(call.result, what, name, *flags_of(flags), object_of(what, flags))

    return rule


def _plain(name: str, what: str, flags: int | None = None, thing: Object = Object.OTHER) -> Rule:
    def rule(call: Returned) -> Iterator[Change]:
        yield Opened(call.result, what, name, *flags_of(0 if flags is None else call.args[flags]), thing)

    return rule


def _pipe(name: str, flags: int | None) -> Rule:
    def rule(call: Returned) -> Iterator[Change]:
        content = call.content(0, When.EXIT)
        if content is None or len(content) < 8:
            return
        read, write = struct.unpack_from("<ii", content)
        given = flags_of(0 if flags is None else call.args[flags])
        yield Opened(read, "pipe (read end)", name, *given, Object.PIPE_READ)
        yield Opened(write, "pipe (write end)", name, *given, Object.PIPE_WRITE)

    return rule


def _dup(name: str, flags: int | None = None) -> Rule:
    def rule(call: Returned) -> Iterator[Change]:
        source = call.args[0] & 0xFFFFFFFF
        if source != call.result:
            yield Copied(call.result, source, name, flags is not None and bool(call.args[flags] & O_CLOEXEC))

    return rule


def _fcntl(call: Returned) -> Iterator[Change]:
    fd, command, argument = call.args[0] & 0xFFFFFFFF, call.args[1] & 0xFFFFFFFF, call.args[2]
    if command in (_F_DUPFD, _F_DUPFD_CLOEXEC):
        yield Copied(call.result, fd, "fcntl", command == _F_DUPFD_CLOEXEC)
    elif command == _F_SETFL:
        yield Nonblocking(fd, bool(argument & O_NONBLOCK))
        files = (Object.DIRECT, Object.OTHER)
        yield Turned(fd, Object.DIRECT if argument & O_DIRECT else Object.OTHER, files)
    elif command == _F_SETFD:
        yield Cloexec(fd, bool(argument & 1))


def _fcntl_changes(columns: Columns, _these: Mask) -> Mask:
    command = columns.args[:, 1] & np.uint64(0xFFFFFFFF)
    return np.isin(command, (_F_DUPFD, _F_SETFD, _F_SETFL, _F_DUPFD_CLOEXEC))


def _ioctl(call: Returned) -> Iterator[Change]:
    fd, command = call.args[0] & 0xFFFFFFFF, call.args[1] & 0xFFFFFFFF
    if command == _FIONBIO:
        content = call.content(2)
        if content is not None:
            yield Nonblocking(fd, any(content[:4]))
    elif command in (_FIOCLEX, _FIONCLEX):
        yield Cloexec(fd, command == _FIOCLEX)


def _ioctl_changes(columns: Columns, _these: Mask) -> Mask:
    return np.isin(columns.args[:, 1] & np.uint64(0xFFFFFFFF), (_FIONBIO, _FIONCLEX, _FIOCLEX))


def _close(call: Returned) -> Iterator[Change]:
    yield Close(call.args[0] & 0xFFFFFFFF)


def _close_range(call: Returned) -> Iterator[Change]:
    if call.args[2] & _CLOSE_RANGE_UNSHARE:
        yield Unshared()
    mark = bool(call.args[2] & _CLOSE_RANGE_CLOEXEC)
    yield CloseRange(call.args[0] & 0xFFFFFFFF, call.args[1] & 0xFFFFFFFF, mark)


def _signalfd(call: Returned) -> Iterator[Change]:
    if call.args[0] & 0xFFFFFFFF == 0xFFFFFFFF:  # else the mask of an existing one was changed
        yield Opened(call.result, "signalfd", "signalfd", *flags_of(call.args[3]), Object.SIGNALFD)


def _memfd(call: Returned) -> Iterator[Change]:
    yield Opened(call.result, f"memfd {call.text(0)}", "memfd_create", False, bool(call.args[1] & 1))


def _clone(call: Returned) -> Iterator[Change]:
    yield from _born(call.args[0], call.result)


def _fork(call: Returned) -> Iterator[Change]:
    yield from _born(0, call.result)


def _born(flags: int, child: int) -> Iterator[Change]:
    """The child has the table as it is at the end of the call; its own first row may come much later."""
    if not flags & _CLONE_THREAD and child > 0:
        yield Shared(child) if flags & _CLONE_FILES else Forked(child)


def _clone3(call: Returned) -> Iterator[Change]:
    given = call.content(0)
    flags = struct.unpack_from("<Q", given)[0] if given and len(given) >= 8 else 0
    if given:
        yield from _born(flags, call.result)
        yield from child_descriptor(call)


def _unshare(call: Returned) -> Iterator[Change]:
    if call.args[0] & _CLONE_FILES:
        yield Unshared()


_PREDICATES: Final[dict[str, Callable[[Columns, Mask], Mask]]] = {
    "fcntl": _fcntl_changes, "fcntl64": _fcntl_changes, "ioctl": _ioctl_changes,
    "sendmsg": passes_descriptors, "recvmsg": passes_descriptors,
    **dict.fromkeys(("sendmmsg", "recvmmsg", "recvmmsg_time64"), pass_descriptors),
}  # fmt: skip
"""Calls of which most change nothing: which of them are worth a look, as columns."""

RULES: Final[dict[str, Rule]] = {
    **SOCKET_RULES,
    **SPECIAL_RULES,
    "open": _open(0, "open"),
    "creat": _open(0, "creat"),
    "openat": _open(1, "openat"),
    "openat2": _open(1, "openat2"),
    "pipe": _pipe("pipe", flags=None),
    "pipe2": _pipe("pipe2", flags=1),
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
    "eventfd": _plain("eventfd", "eventfd", thing=Object.EVENTFD),
    "eventfd2": _plain("eventfd2", "eventfd", 1, Object.EVENTFD),
    "timerfd_create": _plain("timerfd_create", "timerfd", flags=1),
    "signalfd": _signalfd,
    "signalfd4": _signalfd,
    "memfd_create": _memfd,
    "inotify_init": _plain("inotify_init", "inotify"),
    "inotify_init1": _plain("inotify_init1", "inotify", flags=0),
    "io_uring_setup": _plain("io_uring_setup", "io_uring"),
    "pidfd_open": _plain("pidfd_open", "pidfd", flags=1),
    "userfaultfd": _plain("userfaultfd", "userfaultfd", flags=0),
    "fork": _fork,
    "vfork": _fork,
    "clone": _clone,
    "clone3": _clone3,
    "unshare": _unshare,
}
"""What each call changes, by name."""
