"""The fixed structures behind the headers of netlink messages, by family and type (rtnetlink(7), sock_diag(7))."""

from __future__ import annotations

import socket
from collections.abc import Callable
from struct import Struct
from typing import Any, Final

from tracer.decode import constants_netlink as names
from tracer.decode.constants_interfaces import HARDWARE, IFF
from tracer.decode.constants_network import DOMAINS, PROTOCOLS, TYPES
from tracer.decode.flags import constant_text, flags_text

Body = tuple[Struct, Callable[..., str]]
"""How it lies in memory, and what writes its fields."""


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
_ROUTE: Final[dict[int, Body]] = {
    16: (Struct("<BxHiII"), _link), 20: (Struct("<BBBBI"), _ip_address), 24: (Struct("<8BI"), _route),
    28: (Struct("<BxxxiHBB"), _neighbour),
    **dict.fromkeys((36, 40, 44), (Struct("<BxxxiIII"), _traffic)),
}  # fmt: skip
_INET_REQUEST: Final = Struct("<BBBxIHH16s16s"), _diag_request
_INET_ANSWER: Final = Struct("<BBBBHH16s16s"), _diag_answer
_DIAG_REQUESTS: Final[dict[int, Body]] = {
    _AF_INET: _INET_REQUEST, _AF_INET6: _INET_REQUEST, _AF_UNIX: (Struct("<BBxxIII8x"), _unix_request),
}  # fmt: skip
_DIAG_ANSWERS: Final[dict[int, Body]] = {
    _AF_INET: _INET_ANSWER, _AF_INET6: _INET_ANSWER, _AF_UNIX: (Struct("<BBBxI8x"), _unix_answer),
}  # fmt: skip
_OTHER: Final[dict[str, Body]] = {
    "GENERIC": (Struct("<BBxx"), "{{cmd={:#x}, version={}}}".format),
    "NETFILTER": (Struct("<BB2s"), _netfilter),
}
"""Families whose messages all begin alike."""


def body_of(kind: int, flags: int, body: bytes, family: str) -> Body | None:
    """What follows the header of such a message; None when it is not known."""
    if family == "ROUTE":
        return _ROUTE.get(kind & ~3)
    if family == "SOCK_DIAG" and kind == _BY_FAMILY and body:
        request = bool(flags & _REQUEST)
        return (_DIAG_REQUESTS if request else _DIAG_ANSWERS).get(body[0])
    return _OTHER.get(family)
