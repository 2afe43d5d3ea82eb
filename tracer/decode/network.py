"""Socket addresses and message headers."""

from __future__ import annotations

import socket
from collections.abc import Callable
from itertools import count as count_up
from struct import Struct
from typing import Final

from tracer.decode.arrays import array_text
from tracer.decode.buffers import iovecs_text
from tracer.decode.constants_network import DOMAINS, FLAGS
from tracer.decode.control_messages import cmsgs_text
from tracer.decode.flags import constant_text, flags_text
from tracer.decode.look import ENTRY, EXIT, Look, Reader
from tracer.decode.text import Unread, quote, quote_name
from tracer.syscalls.layouts import layout

AF_UNIX, AF_INET, AF_INET6, AF_NETLINK, AF_PACKET = 1, 2, 10, 16, 17


def sockaddr_text(data: bytes) -> str:
    """A struct sockaddr of any family."""
    if len(data) < 2:
        return "{}" if not data else f"{{{quote(data)}}}"
    family = int.from_bytes(data[:2], "little")
    name = constant_text(family, DOMAINS)
    body = _BODIES.get(family)
    rest = body(data) if body else f"sa_data={quote(data[2:])}"
    return f"{{sa_family={name}{', ' + rest if rest else ''}}}"


def _unix(data: bytes) -> str:
    """A path, an abstract name (first byte NUL, shown as @), or nothing for an unnamed socket."""
    name = data[2:]
    if not name:
        return ""
    if name[:1] == b"\0":
        return f"sun_path=@{quote_name(name[1:])}"
    path = name.split(b"\0", 1)[0]
    return f"sun_path={quote_name(path)}"


def _inet(data: bytes) -> str:
    if len(data) < 8:
        return f"sa_data={quote(data[2:])}"
    port = int.from_bytes(data[2:4], "big")
    return f'sin_port=htons({port}), sin_addr=inet_addr("{socket.inet_ntop(socket.AF_INET, data[4:8])}")'


def _inet6(data: bytes) -> str:
    if len(data) < 24:
        return f"sa_data={quote(data[2:])}"
    port, flow = int.from_bytes(data[2:4], "big"), int.from_bytes(data[4:8], "big")
    host = socket.inet_ntop(socket.AF_INET6, data[8:24])
    scope = int.from_bytes(data[24:28], "little")
    return f'sin6_port=htons({port}), sin6_flowinfo={flow}, sin6_addr="{host}", sin6_scope_id={scope}'


def _netlink(data: bytes) -> str:
    if len(data) < 12:
        return f"sa_data={quote(data[2:])}"
    pid, groups = (int.from_bytes(data[start : start + 4], "little") for start in (4, 8))
    return f"nl_pid={pid}, nl_groups={f'{groups:#010x}' if groups else '00000000'}"


def _packet(data: bytes) -> str:
    """struct sockaddr_ll (packet(7))."""
    if len(data) < 12:
        return f"sa_data={quote(data[2:])}"
    protocol, index, hardware, kind, length = _LINK.unpack_from(data, 2)
    swapped = int.from_bytes(protocol.to_bytes(2, "little"), "big")
    address = ", ".join(f"{byte:#04x}" for byte in data[12 : 12 + length])
    return (
        f"sll_protocol=htons({swapped:#x}), sll_ifindex={index}, sll_hatype={hardware}, sll_pkttype={kind}, "
        f"sll_halen={length}, sll_addr=[{address}]"
    )


_LINK: Final = Struct("<HiHBB")


_BODIES: Final = {
    AF_UNIX: _unix, AF_INET: _inet, AF_INET6: _inet6, AF_NETLINK: _netlink, AF_PACKET: _packet,
}  # fmt: skip


def sockaddr(look: Look) -> str:
    """An address argument."""
    if not look.value:
        return "NULL"
    data = look.latest()
    return look.missing(data) if isinstance(data, Unread) else sockaddr_text(data)


def message(way: str) -> Reader:
    """A decoder of struct msghdr; "in" = sent, "out" = received."""

    def decode(look: Look) -> str:
        if not look.value:
            return "NULL"
        before = look.piece(ENTRY)
        if isinstance(before, Unread):
            return look.missing(before)
        after = look.piece(EXIT)
        return message_text(look, before, None if isinstance(after, Unread) else after, way, max(look.result, 0))

    return decode


def message_text(look: Look, before: bytes, after: bytes | None, way: str, moved: int) -> str:
    """One header with what it leads to; `moved` = payload bytes of this message."""
    header = layout("msghdr", look.model).packed
    if len(before) < header.size:
        return look.missing(Unread("cut off"))
    name, room, iov, iovlen, control, controllen, flags = header.unpack_from(before)
    when = ENTRY if way == "in" else EXIT
    namelen, written = room, controllen
    if after is not None and len(after) >= header.size:
        _, namelen, _, _, _, written, flags = header.unpack_from(after)
    lengths = str(room) if namelen == room else f"{room} => {namelen}"
    array = look.piece(ENTRY, iov)
    vectors = (
        (look.missing(array, iov) if iovlen else "[]")
        if isinstance(array, Unread)
        else iovecs_text(look, array, when, None if way == "in" else moved, iovlen, iov)
    )
    return (
        f"{{msg_name={_name(look, when, name)}, msg_namelen={lengths}, "
        f"msg_iov={vectors if iov else 'NULL'}, msg_iovlen={iovlen}, "
        f"{_control_text(look, when, control, written)}msg_flags={flags_text(flags, FLAGS['msg'])}}}"
    )


def _control_text(look: Look, when: int, address: int, length: int) -> str:
    """The control messages; the pointer alone when none came, nothing at all when there was no room for any."""
    if not length and not address:
        return "msg_controllen=0, "
    content = _pointer(address)
    if length:
        content = _behind(look, when, address, lambda data: cmsgs_text(data, look.named, look.model))
    return f"msg_control={content}, msg_controllen={length}, "


def _name(look: Look, when: int, address: int) -> str:
    """An address, unless it is too short to have even a family."""
    data = look.piece(when, address)
    short = not isinstance(data, Unread) and len(data) < 2
    return _pointer(address) if short else _behind(look, when, address, sockaddr_text)


def _pointer(address: int) -> str:
    return f"{address:#x}" if address else "NULL"


def _behind(look: Look, when: int, address: int, write: Callable[[bytes], str]) -> str:
    if not address:
        return "NULL"
    data = look.piece(when, address)
    if isinstance(data, Unread):
        return look.missing(data, address)
    return write(data)


def messages(way: str) -> Reader:
    """A decoder of an array of mmsghdr."""

    def decode(look: Look) -> str:
        if not look.value:
            return "NULL"
        before, after = look.piece(ENTRY), look.piece(EXIT)
        count = look.sibling("vlen") & 0xFFFFFFFF
        if isinstance(before, Unread):
            return look.missing(before) if count else "[]"
        stride = layout("mmsghdr", look.model).size
        if len(before) < stride:
            return look.missing(Unread("cut off"))
        later = b"" if isinstance(after, Unread) else after
        if way == "out" and later:
            count = len(later) // stride
        places = count_up(0, stride)
        return array_text(before, stride, count, look.value, lambda _: _one(look, before, later, next(places), way))

    return decode


def _one(look: Look, before: bytes, later: bytes, place: int, way: str) -> str:
    after_header = place + layout("msghdr", look.model).size
    tail = later[after_header : after_header + 4]
    length = int.from_bytes(tail, "little")
    header = message_text(look, before[place:], later[place:] if tail else None, way, length)
    return f"{{msg_hdr={header}{f', msg_len={length}' if tail else ''}}}"


def option_value(look: Look) -> str:
    """A socket option's value: a number when it has the size of one."""
    if not look.value:
        return "NULL"
    data = look.latest()
    if isinstance(data, Unread):
        return look.missing(data)
    if len(data) == 4:
        return f"[{int.from_bytes(data, 'little', signed=True)}]"
    return quote(data[:64], more=len(data) > 64)


NETWORK: Final[dict[str, Reader]] = {"sockaddr": sockaddr, "optval": option_value}
