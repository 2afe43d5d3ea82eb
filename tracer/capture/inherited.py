"""What descriptors a process has before the trace sees it open any: `/proc/PID/fd`, fdinfo, and the socket tables.

Read once, when a program is started or attached to, and kept as a JSON document in its SPAWN row:
`{"cwd": "/root", "fds": {"0": {"path": "/dev/pts/1", "flags": 2, "note": "char 136:1"}, "3": {..., "note": "TCP",
"socket": "inet stream to 10.0.0.1:80", "local": "10.0.0.2:3333"}}}`; a note is that of `tracer.capture.links`. An
epoll has its interest list: `"interests": [[descriptor, events, data], ...]`.
Links that cannot be read are left out: then the descriptor is one of which nothing is known.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from typing import Any, Final

from tracer.capture.links import link_of

AT_FDCWD: Final = -100
_MOST: Final = 1024
"""Descriptors described; a server with more has the others shown as unknown."""
_MOST_INTERESTS: Final = 1 << 14
"""Entries kept of one epoll's interest list."""
_EPOLL: Final = "anon_inode:[eventpoll]"
_MOST_TABLE: Final = 1 << 20
"""Bytes read of one socket table."""
_LISTENING: Final = "0A"
_INTERNET: Final = (
    ("tcp", "inet", "stream"), ("tcp6", "inet6", "stream"), ("udp", "inet", "dgram"), ("udp6", "inet6", "dgram"),
)  # fmt: skip
_UNIX_TYPES: Final = {"0001": "stream", "0002": "dgram", "0005": "seqpacket"}


Sockets = dict[str, tuple[str, str]]
"""By inode: what it is, and its own address."""


def inherited(pid: int, known: Sockets | None = None) -> bytes:
    """The document; one without descriptors when they cannot be read. `known`: the sockets, where they were read
    before, because reading the tables takes long."""
    fds = dict(_described(pid))
    inodes = {each["path"][8:-1]: each for each in fds.values() if each["path"].startswith("socket:[")}
    if inodes:
        sockets = sockets_of(pid) if known is None else known
        for inode in inodes.keys() & sockets.keys():
            text, local = sockets[inode]
            inodes[inode] |= {"socket": text, "local": local} if local else {"socket": text}
    return json.dumps({"fds": fds} | _directory(pid)).encode()


def _directory(pid: int) -> dict[str, str]:
    try:
        return {"cwd": os.fsdecode(link_of(pid, AT_FDCWD))}
    except OSError:
        return {}


def _described(pid: int) -> Iterator[tuple[str, dict[str, Any]]]:
    try:
        numbers = sorted(os.listdir(f"/proc/{pid}/fd"), key=int)
    except OSError:
        return
    for number in numbers[:_MOST]:
        try:
            path, _, note = os.fsdecode(link_of(pid, int(number))).partition("\0")
            with open(f"/proc/{pid}/fdinfo/{number}", "rb") as file:
                lines = file.readlines()
            entry: dict[str, Any] = {
                "path": path, "flags": next(int(line[6:], 8) for line in lines if line.startswith(b"flags:"))
            }  # fmt: skip
            if path == _EPOLL:
                entries = [line for line in lines if line.startswith(b"tfd:")]
                entry["interests"] = [_interest(line) for line in entries[:_MOST_INTERESTS]]
        except (OSError, StopIteration, ValueError, IndexError):
            continue
        yield number, entry | {"note": note} if note else entry


def _interest(line: bytes) -> tuple[int, int, int]:
    """`tfd: 5 events: 19 data: 5 pos:...`, the last two in hex (proc_pid_fdinfo(5)), as numbers."""
    words = line.split()
    return int(words[1]), int(words[3], 16), int(words[5], 16)


def sockets_of(pid: int) -> Sockets:
    """All sockets of the process's network namespace: some milliseconds, more where there are many connections."""
    return {inode: (text, local) for inode, text, local in _sockets(pid)}


def _sockets(pid: int) -> Iterator[tuple[str, str, str]]:
    """(inode, what it is, its own address) of all sockets of the process's network namespace (proc_pid_net(5))."""
    for table, family, kind in _INTERNET:
        for words in _table(pid, table, 10):
            yield words[9], f"{family} {kind}{_ends(words[1], words[2], words[3])}", _local(words[1])
    for words in _table(pid, "unix", 7):
        path = f" bound to {words[7]}" if len(words) > 7 else ""
        yield words[6], f"unix {_UNIX_TYPES.get(words[4], 'stream')}{path}", words[7] if path else ""


def _table(pid: int, name: str, columns: int) -> Iterator[list[str]]:
    try:
        with open(f"/proc/{pid}/net/{name}", "rb") as file:
            lines = file.read(_MOST_TABLE).decode(errors="backslashreplace").splitlines()
    except OSError:
        return
    for line in lines[1:]:
        words = line.split()
        if len(words) >= columns:
            yield words


def _ends(local: str, remote: str, state: str) -> str:
    if state == _LISTENING:
        return f" listening on {_address(local)}"
    if remote.strip("0:"):
        return f" to {_address(remote)}"
    return f" bound to {_address(local)}" if local.strip("0:") else ""


def _local(text: str) -> str:
    return _address(text) if text.strip("0:") else ""


def _address(text: str) -> str:
    """`0100007F:1F90`, words in the machine's order, as 127.0.0.1:8080."""
    host, _, port = text.partition(":")
    try:
        words = b"".join(int(host[at : at + 8], 16).to_bytes(4, "little") for at in range(0, len(host), 8))
        number = int(port, 16)
        if len(words) == 4:
            return f"{socket.inet_ntop(socket.AF_INET, words)}:{number}"
        return f"[{socket.inet_ntop(socket.AF_INET6, words)}]:{number}"
    except ValueError:
        return text
