"""What a socket knows of itself: by asking a copy of it, or from the kernel's tables of Internet sockets."""

from __future__ import annotations

import fcntl
import re
import socket
import struct
import termios
from pathlib import Path
from typing import Any, Final

_STATES: Final = (
    "", "ESTABLISHED", "SYN_SENT", "SYN_RECV", "FIN_WAIT1", "FIN_WAIT2", "TIME_WAIT", "CLOSE", "CLOSE_WAIT",
    "LAST_ACK", "LISTEN", "CLOSING", "NEW_SYN_RECV",
)  # fmt: skip
"""include/net/tcp_states.h"""
_LISTEN: Final = 10
_UNACKED: Final = struct.Struct("<24xI")
"""struct tcp_info: tcpi_unacked, which for a listening socket is the number of connections not accepted yet
(tcp_get_info in net/ipv4/tcp.c)."""
_TABLES: Final = ("tcp", "tcp6", "udp", "udp6")
_INODE: Final = re.compile(r"socket:\[(\d+)\]")


def socket_facts(fd: int) -> dict[str, Any]:
    """Fields of a `DescriptorState`, of a socket that is ours to ask; those it does not know are left out."""
    found: dict[str, Any] = {}
    with socket.socket(fileno=fd) as asked:
        try:
            found["listening"] = bool(asked.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN))
            if asked.family in (socket.AF_INET, socket.AF_INET6) and asked.type == socket.SOCK_STREAM:
                about = asked.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 32)
                found["state"] = _STATES[about[0]] if about[0] < len(_STATES) else f"state {about[0]}"
                if found["listening"]:
                    found["waiting"] = _UNACKED.unpack_from(about)[0]
                else:  # of other sockets it is not a number of bytes of data (unix(7), udp(7))
                    found["unsent"] = _number(fd, termios.TIOCOUTQ)
            if not found["listening"]:
                found["queued"] = _number(fd, termios.FIONREAD)
        except OSError:  # a kind of socket that does not answer this
            pass
        finally:
            asked.detach()
    return found


def of_tables(pid: int, what: str) -> dict[str, Any]:
    """The same from /proc/PID/net (proc_pid_net(5)), for a socket we may not ask; empty when it is in none."""
    inode = _INODE.fullmatch(what)
    for name in _TABLES if inode else ():
        try:
            lines = Path(f"/proc/{pid}/net/{name}").read_text().splitlines()[1:]
        except OSError:
            continue
        for fields in map(str.split, lines):
            if len(fields) > 9 and inode is not None and fields[9] == inode[1]:
                return _of_line(name, fields)
    return {}


def _of_line(table: str, fields: list[str]) -> dict[str, Any]:
    state = int(fields[3], 16)
    unsent, queued = (int(part, 16) for part in fields[4].split(":"))
    if table.startswith("tcp") and state == _LISTEN:
        return {"listening": True, "state": _STATES[state], "waiting": queued}
    found: dict[str, Any] = {"queued": queued, "unsent": unsent}
    if table.startswith("tcp") and state < len(_STATES):
        found["state"] = _STATES[state]
    return found


def _number(fd: int, request: int) -> int | None:
    try:
        return int(struct.unpack("i", fcntl.ioctl(fd, request, bytes(4)))[0])
    except OSError:
        return None
