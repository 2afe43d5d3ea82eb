"""Calls that pass descriptors over unix sockets: sendmsg, recvmsg, and their forms for many messages (unix(7))."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tracer.analyze.addresses import address_text
from tracer.analyze.changes import Change, Received, Sent
from tracer.analyze.columns import Columns
from tracer.analyze.returned import Returned, Rule
from tracer.syscalls.control_buffers import passed_descriptors
from tracer.wire import When

_MSG_CMSG_CLOEXEC, _MSG_PEEK = 0x40000000, 2
_MSGHDR: Final = struct.Struct("<QIxxxxQQQQI")
_HEADER, _MANY_HEADER = 56, 64
"""sizeof(struct msghdr), and of the mmsghdr that holds one."""
_CONTROL, _CONTROL_END = 32, 48
"""msg_control and msg_controllen."""

Mask = NDArray[np.bool_]


def passes_descriptors(columns: Columns, these: Mask) -> Mask:
    """Which of the messages (sendmsg, recvmsg) have a control buffer."""
    headers = columns.memory.pieces(these, (1,), When.ENTRY)
    whole = headers.size == _HEADER
    start = headers.start[whole]
    answer = np.zeros(len(these), np.bool_)
    offsets = np.arange(_CONTROL, _CONTROL_END)
    bytes_of = headers.content[start[:, None] + offsets] if len(start) else np.zeros((0, 16), np.uint8)
    with_control = bytes_of[:, :8].any(axis=1) & bytes_of[:, 8:].any(axis=1)
    answer[headers.row[whole][with_control]] = True
    return answer


def pass_descriptors(columns: Columns, these: Mask) -> Mask:
    """Which calls for many messages (sendmmsg, recvmmsg) have a control buffer in one of them."""
    answer = np.zeros(len(these), np.bool_)
    for row in np.flatnonzero(these).tolist():
        array = columns.memory.argument(row, 1, When.ENTRY) or b""
        answer[row] = any(
            any(array[start + _CONTROL : start + _CONTROL_END - 8])
            for start in range(0, len(array) - _MANY_HEADER + 1, _MANY_HEADER)
        )
    return answer


def _headers(call: Returned, when: When, *, many: bool) -> Iterator[bytes]:
    """The msghdrs of the messages that were moved."""
    array = call.content(1, when) or b""
    size, count = (_MANY_HEADER, call.result) if many else (_HEADER, 1)
    for start in range(0, min(len(array), count * size), size):
        header = array[start : start + _HEADER]
        if len(header) >= _CONTROL_END:
            yield header.ljust(_MSGHDR.size, b"\0")


def _behind(call: Returned, when: When, address: int, length: int) -> bytes:
    """What was captured from `address` for the messages."""
    if not address or not length:
        return b""
    pieces = (each for each in call.memory.of(call.row) if each.when == when and each.arg == 1)
    return next((each.content[:length] for each in pieces if each.address == address), b"")


def _sent(*, many: bool) -> Rule:
    def rule(call: Returned) -> Iterator[Change]:
        for header in _headers(call, When.ENTRY, many=many):
            name, namelen, _, _, control, length, _ = _MSGHDR.unpack_from(header)
            fds = passed_descriptors(_behind(call, When.ENTRY, control, length))
            if fds:
                to = address_text(_behind(call, When.ENTRY, name, namelen))
                yield Sent(call.args[0] & 0xFFFFFFFF, fds, to)

    return rule


def _received(*, many: bool) -> Rule:
    flags = 3 if many else 2

    def rule(call: Returned) -> Iterator[Change]:
        for header in _headers(call, When.EXIT, many=many):
            _, _, _, _, control, length, _ = _MSGHDR.unpack_from(header)
            fds = passed_descriptors(_behind(call, When.EXIT, control, length))
            if fds:
                given = call.args[flags]
                cloexec, peeked = bool(given & _MSG_CMSG_CLOEXEC), bool(given & _MSG_PEEK)
                yield Received(call.args[0] & 0xFFFFFFFF, fds, cloexec, peeked)

    return rule


PASSING_RULES: Final[dict[str, Rule]] = {
    "sendmsg": _sent(many=False),
    "recvmsg": _received(many=False),
    "sendmmsg": _sent(many=True),
    "recvmmsg": _received(many=True),
}
"""What each call that passes descriptors changes, by name."""
