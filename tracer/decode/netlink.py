"""Messages of netlink sockets (netlink(7)): headers by name, and the fixed structure after them for the
families that programs use most. Attributes are not shown: of most messages only the beginning is kept.

    [{nlmsg_len=40, nlmsg_type=RTM_GETLINK, nlmsg_flags=NLM_F_REQUEST|NLM_F_DUMP, nlmsg_seq=1, nlmsg_pid=0},
     {ifi_family=AF_UNSPEC, ifi_type=ARPHRD_NETROM, ifi_index=0, ifi_flags=0, ifi_change=0}, ...]
"""

from __future__ import annotations

import errno
import socket
from collections.abc import Callable, Iterator
from struct import Struct
from typing import Any, Final

from tracer.decode import constants_netlink as names
from tracer.decode.constants_interfaces import HARDWARE, IFF
from tracer.decode.constants_network import DOMAINS, PROTOCOLS, TYPES
from tracer.decode.flags import constant_text, flags_text
from tracer.decode.look import ENTRY, EXIT, Look
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
    known = _structure(kind, flags, body, family)
    if known is None:
        return "..."
    packed, write = known
    if len(body) < packed.size:
        # Old programs send one byte where a structure belongs (struct rtgenmsg).
        return f"{{family={constant_text(body[0], DOMAINS)}, ...}}" if body and family == "ROUTE" else "..."
    return write(*packed.unpack_from(body)) + (", ..." if length > packed.size else "")


_Structure = tuple[Struct, Callable[..., str]]


def _structure(kind: int, flags: int, body: bytes, family: str) -> _Structure | None:
    if family == "ROUTE":
        return _ROUTE.get(kind & ~3)
    if family == "SOCK_DIAG" and kind == _BY_FAMILY and body:
        request = bool(flags & _REQUEST)
        return (_DIAG_REQUESTS if request else _DIAG_ANSWERS).get(body[0])
    return _OTHER.get(family)


def _hex(number: int) -> str:
    return f"{number:#x}" if number else "0"


def _domain(number: int) -> str:
    return constant_text(number, DOMAINS)


def _link(family: int, kind: int, index: int, flags: int, change: int) -> str:
    return (
        f"{{ifi_family={_domain(family)}, ifi_type={constant_text(kind, HARDWARE)}, ifi_index={index}, "
        f"ifi_flags={flags_text(flags, IFF)}, ifi_change={_hex(change)}}}"
    )


def _ip_address(family: int, length: int, flags: int, scope: int, index: int) -> str:
    return (
        f"{{ifa_family={_domain(family)}, ifa_prefixlen={length}, "
        f"ifa_flags={flags_text(flags, names.ADDRESS_FLAGS)}, ifa_scope={constant_text(scope, names.SCOPES)}, "
        f"ifa_index={index}}}"
    )


def _route(*fields: int) -> str:
    family, to, source, tos, where, origin, scope, kind, flags = fields
    return (
        f"{{rtm_family={_domain(family)}, rtm_dst_len={to}, rtm_src_len={source}, rtm_tos={tos}, "
        f"rtm_table={constant_text(where, names.TABLES)}, rtm_protocol={constant_text(origin, names.ORIGINS)}, "
        f"rtm_scope={constant_text(scope, names.SCOPES)}, rtm_type={constant_text(kind, names.ROUTES)}, "
        f"rtm_flags={_hex(flags)}}}"
    )


def _neighbour(family: int, index: int, state: int, flags: int, kind: int) -> str:
    return (
        f"{{ndm_family={_domain(family)}, ndm_ifindex={index}, "
        f"ndm_state={flags_text(state, names.NEIGHBOUR_STATES)}, ndm_flags={_hex(flags)}, "
        f"ndm_type={constant_text(kind, names.ROUTES)}}}"
    )


def _traffic(family: int, index: int, handle: int, parent: int, more: int) -> str:
    return (
        f"{{tcm_family={_domain(family)}, tcm_ifindex={index}, tcm_handle={_hex(handle)}, "
        f"tcm_parent={_hex(parent)}, tcm_info={more}}}"
    )


def _socket_id(family: int, source: int, target: int, here: bytes, there: bytes) -> str:
    """The first part of struct inet_diag_sockid."""
    domain, width = (socket.AF_INET6, 16) if family == socket.AF_INET6 else (socket.AF_INET, 4)
    ends = (socket.inet_ntop(domain, each[:width]) for each in (here, there))
    ports = (socket.ntohs(each) for each in (source, target))
    return "id={{idiag_sport=htons({}), idiag_dport=htons({}), idiag_src={}, idiag_dst={}, ...}}".format(
        *ports, *ends
    )


def _diag_request(family: int, protocol: int, extensions: int, states: int, *rest: Any) -> str:
    shown = "|".join(f"1<<{name}" for place, name in enumerate(names.TCP_STATES) if place and states >> place & 1)
    every = states == _EVERY_STATE
    return (
        f"{{sdiag_family={_domain(family)}, sdiag_protocol={constant_text(protocol, PROTOCOLS)}, "
        f"idiag_ext={_hex(extensions)}, idiag_states={f'{states:#x}' if every or not shown else shown}, "
        f"{_socket_id(family, *rest)}}}"
    )


def _diag_answer(family: int, state: int, timer: int, retransmits: int, *rest: Any) -> str:
    name = names.TCP_STATES[state] if 0 < state < len(names.TCP_STATES) else str(state)
    return (
        f"{{idiag_family={_domain(family)}, idiag_state={name}, idiag_timer={timer}, idiag_retrans={retransmits}, "
        f"{_socket_id(family, *rest)}, ...}}"
    )


def _unix_request(family: int, protocol: int, states: int, inode: int, show: int) -> str:
    return (
        f"{{sdiag_family={_domain(family)}, sdiag_protocol={protocol}, udiag_states={states:#x}, "
        f"udiag_ino={inode}, udiag_show={_hex(show)}, ...}}"
    )


def _unix_answer(family: int, kind: int, state: int, inode: int) -> str:
    return (
        f"{{udiag_family={_domain(family)}, udiag_type={constant_text(kind, TYPES)}, udiag_state={state}, "
        f"udiag_ino={inode}, ...}}"
    )


def _netfilter(domain: int, version: int, resource: bytes) -> str:
    number = int.from_bytes(resource, "big")
    return f"{{nfgen_family={_domain(domain)}, version={version}, res_id=htons({number})}}"


_BY_FAMILY, _REQUEST, _EVERY_STATE = 20, 1, 0xFFFFFFFF
_AF_UNIX, _AF_INET, _AF_INET6 = 1, 2, 10
_ROUTE: Final[dict[int, _Structure]] = {
    16: (Struct("<BxHiII"), _link), 20: (Struct("<BBBBI"), _ip_address), 24: (Struct("<8BI"), _route),
    28: (Struct("<BxxxiHBB"), _neighbour),
    **dict.fromkeys((36, 40, 44), (Struct("<BxxxiIII"), _traffic)),
}  # fmt: skip
_INET_REQUEST: Final = Struct("<BBBxIHH16s16s"), _diag_request
_INET_ANSWER: Final = Struct("<BBBBHH16s16s"), _diag_answer
_DIAG_REQUESTS: Final[dict[int, _Structure]] = {
    _AF_INET: _INET_REQUEST, _AF_INET6: _INET_REQUEST, _AF_UNIX: (Struct("<BBxxIII8x"), _unix_request),
}  # fmt: skip
_DIAG_ANSWERS: Final[dict[int, _Structure]] = {
    _AF_INET: _INET_ANSWER, _AF_INET6: _INET_ANSWER, _AF_UNIX: (Struct("<BBBxI8x"), _unix_answer),
}  # fmt: skip
_OTHER: Final[dict[str, _Structure]] = {
    "GENERIC": (Struct("<BBxx"), "{{cmd={:#x}, version={}}}".format),
    "NETFILTER": (Struct("<BB2s"), _netfilter),
}
"""Families whose messages all begin alike."""
