"""Messages of netlink sockets (netlink(7)): headers by name, and the fixed structure after them for the
families that programs use most. Attributes are not shown: of most messages only the beginning is kept.

    [{nlmsg_len=40, nlmsg_type=RTM_GETLINK, nlmsg_flags=NLM_F_REQUEST|NLM_F_DUMP, nlmsg_seq=1, nlmsg_pid=0},
     {ifi_family=AF_UNSPEC, ifi_type=ARPHRD_NETROM, ifi_index=0, ifi_flags=0, ifi_change=0}, ...]
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from struct import Struct
from typing import Final

from tracer.decode import constants_netlink as names
from tracer.decode.constants_network import DOMAINS
from tracer.decode.flags import constant_text, flags_text
from tracer.decode.look import ENTRY, EXIT, Look
from tracer.decode.netlink_bodies import body_of
from tracer.decode.text import Unread
from tracer.syscalls.layouts import layout

_AF_NETLINK: Final = b"\x10\0"
_CALLS: Final = frozenset({"sendto", "recvfrom", "sendmsg", "recvmsg", "sendmmsg", "recvmmsg", "send", "recv"})
_NAMED: Final = "<NETLINK:["
_HEADER: Final = Struct("<IHHII")
_ERROR, _DONE, _FIRST = 2, 3, 16
_TEXT: Final = "KOBJECT_UEVENT"
"""Its messages are text, without headers."""


def netlink_family(look: Look) -> str | None:
    """ROUTE, SOCK_DIAG, ... when the argument is what a netlink socket sends or receives; empty when the family is
    not known, None when it is no such thing."""
    if look.declared.name not in _CALLS:
        return None
    name = look.named(look.row.args[0] & 0xFFFFFFFF)
    if not name.startswith(_NAMED):
        return "" if not name and _address(look)[:2] == _AF_NETLINK else None
    family, colon, _ = name[len(_NAMED) :].partition(":")
    if family == _TEXT:
        return None
    return family if colon else ""


def _address(look: Look) -> bytes:
    """The address the message is sent to, or comes from."""
    for index, each in enumerate(look.declared.args):
        if each.name == "addr":
            return _of(look._replace(place=index), look.row.args[index])
    header = look.piece(ENTRY)
    msghdr = layout("msghdr", look.declared.model)
    if look.declared.name not in ("sendmsg", "recvmsg") or isinstance(header, Unread) or len(header) < msghdr.size:
        return b""
    return _of(look, msghdr.packed.unpack_from(header)[0])


def _of(look: Look, address: int) -> bytes:
    pieces = (look.piece(when, address) for when in (EXIT, ENTRY)) if address else iter(())
    return next((data for data in pieces if not isinstance(data, Unread)), b"")


def messages_text(data: bytes, total: int, family: str) -> str:
    """The messages at the beginning of `total` bytes, of which `data` was kept; empty when they are none."""
    found = list(_messages(data, total, family))
    if not found:
        return ""
    reached = _aligned(int.from_bytes(data[:4], "little"))
    alone = len(found) == 1 and reached >= total
    if alone:
        return f"[{found[0]}]"
    last = sum(_aligned(length) for length in _lengths(data))
    return f"[{', '.join(f'[{each}]' for each in found)}{', ...' if last < total else ''}]"


def _aligned(length: int) -> int:
    return (length + 3) & ~3


def _lengths(data: bytes) -> Iterator[int]:
    start = 0
    while start + _HEADER.size <= len(data):
        length = int.from_bytes(data[start : start + 4], "little")
        if length < _HEADER.size:
            return
        yield length
        start += _aligned(length)


def _messages(data: bytes, total: int, family: str) -> Iterator[str]:
    start = 0
    for length in _lengths(data):
        if length > total - start:  # longer than what there is: no message after all
            return
        yield _message(data[start : start + length], length, family)
        start += _aligned(length)


def _message(data: bytes, length: int, family: str) -> str:
    """One message; `data` may be cut short of its `length`."""
    _, kind, flags, sequence, port = _HEADER.unpack_from(data)
    header = (
        f"{{nlmsg_len={length}, nlmsg_type={_type(kind, family)}, nlmsg_flags={_flags(kind, flags, family)}, "
        f"nlmsg_seq={sequence}, nlmsg_pid={port}}}"
    )
    if length == _HEADER.size:
        return header
    body = data[_HEADER.size :]
    if kind < _FIRST:
        return f"{header}, {_control(kind, body, family)}"
    return f"{header}, {_body(kind, flags, body, length - _HEADER.size, family)}"


def _type(kind: int, family: str) -> str:
    if kind < _FIRST:
        return constant_text(kind, names.CONTROL_TYPES)
    if family == "NETFILTER" and kind >> 8 < len(names.NETFILTER_SUBSYSTEMS):
        return f"NFNL_SUBSYS_{names.NETFILTER_SUBSYSTEMS[kind >> 8]}<<8|{kind & 0xFF:#x}"
    return constant_text(kind, _TYPES.get(family, {}))


_TYPES: Final[dict[str, dict[int, str]]] = {
    "ROUTE": names.ROUTE_TYPES, "SOCK_DIAG": names.DIAG_TYPES, "GENERIC": names.GENERIC_TYPES,
}  # fmt: skip


def _flags(kind: int, flags: int, family: str) -> str:
    meaning = ""
    if kind == _ERROR:
        meaning = "ACK"
    elif kind >= _FIRST and family == "ROUTE":
        meaning = ("NEW", "DEL", "GET", "")[kind & 3]
    elif kind >= _FIRST and family == "SOCK_DIAG":
        meaning = "GET"
    return flags_text(flags, names.MESSAGE_FLAGS[meaning])


def _control(kind: int, body: bytes, family: str) -> str:
    """What follows the header of NLMSG_ERROR (0 acknowledges) and NLMSG_DONE."""
    if len(body) < 4 or kind not in (_ERROR, _DONE):
        return "..."
    number = int.from_bytes(body[:4], "little", signed=True)
    error = f"-{errno.errorcode[-number]}" if -number in errno.errorcode else str(number)
    if kind == _DONE:
        return error
    about = body[4:]
    if len(about) < _HEADER.size:
        return f"{{error={error}, ...}}"
    length = int.from_bytes(about[:4], "little")
    begun = _message(about[: _HEADER.size], _HEADER.size, family).replace("nlmsg_len=16", f"nlmsg_len={length}")
    return f"{{error={error}, msg=[{begun}{', ...' if length > _HEADER.size else ''}]}}"


def _body(kind: int, flags: int, body: bytes, length: int, family: str) -> str:
    """The structure after the header, and "..." for the attributes that follow it."""
    known = body_of(kind, flags, body, family)
    if known is None:
        return "..."
    packed, write = known
    if len(body) < packed.size:
        # Old programs send one byte where a structure belongs (struct rtgenmsg).
        return f"{{family={constant_text(body[0], DOMAINS)}, ...}}" if body and family == "ROUTE" else "..."
    return write(*packed.unpack_from(body)) + (", ..." if length > packed.size else "")
