"""Structures of files, processes, machines and asynchronous I/O."""

from __future__ import annotations

from struct import Struct
from typing import Final

from tracer.decode.buffers import MOST_SHOWN
from tracer.decode.constants_files import FILE_SYSTEMS, FLAGS
from tracer.decode.constants_process import CLONE, signal_name
from tracer.decode.flags import constant_text, flags_text
from tracer.decode.look import ENTRY, Look, Reader, structure
from tracer.decode.scalars import mode_text
from tracer.decode.text import Unread, plain, quote, quote_name
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


def _wait_status(look: Look) -> str:
    if not look.value:
        return "NULL"
    data = look.latest()
    if isinstance(data, Unread) or len(data) < 4:
        return look.missing(data if isinstance(data, Unread) else Unread("cut off"))
    return f"[{{{wait_status_text(int.from_bytes(data[:4], 'little'))}}}]"


def wait_status_text(status: int) -> str:
    """A wait status in the words of wait(2)."""
    if status & 0x7F == 0:
        return f"WIFEXITED(s) && WEXITSTATUS(s) == {status >> 8 & 0xFF}"
    if status & 0xFF == 0x7F:
        return f"WIFSTOPPED(s) && WSTOPSIG(s) == {signal_name(status >> 8 & 0xFF)}"
    if status == 0xFFFF:
        return "WIFCONTINUED(s)"
    core = " && WCOREDUMP(s)" if status & 0x80 else ""
    return f"WIFSIGNALED(s) && WTERMSIG(s) == {signal_name(status & 0x7F)}{core}"


def address_text(address: int) -> str:
    """NULL, or the address in hex."""
    return f"{address:#x}" if address else "NULL"


def _clone_args(flags: int, pidfd: int, child: int, parent: int, number: int, *stack: int) -> str:
    text = f"{{flags={flags_text(flags, CLONE)}"
    if flags & 0x1000:
        text += f", pidfd={pidfd:#x}"
    if flags & 0x1200000:
        text += f", child_tid={child:#x}"
    if flags & 0x100000:
        text += f", parent_tid={parent:#x}"
    text += f", exit_signal={signal_name(number) if number else 0}"
    return (
        text
        + f", stack={address_text(stack[0])}, stack_size={stack[1]:#x}"
        + (f", tls={stack[2]:#x}}}" if flags & 0x80000 else "}")
    )


_OPCODES: Final = {
    0: "PREAD",
    1: "PWRITE",
    2: "FSYNC",
    3: "FDSYNC",
    5: "POLL",
    6: "NOOP",
    7: "PREADV",
    8: "PWRITEV",
}
_IOCB: Final = Struct("<QIiHhIQQq")
_IO_EVENT: Final = Struct("<QQqq")


def _iocbs(look: Look) -> str:
    pointers = look.piece(ENTRY)
    if not look.value or isinstance(pointers, Unread):
        return "NULL" if not look.value else look.missing(pointers if isinstance(pointers, Unread) else Unread("?"))
    parts = []
    for start in range(0, min(len(pointers) - 7, 8 * MOST_SHOWN), 8):
        pointer = int.from_bytes(pointers[start : start + 8], "little")
        iocb = look.piece(ENTRY, pointer)
        if isinstance(iocb, Unread) or len(iocb) < _IOCB.size:
            parts.append(f"{pointer:#x}")
            continue
        data, _, _, opcode, _, fd, buffer, length, offset = _IOCB.unpack_from(iocb)
        name = _OPCODES.get(opcode, str(opcode))
        parts.append(
            f"{{aio_data={data:#x}, aio_lio_opcode={name}, aio_fildes={fd}, aio_buf={buffer:#x}, "
            f"aio_nbytes={length}, aio_offset={offset}}}"
        )
    return "[" + ", ".join(parts) + "]"


def _io_events(look: Look) -> str:
    data = look.latest()
    if not look.value or isinstance(data, Unread):
        return "NULL" if not look.value else "[]" if look.result == 0 else f"{look.value:#x}"
    whole = len(data) // _IO_EVENT.size * _IO_EVENT.size
    parts = [
        f"{{data={user:#x}, obj={iocb:#x}, res={result}, res2={second}}}"
        for user, iocb, result, second in _IO_EVENT.iter_unpack(data[: min(whole, MOST_SHOWN * _IO_EVENT.size)])
    ]
    return "[" + ", ".join(parts) + "]"


def _cpuset(look: Look) -> str:
    data = look.latest()
    if not look.value or isinstance(data, Unread):
        return f"{look.value:#x}" if look.value else "NULL"
    bits = int.from_bytes(data, "little")
    return "[" + " ".join(str(cpu) for cpu in range(bits.bit_length()) if bits >> cpu & 1) + "]"


def _utsname(*fields: bytes) -> str:
    names = ("sysname", "nodename", "release", "version", "machine")
    pairs = (f'{name}="{plain(value.split(bytes(1), 1)[0])}"' for name, value in zip(names, fields, strict=False))
    return "{" + ", ".join(pairs) + ", ...}"


def _sysinfo(up: int, *fields: int) -> str:
    names = (
        "totalram", "freeram", "sharedram", "bufferram", "totalswap", "freeswap", "procs", "totalhigh", "freehigh",
        "mem_unit",
    )  # fmt: skip
    rest = ", ".join(f"{name}={value}" for name, value in zip(names, fields[3:], strict=True))
    return f"{{uptime={up}, loads=[{', '.join(map(str, fields[:3]))}], {rest}}}"


def _limit(value: int) -> str:
    if value == 0xFFFFFFFFFFFFFFFF:
        return "RLIM64_INFINITY"
    return f"{value // 1024}*1024" if value and not value % 1024 else str(value)


def _raw(look: Look) -> str:
    """A structure without a decoder of its own: its first bytes."""
    data = look.latest()
    if not look.value or isinstance(data, Unread):
        return "NULL" if not look.value else look.missing(data if isinstance(data, Unread) else Unread("?"))
    return quote(data[:32], more=len(data) > 32)


STRUCTURES: Final[dict[str, Reader]] = {
    "stat": _stat,
    "statx": structure("<IIQIIIHxxQQ", _statx),
    "statfs": structure("<7Q2I3Q", _statfs),
    "open_how": structure("<QQQ", lambda flags, mode, resolve: (
        f"{{flags={flags_text(flags, FLAGS['open'])}, mode={mode_text(mode & 0xFFFF)}, resolve={resolve:#x}}}"
    )),
    "dirents": _dirents(19),
    "dirents32": _dirents(18),
    "wait_status": _wait_status,
    "clone_args": structure("<8Q", _clone_args),
    "iocbs": _iocbs,
    "io_events": _io_events,
    "cpuset": _cpuset,
    "utsname": structure("<65s65s65s65s65s", _utsname),
    "rlimit": structure("<QQ", lambda soft, hard: f"{{rlim_cur={_limit(soft)}, rlim_max={_limit(hard)}}}"),
    "rusage": structure("<4q", lambda us, uu, ss, su: (
        f"{{ru_utime={{tv_sec={us}, tv_usec={uu}}}, ru_stime={{tv_sec={ss}, tv_usec={su}}}, ...}}"
    )),
    "sysinfo": structure("<q3Q6QHxxxxxxQQI", _sysinfo),
    "uring_params": structure("<6I", lambda sq, cq, flags, cpu, idle, features: (
        f"{{sq_entries={sq}, cq_entries={cq}, flags={flags:#x}, sq_thread_cpu={cpu}, sq_thread_idle={idle}, "
        f"features={features:#x}, ...}}"
    )),
    "uring_arg": _raw,
    "msgbuf": _raw,
    "sembufs": _raw,
}  # fmt: skip
