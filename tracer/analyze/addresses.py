"""Socket addresses (struct sockaddr) as a person would write them."""

from __future__ import annotations

import socket
from typing import Final

_UNIX, _INET, _INET6 = 1, 2, 10
FAMILIES: Final = {_UNIX: "unix", _INET: "inet", _INET6: "inet6", 16: "netlink", 17: "packet"}


def address_text(data: bytes | None) -> str:
    """`127.0.0.1:80`, `[::1]:80`, a path, `@name` for an abstract name; empty when there is none."""
    if data is None or len(data) < 2:
        return ""
    family = int.from_bytes(data[:2], "little")
    if family == _UNIX:
        return _unix(data[2:])
    if family == _INET and len(data) >= 8:
        return f"{socket.inet_ntop(socket.AF_INET, data[4:8])}:{int.from_bytes(data[2:4], 'big')}"
    if family == _INET6 and len(data) >= 24:
        return f"[{socket.inet_ntop(socket.AF_INET6, data[8:24])}]:{int.from_bytes(data[2:4], 'big')}"
    return ""


def _unix(name: bytes) -> str:
    if name[:1] == b"\0":
        return "@" + name[1:].rstrip(b"\0").decode(errors="backslashreplace") if name.strip(b"\0") else ""
    return name.split(b"\0", 1)[0].decode(errors="backslashreplace")
