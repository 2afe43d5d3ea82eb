"""What descriptors a process has before the trace sees it open any: `/proc/PID/fd`, fdinfo, and the socket tables.

Read once, when a program is started or attached to, and kept as a JSON document in its SPAWN row:
`{"fds": {"0": {"path": "/dev/pts/1", "flags": 2}, "3": {..., "socket": "inet stream to 10.0.0.1:80"}}}`.
Links that cannot be read are left out: then the descriptor is one of which nothing is known.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from typing import Any, Final

_MOST: Final = 1024
"""Descriptors described; a server with more has the others shown as unknown."""
_MOST_TABLE: Final = 1 << 20
"""Bytes read of one socket table."""
_LISTENING: Final = "0A"
_INTERNET: Final = (
    ("tcp", "inet", "stream"), ("tcp6", "inet6", "stream"), ("udp", "inet", "dgram"), ("udp6", "inet6", "dgram"),
)  # fmt: skip
_UNIX_TYPES: Final = {"0001": "stream", "0002": "dgram", "0005": "seqpacket"}


def inherited(pid: int) -> bytes:
    """The document; one without descriptors when they cannot be read."""
    fds = dict(_described(pid))
    inodes = {each["path"][8:-1]: each for each in fds.values() if each["path"].startswith("socket:[")}
    if inodes:
        for inode, text in _sockets(pid):
            if inode in inodes:
                inodes[inode]["socket"] = text
    return json.dumps({"fds": fds}).encode()


def _described(pid: int) -> Iterator[tuple[str, dict[str, Any]]]:
    try:
        numbers = sorted(os.listdir(f"/proc/{pid}/fd"), key=int)
    except OSError:
        return
    for number in numbers[:_MOST]:
        try:
            path = os.readlink(f"/proc/{pid}/fd/{number}")
            with open(f"/proc/{pid}/fdinfo/{number}", "rb") as file:
                flags = next(int(line[6:], 8) for line in file if line.startswith(b"flags:"))
        except (OSError, StopIteration, ValueError):
            continue
        yield number, {"path": path, "flags": flags}


def _sockets(pid: int) -> Iterator[tuple[str, str]]:
    """(inode, what it is) of all sockets of the process's network namespace (proc_pid_net(5))."""
    for table, family, kind in _INTERNET:
        for words in _table(pid, table, 10):
            yield words[9], f"{family} {kind}{_ends(words[1], words[2], words[3])}"
    for words in _table(pid, "unix", 7):
        path = f" bound to {words[7]}" if len(words) > 7 else ""
        yield words[6], f"unix {_UNIX_TYPES.get(words[4], 'stream')}{path}"


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
