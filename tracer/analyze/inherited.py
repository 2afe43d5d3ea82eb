"""Descriptors that were open before the trace began, as capture read them from `/proc` at the first stop.

The piece is a JSON document (`tracer.capture.inherited`):

    {"cwd": "/root", "fds": {"0": {"path": "/dev/pts/1", "flags": 2, "note": "char 136:1"},
     "3": {"path": "socket:[3]", "note": "TCP", "socket": "inet stream to 10.0.0.1:80", "local": "10.0.0.2:3333"}}}

The path is the link in `/proc/PID/fd` (proc_pid_fd(5)), the flags are those of `/proc/PID/fdinfo`, where O_CLOEXEC
stands for the descriptor's close-on-exec flag.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from tracer.analyze.changes import Opened
from tracer.analyze.descriptors.links import Link
from tracer.analyze.openings.openings import object_of
from tracer.analyze.returned import flags_of
from tracer.syscalls.objects import Object

INHERITED: Final = "inherited"
RECEIVED: Final = "recvmsg"
"""How a descriptor came of which nobody saw what was sent."""
AT_FDCWD: Final = -100
_ACCESS, _READ_ONLY = 3, 0
_ALWAYS: Final = 0x8 | 0x10
"""EPOLLERR and EPOLLHUP: the kernel adds them to what was asked (fs/eventpoll.c, ep_insert)."""
_PROTOCOLS: Final = {
    "TCP": "inet stream", "TCPv6": "inet6 stream", "UDP": "inet dgram", "UDPv6": "inet6 dgram", "RAW": "inet raw",
    "RAWv6": "inet6 raw", "UNIX-STREAM": "unix stream", "UNIX": "unix", "NETLINK": "netlink", "PACKET": "packet",
}  # fmt: skip
"""Sockets by the name of their protocol (`struct proto`); before Linux 5.15 all unix sockets are UNIX."""
_ANONYMOUS: Final = {
    "[eventfd]": ("eventfd", Object.EVENTFD), "[signalfd]": ("signalfd", Object.SIGNALFD),
    "[eventpoll]": ("epoll", Object.OTHER), "[timerfd]": ("timerfd", Object.OTHER),
    "[io_uring]": ("io_uring", Object.OTHER), "[pidfd]": ("pidfd", Object.OTHER),
    "inotify": ("inotify", Object.OTHER), "[userfaultfd]": ("userfaultfd", Object.OTHER),
}  # fmt: skip


def inherited_of(document: str) -> Iterator[Opened]:
    """What was open; nothing when the document is missing or damaged."""
    try:
        fds = json.loads(document)["fds"].items()
    except (ValueError, TypeError, KeyError, AttributeError):
        return
    for number, each in fds:
        if number.isdigit() and isinstance(each, dict) and isinstance(each.get("path"), str):
            flags = each.get("flags")
            yield _one(int(number), each, flags if isinstance(flags, int) else None)


def arrived(fd: int, link: bytes) -> Opened:
    """What came over a socket and got the number `fd`, by its link (`tracer.capture.links`)."""
    path, note, _, octal, *_ = (*link.decode(errors="surrogateescape").split("\0"), "", "", "")
    flags = int(octal, 8) if octal.isascii() and octal.isdigit() else None
    opened = _one(fd, {"path": path, "socket": _PROTOCOLS.get(note)}, flags)._replace(opened_by=RECEIVED)
    if flags is None and path.startswith("pipe:"):
        return opened._replace(what="pipe", thing=Object.UNKNOWN)
    if flags is None and opened.thing is Object.OTHER and path.startswith("/"):  # O_DIRECT would make another one
        return opened._replace(thing=Object.UNKNOWN)
    return opened


def links_of(document: str) -> dict[int, Link]:
    """What the same descriptors lead to; AT_FDCWD (-100) is the working directory."""
    try:
        whole = json.loads(document)
        fds, directory = whole["fds"].items(), whole.get("cwd")
    except (ValueError, TypeError, KeyError, AttributeError):
        return {}
    found = {
        int(number): _link(each)
        for number, each in fds
        if number.isdigit() and isinstance(each, dict) and isinstance(each.get("path"), str)
    }
    return found | ({AT_FDCWD: Link(directory)} if isinstance(directory, str) else {})


def interests_of(document: str) -> dict[int, list[tuple[int, int, int]]]:
    """By epoll descriptor the (descriptor, events, data) that were in its interest list."""
    try:
        fds = json.loads(document)["fds"]
        return {
            int(number): [(int(fd), int(events) & ~_ALWAYS, int(data)) for fd, events, data in each["interests"]]
            for number, each in fds.items()
            if "interests" in each
        }
    except (ValueError, TypeError, KeyError, AttributeError):
        return {}


def _link(entry: dict[str, Any]) -> Link:
    note, local, socket = (str(entry.get(name, "")) for name in ("note", "local", "socket"))
    _, to, remote = socket.partition(" to ")
    return Link(entry["path"], note, local, remote, bool(to))


def _one(fd: int, entry: dict[str, Any], flags: int | None) -> Opened:
    what, thing = _what(entry["path"], flags or 0, entry.get("socket"))
    nonblocking, cloexec = flags_of(flags or 0)
    return Opened(fd, what, INHERITED, nonblocking if flags is not None else None, cloexec, thing)


def _what(path: str, flags: int, socket: object) -> tuple[str, Object]:
    kind, colon, rest = path.partition(":")
    if not colon or path.startswith("/"):
        return path, object_of(path, flags)
    if kind == "pipe":
        reads = flags & _ACCESS == _READ_ONLY
        return ("pipe (read end)", Object.PIPE_READ) if reads else ("pipe (write end)", Object.PIPE_WRITE)
    if kind == "anon_inode":
        return _ANONYMOUS.get(rest, (rest.strip("[]"), Object.OTHER))
    if kind == "socket":
        known = isinstance(socket, str)
        tcp = known and str(socket).startswith("inet") and " stream" in str(socket)
        return f"socket {socket}" if known else "socket", Object.TCP if tcp else Object.OTHER
    return path, Object.OTHER
