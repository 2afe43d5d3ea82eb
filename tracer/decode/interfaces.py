"""struct ifreq and struct ifconf: what netdevice(7) asks of network interfaces."""

from __future__ import annotations

from collections.abc import Callable
from struct import unpack_from
from typing import Final

from tracer.decode.constants_interfaces import HARDWARE, IFF
from tracer.decode.flags import constant_text, flags_text
from tracer.decode.look import ENTRY, EXIT, Look
from tracer.decode.network import sockaddr_text
from tracer.decode.text import Unread, quote_name
from tracer.syscalls.layouts import layout

_NAME: Final = 16
_MOST_SHOWN: Final = 32
_SHORT, _INT = "<H", "<i"


def _number(field: str) -> Callable[[bytes], str]:
    return lambda data: f"ifr_{field}={unpack_from(_INT, data)[0]}"


def _address(field: str) -> Callable[[bytes], str]:
    return lambda data: f"ifr_{field}={sockaddr_text(data[:16])}"


def _hardware(data: bytes) -> str:
    kind = constant_text(unpack_from(_SHORT, data)[0], HARDWARE)
    return f"ifr_hwaddr={{sa_family={kind}, sa_data={':'.join(f'{byte:02x}' for byte in data[2:8])}}}"


def _hex(number: int) -> str:
    return f"{number:#x}" if number else "0"


def _map(data: bytes) -> str:
    """struct ifmap begins with two longs; 32-bit programs have 16 bytes of it."""
    words = "<QQHBBB" if len(data) >= 24 else "<IIHBBB"
    start, end, base, irq, dma, port = unpack_from(words, data)
    fields = (
        f"mem_start={_hex(start)}, mem_end={_hex(end)}, base_addr={_hex(base)}, irq={irq}, dma={dma}, port={port}"
    )
    return f"ifr_map={{{fields}}}"


_FIELDS: Final[dict[str, Callable[[bytes], str]]] = {
    "FLAGS": lambda data: f"ifr_flags={flags_text(unpack_from(_SHORT, data)[0], IFF)}",
    "ADDR": _address("addr"), "DSTADDR": _address("dstaddr"), "BRDADDR": _address("broadaddr"),
    "NETMASK": _address("netmask"), "METRIC": _number("metric"), "MTU": _number("mtu"), "HWADDR": _hardware,
    "INDEX": _number("ifindex"), "TXQLEN": _number("qlen"), "MAP": _map,
    "NAME": lambda data: f"ifr_newname={_name(data)}",
    "ETIFF": lambda data: f"ifr_flags={unpack_from(_SHORT, data)[0]:#x}",
}  # fmt: skip
"""What the union of struct ifreq holds, by the command's name after SIOCGIF, SIOCSIF (or TUNS)."""


def _name(data: bytes) -> str:
    return quote_name(data[:_NAME].split(b"\0", 1)[0])


def ifreq(look: Look, command: str) -> str:
    """{ifr_name="lo", ifr_mtu=65536}; the name alone while the rest is not answered."""
    if not look.value:
        return "NULL"
    asked, answered = look.piece(ENTRY), look.piece(EXIT)
    data = asked if isinstance(answered, Unread) else answered
    if isinstance(data, Unread) or len(data) < _NAME + 16:
        return look.missing(data if isinstance(data, Unread) else Unread("cut off"))
    if command == "SIOCGIFNAME":
        index = f"ifr_ifindex={unpack_from(_INT, data if isinstance(asked, Unread) else asked, _NAME)[0]}"
        return f"{{{index}}}" if data is asked else f"{{{index}, ifr_name={_name(data)}}}"
    write = _FIELDS.get(command[len("SIOCGIF") :] if command.startswith("SIOC") else command[len("TUNS") :])
    if write is None or (data is asked and command.startswith("SIOCG")):
        return f"{{ifr_name={_name(data)}}}"
    return f"{{ifr_name={_name(data)}, {write(data[_NAME:])}}}"


def ifconf(look: Look) -> str:
    """{ifc_len=160 => 80, ifc_buf=[{ifr_name="lo", ifr_addr={...}}]}; lengths in bytes."""
    if not look.value:
        return "NULL"
    asked, answered = look.piece(ENTRY), look.piece(EXIT)
    header, entry = layout("ifconf", look.declared.model), layout("ifreq", look.declared.model).size
    if isinstance(asked, Unread) or len(asked) < header.size:
        return look.missing(asked if isinstance(asked, Unread) else Unread("cut off"))
    room, buffer = header.packed.unpack_from(asked)
    if isinstance(answered, Unread) or len(answered) < header.size:
        return f"{{ifc_len={room}, ifc_buf={f'{buffer:#x}' if buffer else 'NULL'}}}"
    filled = header.packed.unpack_from(answered)[0]
    lengths = str(filled) if not buffer or filled == room else f"{room} => {filled}"
    return f"{{ifc_len={lengths}, ifc_buf={_entries(look, buffer, entry)}}}"


def _entries(look: Look, buffer: int, entry: int) -> str:
    if not buffer:
        return "NULL"
    data = look.piece(EXIT, buffer)
    if isinstance(data, Unread):
        return look.missing(data, buffer)
    whole = range(0, len(data) - entry + 1, entry)
    texts = [
        f"{{ifr_name={_name(data[at:])}, {_FIELDS['ADDR'](data[at + _NAME :])}}}" for at in whole[:_MOST_SHOWN]
    ]
    return f"[{', '.join(texts)}{', ...' if len(whole) > _MOST_SHOWN else ''}]"
