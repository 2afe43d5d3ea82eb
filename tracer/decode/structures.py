"""Structures of processes, machines and asynchronous I/O."""

from __future__ import annotations

from struct import Struct
from typing import Final

from tracer.decode.buffers import MOST_SHOWN
from tracer.decode.constants_process import CLONE, signal_name
from tracer.decode.flags import flags_text
from tracer.decode.look import ENTRY, Look, Reader, structure
from tracer.decode.text import Unread, plain


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


STRUCTURES: Final[dict[str, Reader]] = {
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
}  # fmt: skip
