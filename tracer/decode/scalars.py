"""Arguments that are values in a register: numbers, descriptors, flags, constants."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from tracer.decode import constants_files, constants_network, constants_process, constants_system
from tracer.decode.constants_process import CLONE, signal_name
from tracer.decode.flags import Table, constant_text, flags_text
from tracer.decode.look import Look, Reader

_FLAGS: Final[dict[str, Table]] = {
    **constants_files.FLAGS, **constants_network.FLAGS, **constants_process.FLAGS,
    **constants_system.FLAGS,
}  # fmt: skip
_CONSTANTS: Final[dict[str, dict[int, str]]] = {
    **constants_files.CONSTANTS, **constants_network.CONSTANTS, **constants_process.CONSTANTS,
    **constants_system.CONSTANTS,
}  # fmt: skip
_WIDE: Final = frozenset({"clone", "prot", "mmap_flags", "mount", "fanotify_mask"})
"""Flag words of 64 bits; all others are C ints."""
_REMEMBERED: Final = 512
"""Texts kept of each kind of flags: programs use few combinations, again and again."""
_AF_NETLINK: Final = 16
_AT_FDCWD: Final = -100
_FUTEX_PRIVATE, _FUTEX_CLOCK_REALTIME = 128, 256
_O_CREAT, _O_TMPFILE = 0o100, 0o20000000


_SPECIAL_BITS: Final = ((0o4000, "S_ISUID"), (0o2000, "S_ISGID"), (0o1000, "S_ISVTX"))


def signed(value: int) -> int:
    """A 64-bit register as a signed number."""
    return (value ^ 0x8000000000000000) - 0x8000000000000000


def flag_words(name: str) -> Reader:
    """A decoder of flags by the names of table `name`."""
    names = _FLAGS[name]
    mask = 0xFFFFFFFFFFFFFFFF if name in _WIDE else 0xFFFFFFFF
    remembered = lru_cache(_REMEMBERED)(lambda value: flags_text(value, names))
    return lambda look: remembered(look.value & mask)


def constants(name: str) -> Reader:
    """A decoder of one constant of table `name`."""
    if name == "futex":
        return _futex_operation
    names = _CONSTANTS[name]
    return lambda look: constant_text(look.c_int, names)


def _futex_operation(look: Look) -> str:
    value = look.value & 0xFFFFFFFF
    text = constant_text(value & ~(_FUTEX_PRIVATE | _FUTEX_CLOCK_REALTIME), constants_process.FUTEX)
    if value & _FUTEX_PRIVATE:
        text += "_PRIVATE" if text.startswith("FUTEX") else "|FUTEX_PRIVATE_FLAG"
    return text + ("|FUTEX_CLOCK_REALTIME" if value & _FUTEX_CLOCK_REALTIME else "")


def descriptor(look: Look) -> str:
    """3, or -1."""
    return str(look.c_int)


def directory(look: Look) -> str:
    """AT_FDCWD, or a descriptor."""
    return "AT_FDCWD" if look.c_int == _AT_FDCWD else str(look.c_int)


def address(look: Look) -> str:
    """NULL, or the address in hex."""
    return f"{look.value:#x}" if look.value else "NULL"


def _user(look: Look) -> str:
    """A uid or gid; -1 = leave it."""
    return str(look.value & 0xFFFFFFFF) if look.c_int != -1 else "-1"


def mode(look: Look) -> str:
    """Permissions in octal; without meaning, and left out, unless the call creates a file."""
    if look.declared.name in ("open", "openat") and not look.sibling("flags") & (_O_CREAT | _O_TMPFILE):
        return ""
    return octal(look.value & 0xFFFF)


def _node_mode(look: Look) -> str:
    return mode_text(look.value & 0xFFFF)


def _node_device(look: Look) -> str:
    """Means something for character and block devices only (mknod(2))."""
    return f"{look.value:#x}" if look.sibling("mode") & 0o170000 in (0o20000, 0o60000) else ""


@lru_cache(_REMEMBERED)
def mode_text(value: int) -> str:
    """0644, or S_IFREG|0644 when the word holds a file type."""
    kind = constants_files.FILE_TYPES.get(value & 0o170000)
    special = [name for bit, name in _SPECIAL_BITS if value & bit] if kind else []
    permissions = octal(value & (0o777 if kind else 0o7777))
    return "|".join(filter(None, (kind, *special, permissions)))


def octal(value: int) -> str:
    """At least three digits, the first a 0: 000, 022, 0644."""
    return f"0{value:o}".rjust(3, "0")


def _socket_type(look: Look) -> str:
    kind = constant_text(look.value & 0xF, constants_network.TYPES)
    rest = look.value & 0xFFFFFFF0
    return kind + ("|" + flags_text(rest, _FLAGS["socket"]) if rest else "")


def _protocol(look: Look) -> str:
    """A protocol of the Internet families and of netlink by name; a number elsewhere."""
    domain = look.sibling("domain")
    names = constants_network.PROTOCOLS if domain in (2, 10) else {}
    if domain == _AF_NETLINK:
        names = constants_network.NETLINK
    return constant_text(look.c_int, names)


def _socket_option(look: Look) -> str:
    level = look.sibling("level") & 0xFFFFFFFF
    return constant_text(look.c_int, constants_network.OPTIONS.get(level, {}))


def _clone_flags(look: Look) -> str:
    """The low byte is the signal sent to the parent when the child ends."""
    flags = flags_text(look.value & ~0xFF, CLONE)
    number = look.value & 0xFF
    if not number:
        return flags
    return signal_name(number) if flags == "0" else f"{flags}|{signal_name(number)}"


def _ioctl_command(look: Look) -> str:
    return constant_text(look.value & 0xFFFFFFFF, constants_files.IOCTL)


SCALARS: Final[dict[str, Reader]] = {
    "int": descriptor,
    "fd": descriptor,
    "mmap_fd": descriptor,
    "pid": descriptor,
    "milliseconds": descriptor,
    "dirfd": directory,
    "uint": lambda look: str(look.value & 0xFFFFFFFF),
    "long": lambda look: str(signed(look.value)),
    "offset": lambda look: str(signed(look.value)),
    "ulong": lambda look: str(look.value),
    "size": lambda look: str(look.value),
    "hex": lambda look: f"{look.value:#x}" if look.value else "0",
    "hex_offset": lambda look: f"{look.value:#x}" if look.value else "0",
    "address": address,
    "uid": _user,
    "mode": mode,
    "node_mode": _node_mode,
    "node_device": _node_device,
    "signal": lambda look: signal_name(look.c_int),
    "socket_type": _socket_type,
    "socket_option": _socket_option,
    "protocol": _protocol,
    "clone_flags": _clone_flags,
    "ioctl_command": _ioctl_command,
}
