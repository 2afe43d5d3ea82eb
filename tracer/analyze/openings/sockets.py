"""Calls that make sockets and give them addresses."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final

from tracer.analyze.addresses import FAMILIES, address_text
from tracer.analyze.changes import Accepted, Addressed, Change, Opened, Paired, Turned
from tracer.analyze.openings.passed import PASSING_RULES
from tracer.analyze.returned import Returned, Rule, flags_of
from tracer.syscalls.objects import Object
from tracer.wire import NO_ARG, When

_TYPES: Final = {1: "stream", 2: "dgram", 3: "raw", 5: "seqpacket"}
_INET: Final = (2, 10)
_STREAM, _TCP = 1, 6
_SOL_SOCKET, _SO_ZEROCOPY = 1, 60


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
        yield Accepted(call.result, call.args[0] & 0xFFFFFFFF, name, peer, *given, _peer_pid(call))

    return rule


def _peer_pid(call: Returned) -> int:
    """What capture learnt of the other end of a unix socket (`tracer.capture.links`)."""
    for piece in call.memory.of(call.row):
        if piece.arg == NO_ARG and piece.when == When.EXIT:
            link, protocol, pid = (*piece.content.split(b"\0"), b"", b"")[:3]
            return int(pid) if link and protocol.startswith(b"UNIX") and pid.isdigit() else 0
    return 0


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


SOCKET_RULES: Final[dict[str, Rule]] = {
    "socket": _socket,
    "socketpair": _socketpair,
    "accept": _accept("accept", None),
    "accept4": _accept("accept4", 3),
    "bind": _address("bound to"),
    "connect": _address("to"),
    "setsockopt": _setsockopt,
    **PASSING_RULES,
}
"""What each call on sockets changes, by name."""
