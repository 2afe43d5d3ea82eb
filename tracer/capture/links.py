"""What a descriptor leads to, as the kernel tells it: the link in `/proc/PID/fd` and what goes with it.

A link (proc_pid_fd(5)) is a path, `pipe:[inode]`, `socket:[inode]` or `anon_inode:[kind]`. After a NUL follows,
where there is something to say, the note: `char 1:3` or `block 8:0` of a device, the protocol's name of a socket
(`sockfs_xattr_get`, net/socket.c), the process of a pidfd. After the protocol and one more NUL may come the
socket's own address (of netlink its port) or, of a unix socket, the process at its other end. Of a descriptor that
came over a socket there are four parts always, the last of them the flags it is open with, in octal.
"""

from __future__ import annotations

import ctypes
import os
import socket
from collections.abc import Callable
from stat import S_ISBLK, S_ISCHR
from typing import Final

_AT_FDCWD: Final = -100
_PIDFD_GETFD: Final = 438
"""The same on all machines (asm-generic/unistd.h)."""
_syscall: Final = ctypes.CDLL(None, use_errno=True).syscall
_ADDRESSED: Final = (b"TCP", b"UDP", b"UNIX", b"NETLINK")


def link_of(pid: int, fd: int, *, addressed: bool = False) -> bytes:
    """The link of descriptor `fd` (AT_FDCWD, -100: of the working directory) of process `pid`, and its note after a
    NUL; `addressed`: with the address of a socket. Raises OSError when it cannot be read."""
    place = f"/proc/{pid}/cwd" if fd == _AT_FDCWD else f"/proc/{pid}/fd/{fd}"
    link = os.fsencode(os.readlink(place))
    if link.startswith(b"/") and not link.startswith(b"/dev/"):
        return link
    note = _note(place, link, pid, fd)
    if addressed and note.startswith(_ADDRESSED):
        note += b"\0" + _borrowed(pid, fd, _peer if note.startswith(b"UNIX") else _local_address)
    return link + b"\0" + note if note else link


def received_link(pid: int, fd: int) -> bytes:
    """The link of a descriptor that came over a socket: no call of the process tells what it is, nor how it was
    opened, which makes the ends of a pipe. Raises OSError when it cannot be read."""
    link, _, note = link_of(pid, fd).partition(b"\0")
    with open(f"/proc/{pid}/fdinfo/{fd}", "rb") as file:
        flags = next((line[6:].strip() for line in file if line.startswith(b"flags:")), b"")
    return b"\0".join((link, note, b"", flags))


def _note(place: str, link: bytes, pid: int, fd: int) -> bytes:
    """What can be told beside the link; empty when there is nothing, or it cannot be read."""
    try:
        if link.startswith(b"/dev/"):
            return _device(os.stat(place))
        if link.startswith(b"socket:"):
            return os.getxattr(place, "system.sockprotoname").rstrip(b"\0")
        if link == b"anon_inode:[pidfd]":
            with open(f"/proc/{pid}/fdinfo/{fd}", "rb") as file:
                return next((line[4:].strip() for line in file if line.startswith(b"Pid:")), b"")
    except OSError:
        pass
    return b""


def _device(status: os.stat_result) -> bytes:
    kind = "char" if S_ISCHR(status.st_mode) else "block" if S_ISBLK(status.st_mode) else ""
    return f"{kind} {os.major(status.st_rdev)}:{os.minor(status.st_rdev)}".encode() if kind else b""


def _borrowed(pid: int, fd: int, ask: Callable[[socket.socket], bytes]) -> bytes:
    """What `ask` learns of socket `fd` of process `pid`; empty when it cannot be asked.

    The socket is borrowed for a moment (pidfd_getfd(2)); whoever traces a process may do that."""
    try:
        process = os.pidfd_open(pid)
    except OSError:
        return b""
    try:
        borrowed = _syscall(_PIDFD_GETFD, process, fd, 0)
    finally:
        os.close(process)
    if borrowed < 0:
        return b""
    # Given the larger of the two families of the Internet, Python finds room for an address of either.
    with socket.socket(socket.AF_INET6, socket.SOCK_STREAM, 0, borrowed) as ours:
        try:
            return ask(ours)
        except (OSError, ValueError):
            return b""


def _local_address(ours: socket.socket) -> bytes:
    """The address the kernel gave a socket: `127.0.0.1:58594`, `[::1]:80`, or the port of a netlink socket."""
    host, port = ours.getsockname()[:2]
    if isinstance(host, int):
        return str(host).encode()
    return f"[{host}]:{port}".encode() if ":" in host else f"{host}:{port}".encode()


def _peer(ours: socket.socket) -> bytes:
    """The process that connected, or listened (SO_PEERCRED, unix(7)); 0 while there is none."""
    return str(int.from_bytes(ours.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 4), "little")).encode()
