"""Calls that make sockets, give them addresses, and pass descriptors over them."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tracer.analyze.addresses import FAMILIES, address_text
from tracer.analyze.changes import Accepted, Addressed, Change, Opened, Paired, Received, Sent, Turned
from tracer.analyze.columns import Columns
from tracer.analyze.returned import Returned, Rule, flags_of
from tracer.syscalls.objects import Object
from tracer.wire import When

_TYPES: Final = {1: "stream", 2: "dgram", 3: "raw", 5: "seqpacket"}
_INET: Final = (2, 10)
_STREAM, _TCP = 1, 6
_SOL_SOCKET, _SO_ZEROCOPY, _SCM_RIGHTS = 1, 60, 1
_MSG_CMSG_CLOEXEC: Final = 0x40000000
_MSGHDR: Final = struct.Struct("<QIxxxxQQQQI")
_CMSG: Final = struct.Struct("<Qii")


def _kind(args: list[int]) -> str:
    family, kind = args[0] & 0xFFFFFFFF, args[1] & 0xF
    return f"{FAMILIES.get(family, f'family {family}')} {_TYPES.get(kind, f'type {kind}')}"


def _socket(call: Returned) -> Iterator[Change]:
    family, kind, protocol = (value & 0xFFFFFFFF for value in call.args[:3])
    tcp = family in _INET and kind & 0xF == _STREAM and protocol in (0, _TCP)
    thing = Object.TCP if tcp else Object.OTHER
    yield Opened(call.result, f"socket {_kind(call.args)}", "socket", *flags_of(call.args[1]), thing)


def _socketpair(call: Returned) -> Iterator[Change]:
    content = call.content(3, When.EXIT)
    if content is None or len(content) < 8:
        return
    fds = struct.unpack_from("<ii", content)
    for fd in fds:
        yield Opened(fd, f"socketpair {_kind(call.args)}", "socketpair", *flags_of(call.args[1]))
    yield Paired((fds[0], fds[1]))


def _accept(name: str, flags: int | None) -> Rule:
    def rule(call: Returned) -> Iterator[Change]:
        peer = address_text(call.content(1, When.EXIT))
        given = flags_of(0 if flags is None else call.args[flags])
        yield Accepted(call.result, call.args[0] & 0xFFFFFFFF, name, peer, *given)

    return rule


def _address(how: str) -> Rule:
    def rule(call: Returned) -> Iterator[Change]:
        address = address_text(call.content(1))
        if address:
            yield Addressed(call.args[0] & 0xFFFFFFFF, how, address)

    return rule


def _setsockopt(call: Returned) -> Iterator[Change]:
    level, option = call.args[1] & 0xFFFFFFFF, call.args[2] & 0xFFFFFFFF
    if (level, option) == (_SOL_SOCKET, _SO_ZEROCOPY) and any((call.content(3) or b"")[:4]):
        yield Turned(call.args[0] & 0xFFFFFFFF, Object.ZEROCOPY, (Object.TCP, Object.OTHER))


def passes_descriptors(columns: Columns, these: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which of the messages (sendmsg, recvmsg) have a control buffer."""
    headers = columns.memory.pieces(these, (1,), When.ENTRY)
    whole = headers.size == 56
    start = headers.start[whole]
    answer = np.zeros(len(these), np.bool_)
    bytes_of = headers.content[start[:, None] + np.arange(32, 48)] if len(start) else np.zeros((0, 16), np.uint8)
    with_control = bytes_of[:, :8].any(axis=1) & bytes_of[:, 8:].any(axis=1)
    answer[headers.row[whole][with_control]] = True
    return answer


def _rights(call: Returned, when: When) -> tuple[int, ...]:
    """The descriptors in the control messages of a msghdr (cmsg(3), unix(7))."""
    header = call.content(1, when)
    if header is None or len(header) < 48:
        return ()
    control, length = _MSGHDR.unpack_from(header.ljust(_MSGHDR.size, b"\0"))[4:6]
    pieces = (p for p in call.memory.of(call.row) if p.when == when and p.arg == 1 and p.address == control)
    data = next((piece.content[:length] for piece in pieces), b"")
    fds: list[int] = []
    while len(data) >= _CMSG.size:
        size, level, kind = _CMSG.unpack_from(data)
        if size < _CMSG.size:
            break
        if (level, kind) == (_SOL_SOCKET, _SCM_RIGHTS):
            body = data[_CMSG.size : size]
            fds += [fd for (fd,) in struct.iter_unpack("<i", body[: len(body) // 4 * 4])]
        data = data[(size + 7) // 8 * 8 :]
    return tuple(fds)


def _sendmsg(call: Returned) -> Iterator[Change]:
    fds = _rights(call, When.ENTRY)
    if fds:
        yield Sent(call.args[0] & 0xFFFFFFFF, fds)


def _recvmsg(call: Returned) -> Iterator[Change]:
    fds = _rights(call, When.EXIT)
    if fds:
        yield Received(call.args[0] & 0xFFFFFFFF, fds, bool(call.args[2] & _MSG_CMSG_CLOEXEC))


SOCKET_RULES: Final[dict[str, Rule]] = {
    "socket": _socket,
    "socketpair": _socketpair,
    "accept": _accept("accept", None),
    "accept4": _accept("accept4", 3),
    "bind": _address("bound to"),
    "connect": _address("to"),
    "setsockopt": _setsockopt,
    "sendmsg": _sendmsg,
    "recvmsg": _recvmsg,
}
"""What each call on sockets changes, by name."""
