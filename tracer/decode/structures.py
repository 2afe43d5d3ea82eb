"""Structures of files, processes, machines and asynchronous I/O."""

from __future__ import annotations

from struct import Struct
from typing import Final

from tracer.decode.buffers import MOST_SHOWN
from tracer.decode.constants_files import FLAGS
from tracer.decode.constants_process import CLONE, signal_name
from tracer.decode.flags import flags_text
from tracer.decode.look import ENTRY, Look, Reader, structure
from tracer.decode.scalars import mode_text
from tracer.decode.text import Unread, plain, quote, quote_name
from tracer.wire import Abi

_STAT_X86: Final = Struct("<QQQIIIxxxxQqqq")
_STAT_GENERIC: Final = Struct("<QQIIIIQQqixxxxq")


def _stat(look: Look) -> str:
    if not look.value:
        return "NULL"
    data = look.latest()
    layout = _STAT_GENERIC if look.row.abi == Abi.AARCH64 else _STAT_X86
    if isinstance(data, Unread) or len(data) < layout.size:
        return look.missing(data if isinstance(data, Unread) else Unread("cut off"))
    fields = layout.unpack_from(data)
    mode, size = (fields[2], fields[8]) if layout is _STAT_GENERIC else (fields[3], fields[7])
    return f"{{st_mode={mode_text(mode)}, st_size={size}, ...}}"


def _dirents(name_at: int) -> Reader:
    """Directory entries; `name_at` = where the name begins in one."""

    def decode(look: Look) -> str:
        if not look.value:
            return "NULL"
        data = look.latest()
        if isinstance(data, Unread):
            return "[]" if look.result == 0 else look.missing(data)
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
    return f"[{wait_status_text(int.from_bytes(data[:4], 'little'))}]"


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


def _clone_args(flags: int, pidfd: int, child: int, parent: int, number: int, *stack: int) -> str:
    text = f"{{flags={flags_text(flags, CLONE)}"
    if flags & 0x1000:
        text += f", pidfd={pidfd:#x}"
    if flags & 0x1200000:
        text += f", child_tid={child:#x}"
    if flags & 0x100000:
        text += f", parent_tid={parent:#x}"
    text += f", exit_signal={signal_name(number) if number else 0}"
    return text + f", stack={stack[0]:#x}, stack_size={stack[1]:#x}, tls={stack[2]:#x}}}"


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
    "statx": structure("<IIQIIIHxxQQ", lambda _m, _b, _a, _n, _u, _g, mode, _i, size: (
        f"{{stx_mode={mode_text(mode)}, stx_size={size}, ...}}"
    )),
    "statfs": structure("<QQQQQ", lambda kind, block, blocks, free, available: (
        f"{{f_type={kind:#x}, f_bsize={block}, f_blocks={blocks}, f_bfree={free}, f_bavail={available}, ...}}"
    )),
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
    "sysinfo": structure("<q3Q2Q", lambda up, one, five, fifteen, total, free: (
        f"{{uptime={up}, loads=[{one}, {five}, {fifteen}], totalram={total}, freeram={free}, ...}}"
    )),
    "uring_params": structure("<6I", lambda sq, cq, flags, cpu, idle, features: (
        f"{{sq_entries={sq}, cq_entries={cq}, flags={flags:#x}, sq_thread_cpu={cpu}, sq_thread_idle={idle}, "
        f"features={features:#x}, ...}}"
    )),
    "uring_arg": _raw,
    "msgbuf": _raw,
    "sembufs": _raw,
}  # fmt: skip
