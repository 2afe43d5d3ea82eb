"""Arguments that are values in a register: numbers, descriptors, flags, constants."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from tracer.decode import (
    constants_files,
    constants_network,
    constants_process,
    constants_system,
    constants_uring,
)
from tracer.decode.constants_process import CLONE, signal_name
from tracer.decode.flags import Table, constant_text, flags_text
from tracer.decode.look import Look, Reader
from tracer.decode.signals import sigset_text

_FLAGS: Final[dict[str, Table]] = {
    **constants_files.FLAGS, **constants_network.FLAGS, **constants_process.FLAGS,
    **constants_system.FLAGS, **constants_uring.FLAGS,
}  # fmt: skip
_CONSTANTS: Final[dict[str, dict[int, str]]] = {
    **constants_files.CONSTANTS, **constants_network.CONSTANTS, **constants_process.CONSTANTS,
    **constants_system.CONSTANTS, **constants_uring.CONSTANTS,
}  # fmt: skip
_WIDE: Final = frozenset({"clone", "prot", "mmap_flags", "mount", "fanotify_mask"})
"""Flag words of 64 bits; all others are C ints."""
_REMEMBERED: Final = 512
"""Texts kept of each kind of flags: programs use few combinations, again and again."""
_AF_NETLINK: Final = 16
_AT_FDCWD: Final = -100
_ALL: Final = 0xFFFFFFFFFFFFFFFF
_HANDLERS: Final = {0: "SIG_DFL", 1: "SIG_IGN"}
_FUTEX_PRIVATE, _FUTEX_CLOCK_REALTIME = 128, 256
_O_CREAT, _O_TMPFILE = 0o100, 0o20000000


_SPECIAL_BITS: Final = ((0o4000, "S_ISUID"), (0o2000, "S_ISGID"), (0o1000, "S_ISVTX"))


def signed(value: int) -> int:
    """A 64-bit register as a signed number."""
    return (value ^ 0x8000000000000000) - 0x8000000000000000


def flag_words(name: str) -> Reader:
    """A decoder of flags by the names of table `name`."""
    if name == "open":
        return _open_words
    names = _FLAGS[name]
    mask = 0xFFFFFFFFFFFFFFFF if name in _WIDE else 0xFFFFFFFF
    remembered = lru_cache(_REMEMBERED)(lambda value: flags_text(value, names))
    return lambda look: remembered(look.value & mask)


def _open_words(look: Look) -> str:
    return _open_text(look.value & 0xFFFFFFFF, look.model.machine)


@lru_cache(_REMEMBERED)
def _open_text(value: int, machine: str) -> str:
    return flags_text(value, constants_files.open_flags(machine))


def constants(name: str) -> Reader:
    """A decoder of one constant of table `name`."""
    if name == "futex":
        return _futex_operation
    names = _CONSTANTS[name]
    # A C int: one without a name is shown in 32 bits.
    return lambda look: constant_text(look.c_int if look.c_int >= -4096 else look.value & 0xFFFFFFFF, names)


def _futex_operation(look: Look) -> str:
    value = look.value & 0xFFFFFFFF
    text = constant_text(value & ~(_FUTEX_PRIVATE | _FUTEX_CLOCK_REALTIME), constants_process.FUTEX)
    if value & _FUTEX_PRIVATE:
        text += "_PRIVATE" if text.startswith("FUTEX") else "|FUTEX_PRIVATE_FLAG"
    return text + ("|FUTEX_CLOCK_REALTIME" if value & _FUTEX_CLOCK_REALTIME else "")


def descriptor(look: Look) -> str:
    """3, or -1."""
    return str(look.c_int)


def named_descriptor(look: Look) -> str:
    """3, or 3 with what it is called, for whoever knows."""
    return look.with_name(look.c_int)


def directory(look: Look) -> str:
    """AT_FDCWD, or a descriptor."""
    return "AT_FDCWD" + look.named(_AT_FDCWD) if look.c_int == _AT_FDCWD else look.with_name(look.c_int)


def address(look: Look) -> str:
    """NULL, or the address in hex."""
    return f"{look.value:#x}" if look.value else "NULL"


def _user(look: Look) -> str:
    """A uid or gid; -1 = leave it."""
    return str(look.value & 0xFFFFFFFF) if look.c_int != -1 else "-1"


def _long_offset(look: Look) -> str:
    """64 bits, in one register or two (`tracer.syscalls.adapt`)."""
    return _split_offset(look) if look.model.pairs else str(signed(look.value))


def _split_offset(look: Look) -> str:
    """64 bits, the low word first."""
    if look.model.word == 8:
        return str(signed(look.value))
    high = look.row.args[look.place + 1] if look.place + 1 < len(look.row.args) else 0
    return str(signed((high & 0xFFFFFFFF) << 32 | look.value & 0xFFFFFFFF))


def _short_user(look: Look) -> str:
    """A uid or gid of 16 bits; -1 = leave it."""
    value = look.value & 0xFFFF
    return str(value) if value != 0xFFFF else "-1"


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


def _ipc_key(look: Look) -> str:
    return f"{look.value & 0xFFFFFFFF:#x}" if look.value & 0xFFFFFFFF else "IPC_PRIVATE"


def _ipc_get(name: str) -> Reader:
    """What to make, and who may use it: IPC_CREAT|0600 (shmget(2))."""

    def decode(look: Look) -> str:
        value = look.value & 0xFFFFFFFF
        made = flags_text(value & ~0o777, _FLAGS[name])
        who = f"{value & 0o777:04o}" if value & 0o777 else "000"
        return who if made == "0" else f"{made}|{who}"

    return decode


SCALARS: Final[dict[str, Reader]] = {
    "int": descriptor,
    "fd": named_descriptor,
    "mmap_fd": named_descriptor,
    "pid": descriptor,
    "milliseconds": descriptor,
    "dirfd": directory,
    "uint": lambda look: str(look.value & 0xFFFFFFFF),
    "long": lambda look: str(look.signed),
    "offset": lambda look: str(look.signed),
    "loff": _long_offset,
    "split_offset": _split_offset,
    "high_low": lambda look: str(signed(look.row.args[look.place - 1] << 32 & _ALL | look.value & 0xFFFFFFFF)),
    "page_offset": lambda look: f"{look.value << 12:#x}" if look.value else "0",
    "nothing": lambda _look: "",
    "uid16": _short_user,
    "old_mask": lambda look: sigset_text(look.value & 0xFFFFFFFF),
    "handler": lambda look: _HANDLERS.get(look.value) or f"{look.value:#x}",
    "ipc_key": _ipc_key,
    "ipc_get": _ipc_get("ipc_get"),
    "shm_get": _ipc_get("shm_get"),
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
}
