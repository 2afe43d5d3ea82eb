"""Structures of files: what stat, statx and statfs answer, directory entries, and how to open."""

from __future__ import annotations

from struct import Struct
from typing import Final

from tracer.decode.constants_files import FILE_SYSTEMS, FLAGS
from tracer.decode.flags import constant_text, flags_text
from tracer.decode.look import Look, Reader, structure
from tracer.decode.scalars import mode_text
from tracer.decode.text import Unread, quote_name
from tracer.wire import Abi

_STAT_X86: Final = Struct("<QQQIIIxxxxQqqq")
_STAT_GENERIC: Final = Struct("<QQIIIIQQqixxxxq")
_DEVICES: Final = frozenset({0o20000, 0o60000})
"""S_IFCHR and S_IFBLK: a device has a number, not a size."""


def _stat(look: Look) -> str:
    if not look.value:
        return "NULL"
    data = look.latest()
    layout = _STAT_GENERIC if look.row.abi == Abi.AARCH64 else _STAT_X86
    if isinstance(data, Unread) or len(data) < layout.size:
        return look.missing(data if isinstance(data, Unread) else Unread("cut off"))
    fields = layout.unpack_from(data)
    generic = layout is _STAT_GENERIC
    mode, device, size = (fields[2], fields[6], fields[8]) if generic else (fields[3], fields[6], fields[7])
    rest = f"st_rdev={device_text(device)}" if mode & 0o170000 in _DEVICES else f"st_size={size}"
    return f"{{st_mode={mode_text(mode)}, {rest}, ...}}"


def device_text(number: int) -> str:
    """makedev(0x1, 0x3): how the kernel packs major and minor into 64 bits (`new_encode_dev`)."""
    major = (number >> 8 & 0xFFF) | (number >> 32 & ~0xFFF)
    return f"makedev({major:#x}, {(number & 0xFF) | (number >> 12 & 0xFFFFFF00):#x})"


def _statx(mask: int, _block: int, attributes: int, *fields: int) -> str:
    mode, size = fields[3], fields[5]
    names = flags_text(mask, FLAGS["statx"])
    return (
        f"{{stx_mask={names}, stx_attributes={flags_text(attributes, FLAGS['statx_attributes'])}, "
        f"stx_mode={mode_text(mode)}, stx_size={size}, ...}}"
    )


def _statfs(kind: int, block: int, *fields: int) -> str:
    blocks, free, available, files, free_files, fsid1, fsid2, longest, fragment, flags = fields
    return (
        f"{{f_type={constant_text(kind, FILE_SYSTEMS)}, f_bsize={block}, f_blocks={blocks}, f_bfree={free}, "
        f"f_bavail={available}, f_files={files}, f_ffree={free_files}, f_fsid={{val=[{fsid1:#x}, {fsid2:#x}]}}, "
        f"f_namelen={longest}, f_frsize={fragment}, f_flags={flags_text(flags, FLAGS['statfs'])}}}"
    )


def _dirents(name_at: int) -> Reader:
    """Directory entries; `name_at` = where the name begins in one."""

    def decode(look: Look) -> str:
        if not look.value:
            return "NULL"
        data = look.latest()
        if isinstance(data, Unread):
            return "[] /* 0 entries */" if look.result == 0 else look.missing(data)
        names = []
        offset = 0
        while offset + name_at <= len(data):
            length = int.from_bytes(data[offset + 16 : offset + 18], "little")
            if length <= name_at:
                break
            names.append(data[offset + name_at : offset + length].split(b"\0", 1)[0])
            offset += length
        shown = ", ".join(map(quote_name, names[:4]))
        return f"[{shown}{', ...' if len(names) > 4 else ''}] /* {len(names)} entries */"

    return decode


FILE_STRUCTURES: Final[dict[str, Reader]] = {
    "stat": _stat,
    "statx": structure("<IIQIIIHxxQQ", _statx),
    "statfs": structure("<7Q2I3Q", _statfs),
    "dirents": _dirents(19),
    "dirents32": _dirents(18),
    "open_how": structure("<QQQ", lambda flags, mode, resolve: (
        f"{{flags={flags_text(flags, FLAGS['open'])}, mode={mode_text(mode & 0xFFFF)}, resolve={resolve:#x}}}"
    )),
}  # fmt: skip
