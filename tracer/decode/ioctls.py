"""ioctl: the command by name, and its argument as the command's row in `tracer.syscalls.ioctls` says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from tracer.decode.buffers import numbers
from tracer.decode.flags import Table, bit_table, constant_text, flags_text
from tracer.decode.interfaces import ifconf, ifreq
from tracer.decode.look import Look, Reader, structure
from tracer.decode.terminals import DISCIPLINES, FLOW, FLUSH, MODEM, TERMINALS
from tracer.decode.text import Unread, quote, quote_name
from tracer.syscalls.ioctls import (
    ABSINFO_OF_EVDEV,
    BY_NUMBER,
    COUNTED_OF_EVDEV,
    READ_OF_EVDEV,
    SIOCGIFCONF,
)

_DIRECTIONS: Final = {0: "_IOC_NONE", 1: "_IOC_WRITE", 2: "_IOC_READ", 3: "_IOC_READ|_IOC_WRITE"}
_EVDEV: Final = {
    6: "NAME", 7: "PHYS", 8: "UNIQ", 9: "PROP", 0x18: "KEY", 0x19: "LED", 0x1A: "SND", 0x1B: "SW",
}  # fmt: skip
_TEXTS_OF_EVDEV: Final = (6, 7, 8)
_EVDEV_MASK: Final = 0xC000FF00
_FSFLAGS: Final = bit_table(
    "0:FS_SECRM_FL FS_UNRM_FL FS_COMPR_FL FS_SYNC_FL FS_IMMUTABLE_FL FS_APPEND_FL FS_NODUMP_FL FS_NOATIME_FL "
    "FS_DIRTY_FL FS_COMPRBLK_FL FS_NOCOMP_FL FS_ENCRYPT_FL FS_INDEX_FL FS_IMAGIC_FL FS_JOURNAL_DATA_FL "
    "FS_NOTAIL_FL FS_DIRSYNC_FL FS_TOPDIR_FL FS_HUGE_FILE_FL FS_EXTENT_FL FS_VERITY_FL FS_EA_INODE_FL "
    "FS_EOFBLOCKS_FL FS_NOCOW_FL"
).with_bits((0x2000_0000, "FS_PROJINHERIT_FL"), (0x1000_0000, "FS_INLINE_DATA_FL"), (0x200_0000, "FS_DAX_FL"),
            (0x4000_0000, "FS_CASEFOLD_FL"))  # fmt: skip


def command_text(number: int) -> str:
    """TCGETS, EVIOCGNAME(16), or _IOC(_IOC_READ, 0x55, 0x1, 0x4): direction, type, number and size."""
    known = BY_NUMBER.get(number)
    if known is not None:
        return known.name
    if number == SIOCGIFCONF:
        return "SIOCGIFCONF"
    direction, size, kind, place = number >> 30, number >> 16 & 0x3FFF, number >> 8 & 0xFF, number & 0xFF
    if number & _EVDEV_MASK == READ_OF_EVDEV:
        if place in _EVDEV:
            return f"EVIOCG{_EVDEV[place]}({size})"
        if place in COUNTED_OF_EVDEV:
            return f"EVIOCGBIT({place - 0x20:#x}, {size})"
        if place in ABSINFO_OF_EVDEV:
            return f"EVIOCGABS({place - 0x40:#x})"
    return f"_IOC({_DIRECTIONS[direction]}, {kind:#x}, {place:#x}, {f'{size:#x}' if size else 0})"


def _command(look: Look) -> str:
    return command_text(look.value & 0xFFFFFFFF)


def _flags(names: Table) -> Reader:
    return structure("<I", lambda value: f"[{flags_text(value, names)}]")


def _fields(layout: str, names: str, more: str = "") -> Reader:
    fields = names.split()

    def write(*values: object) -> str:
        return "{" + ", ".join(map("{}={}".format, fields, values)) + more + "}"

    return structure(layout, write)


def _loop(offset: int, number: int, flags: int, name: bytes) -> str:
    text = quote_name(name.split(b"\0", 1)[0])
    shown = f"{flags:#x}" if flags else "0"
    return f"{{lo_offset={offset}, lo_number={number}, lo_flags={shown}, lo_file_name={text}, ...}}"


def _loop_config(fd: int, size: int, offset: int, number: int, flags: int, name: bytes) -> str:
    return f"{{fd={fd}, block_size={size}, info={_loop(offset, number, flags, name)}}}"


_WHAT: Final[dict[str, Reader]] = {
    **TERMINALS,
    "int": numbers(4), "pid": numbers(4), "short": numbers(2, signed=False), "u64": numbers(8, signed=False),
    "char": structure("<1s", quote), "modem": _flags(MODEM), "fsflags": _flags(_FSFLAGS),
    "discipline": structure("<i", lambda value: f"[{constant_text(value, DISCIPLINES)}]"),
    "ints": structure("<2I", "[{}, {}]".format), "range": structure("<2Q", "[{}, {}]".format),
    "clone_range": _fields("<qQQQ", "src_fd src_offset src_length dest_offset"),
    "fsxattr": _fields("<5I8x", "fsx_xflags fsx_extsize fsx_nextents fsx_projid fsx_cowextsize"),
    "fstrim": _fields("<3Q", "start len minlen"),
    "epoll_params": _fields("<IHBx", "busy_poll_usecs busy_poll_budget prefer_busy_poll"),
    "rtc_time": _fields("<6i12x", "tm_sec tm_min tm_hour tm_mday tm_mon tm_year", ", ..."),
    "rtc_wkalrm": _fields("<2B2x6i12x", "enabled pending tm_sec tm_min tm_hour tm_mday tm_mon tm_year", ", ..."),
    "input_id": _fields("<4H", "bustype vendor product version"),
    "absinfo": _fields("<6i", "value minimum maximum fuzz flat resolution"),
    "loop_info64": structure("<24xQ8xI8xI64s112x", _loop),
    "loop_config": structure("<II24xQ8xI8xI64s176x", _loop_config),
}  # fmt: skip
_VALUES: Final[dict[str, Callable[[Look], str]]] = {
    "int": lambda look: str(look.c_int),
    "hex": lambda look: f"{look.value & 0xFFFFFFFF:#x}",
    "flow": lambda look: constant_text(look.c_int, FLOW),
    "flush": lambda look: constant_text(look.c_int, FLUSH),
}


def _argument(look: Look) -> str:
    number = look.sibling("cmd") & 0xFFFFFFFF
    known = BY_NUMBER.get(number)
    if known is None:
        return ifconf(look) if number == SIOCGIFCONF else _unlisted(look, number)
    if known.way == "none":
        return ""
    if known.way == "value":
        return _VALUES[known.what](look)
    if known.what == "ifreq":
        return ifreq(look, known.name)
    if known.what == "word":
        return numbers(look.declared.model.word, signed=False)(look)
    if known.what == "geometry":
        return _geometry(look)
    return _WHAT[known.what](look)


def _geometry(look: Look) -> str:
    layout = "<2BH4xQ" if look.declared.model.word == 8 else "<2BHI"
    return _fields(layout, "heads sectors cylinders start")(look)


def _unlisted(look: Look, number: int) -> str:
    """What the command's own number says was copied: text of input devices, bytes in hex, or the register."""
    data = look.latest()
    if not look.value or isinstance(data, Unread):
        return f"{look.value:#x}" if look.value else "0"
    if number & _EVDEV_MASK == READ_OF_EVDEV and number & 0xFF in _TEXTS_OF_EVDEV:
        return quote_name(data.split(b"\0", 1)[0])
    if number & _EVDEV_MASK == READ_OF_EVDEV and number & 0xFF in ABSINFO_OF_EVDEV:
        return _WHAT["absinfo"](look)
    return quote(data[:32], more=len(data) > 32)


IOCTL_READERS: Final[dict[str, Reader]] = {"ioctl_command": _command, "ioctl": _argument}
