"""Structures of files: what stat, statx and statfs answer, directory entries, and how to open."""

from __future__ import annotations

from typing import Final

from tracer.decode.constants_files import FILE_SYSTEMS, FLAGS, open_flags
from tracer.decode.flags import constant_text, flags_text
from tracer.decode.look import Look, Reader, laid_out, structure
from tracer.decode.scalars import mode_text
from tracer.decode.text import Unread, quote_name
from tracer.syscalls.layouts import Layout, layout

_DEVICES: Final = frozenset({0o20000, 0o60000})
"""S_IFCHR and S_IFBLK: a device has a number, not a size."""


def _stat(name: str) -> Reader:
    """A decoder of the variant `name` of struct stat (stat(2))."""

    def decode(look: Look) -> str:
        if not look.value:
            return "NULL"
        data = look.latest()
        shape = layout(name, look.model)
        if isinstance(data, Unread) or len(data) < shape.packed.size:
            return look.missing(data if isinstance(data, Unread) else Unread("cut off"))
        mode, device, size = (field_of(data, shape, field) for field in ("mode", "rdev", "size"))
        rest = f"st_rdev={device_text(device)}" if mode & 0o170000 in _DEVICES else f"st_size={size}"
        return f"{{st_mode={mode_text(mode)}, {rest}, ...}}"

    return decode


def field_of(data: bytes, shape: Layout, name: str) -> int:
    """One unsigned field of a structure that `data` begins with, 0 beyond the end."""
    field = shape.field(name)
    return int.from_bytes(data[field.offset : field.offset + field.width], "little")


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


def hex_text(value: int) -> str:
    """A number in hex, 0 as 0."""
    return f"{value:#x}" if value else "0"


def _statfs(kind: int, block: int, *fields: int) -> str:
    blocks, free, available, files, free_files, fsid1, fsid2, longest, fragment, flags = fields
    return (
        f"{{f_type={constant_text(kind, FILE_SYSTEMS)}, f_bsize={block}, f_blocks={blocks}, f_bfree={free}, "
        f"f_bavail={available}, f_files={files}, f_ffree={free_files}, "
        f"f_fsid={{val=[{hex_text(fsid1)}, {hex_text(fsid2)}]}}, "
        f"f_namelen={longest}, f_frsize={fragment}, f_flags={flags_text(flags, FLAGS['statfs'])}}}"
    )


def _dirents(name: str) -> Reader:
    """Directory entries in the structure `name`."""

    def decode(look: Look) -> str:
        shape = layout(name, look.model)
        name_at, length_at = shape.field("name").offset, shape.field("reclen").offset
        if not look.value:
            return "NULL"
        data = look.latest()
        if isinstance(data, Unread):
            return "[] /* 0 entries */" if look.result == 0 else look.missing(data)
        names = []
        offset = 0
        while offset + name_at <= len(data):
            length = int.from_bytes(data[offset + length_at : offset + length_at + 2], "little")
            if length <= name_at:
                break
            names.append(data[offset + name_at : offset + length].split(b"\0", 1)[0])
            offset += length
        shown = ", ".join(map(quote_name, names[:4]))
        return f"[{shown}{', ...' if len(names) > 4 else ''}] /* {len(names)} entries */"

    return decode


def _old_dirent(look: Look) -> str:
    """The one entry that readdir gives (`compat_old_linux_dirent`, fs/readdir.c)."""
    data = look.latest()
    if not look.value or isinstance(data, Unread):
        return look.missing(data) if isinstance(data, Unread) and look.value else "NULL"
    shape = layout("old_dirent", look.model)
    at = shape.field("name").offset
    name = data[at : at + field_of(data, shape, "namlen")]
    inode, offset, length = (field_of(data, shape, field) for field in ("ino", "off", "namlen"))
    return f"{{d_ino={inode}, d_off={offset}, d_reclen={length}, d_name={quote_name(name)}}}"


def _open_how(look: Look) -> str:
    def write(flags: int, mode: int, resolve: int) -> str:
        names = open_flags(look.model.machine)
        how = flags_text(resolve, FLAGS["resolve"])
        return f"{{flags={flags_text(flags, names)}, mode={mode_text(mode & 0xFFFF)}, resolve={how}}}"

    return structure("<QQQ", write)(look)


FILE_STRUCTURES: Final[dict[str, Reader]] = {
    "stat": _stat("stat"),
    "stat64": _stat("stat64"),
    "old_stat": _stat("old_stat"),
    "old_dirent": _old_dirent,
    "statx": structure("<IIQIIIHxxQQ", _statx),
    "statfs": laid_out("statfs", _statfs),
    "statfs64": laid_out("statfs64", _statfs),
    "dirents": _dirents("dirent64"),
    "dirents32": _dirents("dirent"),
    "open_how": _open_how,
}  # fmt: skip
