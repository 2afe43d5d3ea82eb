"""Socket addresses, message headers and control messages."""

from __future__ import annotations

import socket
from collections.abc import Callable
from struct import Struct, iter_unpack
from typing import Final

from tracer.decode.buffers import MOST_SHOWN, iovecs_text
from tracer.decode.constants_network import DOMAINS, FLAGS, LEVELS, OPTIONS
from tracer.decode.flags import constant_text, flags_text
from tracer.decode.look import ENTRY, EXIT, Look, Reader
from tracer.decode.text import Unread, quote, quote_name
from tracer.syscalls.structures import MMSGHDR, MSGHDR

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


_MSGHDR: Final = Struct("<QIxxxxQQQQI")


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
    if len(before) < _MSGHDR.size:
        return look.missing(Unread("cut off"))
    name, room, iov, iovlen, control, controllen, flags = _MSGHDR.unpack_from(before)
    when = ENTRY if way == "in" else EXIT
    namelen, written = room, controllen
    if after is not None and len(after) >= _MSGHDR.size:
        _, namelen, _, _, _, written, flags = _MSGHDR.unpack_from(after)
    lengths = str(room) if namelen == room else f"{room} => {namelen}"
    array = look.piece(ENTRY, iov)
    vectors = (
        look.missing(array, iov)
        if isinstance(array, Unread)
        else iovecs_text(look, array, when, None if way == "in" else moved)
    )
    return (
        f"{{msg_name={_behind(look, when, name, sockaddr_text)}, msg_namelen={lengths}, "
        f"msg_iov={vectors if iov else 'NULL'}, msg_iovlen={iovlen}, "
        f"{_control_text(look, when, control, written)}msg_flags={flags_text(flags, FLAGS['msg'])}}}"
    )


def _control_text(look: Look, when: int, address: int, length: int) -> str:
    """The control messages; the pointer alone when none came, nothing at all when there was no room for any."""
    if not length and not address:
        return "msg_controllen=0, "
    content = _behind(look, when, address, cmsgs_text) if length else _pointer(address)
    return f"msg_control={content}, msg_controllen={length}, "


def _pointer(address: int) -> str:
    return f"{address:#x}" if address else "NULL"


def _behind(look: Look, when: int, address: int, write: Callable[[bytes], str]) -> str:
    if not address:
        return "NULL"
    data = look.piece(when, address)
    if isinstance(data, Unread):
        return look.missing(data, address)
    return write(data)


_SCM_RIGHTS, _SCM_CREDENTIALS, _SOL_SOCKET = 1, 2, 1
_SOCKET_CONTROL: Final = {
    1: "SCM_RIGHTS", 2: "SCM_CREDENTIALS", 3: "SCM_SECURITY", 4: "SCM_PIDFD", 29: "SO_TIMESTAMP_OLD",
    35: "SO_TIMESTAMPNS_OLD", 37: "SO_TIMESTAMPING_OLD", 63: "SO_TIMESTAMP_NEW", 64: "SO_TIMESTAMPNS_NEW",
    65: "SO_TIMESTAMPING_NEW",
}  # fmt: skip
_TIMESTAMPS: Final = {
    29: "tv_usec", 35: "tv_nsec", 37: "tv_nsec", 63: "tv_usec", 64: "tv_nsec", 65: "tv_nsec",
}  # fmt: skip
"""SO_TIMESTAMPING has three: software, an unused one, hardware (Documentation/networking/timestamping.rst)."""


def cmsgs_text(data: bytes) -> str:
    """The control messages of a buffer (cmsg(3))."""
    parts: list[str] = []
    offset = 0
    while offset + 16 <= len(data) and len(parts) < MOST_SHOWN:
        length = int.from_bytes(data[offset : offset + 8], "little")
        if length < 16:
            break
        level, kind = (int.from_bytes(data[offset + at : offset + at + 4], "little") for at in (8, 12))
        parts.append(_cmsg_text(length, level, kind, data[offset + 16 : offset + length]))
        offset += (length + 7) // 8 * 8
    return "[" + ", ".join(parts) + "]"


def _cmsg_text(length: int, level: int, kind: int, body: bytes) -> str:
    text = (
        constant_text(kind, _SOCKET_CONTROL)
        if level == _SOL_SOCKET
        else constant_text(kind, OPTIONS.get(level, {}))
    )
    if level == _SOL_SOCKET and kind == _SCM_RIGHTS:
        content = str([fd for (fd,) in iter_unpack("<i", body[: len(body) // 4 * 4])])
    elif level == _SOL_SOCKET and kind == _SCM_CREDENTIALS and len(body) >= 12:
        pid, uid, gid = (int.from_bytes(body[at : at + 4], "little") for at in (0, 4, 8))
        content = f"{{pid={pid}, uid={uid}, gid={gid}}}"
    elif level == _SOL_SOCKET and kind in _TIMESTAMPS and len(body) >= 16:
        pairs = list(iter_unpack("<qq", body[: len(body) // 16 * 16]))
        texts = [f"{{tv_sec={seconds}, {_TIMESTAMPS[kind]}={part}}}" for seconds, part in pairs]
        content = texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"
    elif len(body) == 4:
        content = f"[{int.from_bytes(body, 'little', signed=True)}]"
    else:
        content = quote(body[:64], more=len(body) > 64)
    level_text = constant_text(level, LEVELS)
    return f"{{cmsg_len={length}, cmsg_level={level_text}, cmsg_type={text}, cmsg_data={content}}}"


def messages(way: str) -> Reader:
    """A decoder of an array of mmsghdr."""

    def decode(look: Look) -> str:
        if not look.value:
            return "NULL"
        before, after = look.piece(ENTRY), look.piece(EXIT)
        if isinstance(before, Unread):
            return look.missing(before)
        later = b"" if isinstance(after, Unread) else after
        shown = len(later) // MMSGHDR if way == "out" and later else len(before) // MMSGHDR
        parts = [_one(look, before, later, place, way) for place in range(0, min(shown, 8) * MMSGHDR, MMSGHDR)]
        return "[" + ", ".join(parts) + (", ..." if shown > len(parts) else "") + "]"

    return decode


def _one(look: Look, before: bytes, later: bytes, place: int, way: str) -> str:
    tail = later[place + MSGHDR : place + MSGHDR + 4]
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
