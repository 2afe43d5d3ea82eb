"""Structures of processes, machines and asynchronous I/O."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from tracer.decode.constants_process import CLONE, signal_name
from tracer.decode.flags import flags_text
from tracer.decode.look import Look, Reader, laid_out, structure
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


def _limit(value: int, infinity: int, name: str) -> str:
    if value == infinity:
        return name
    return f"{value // 1024}*1024" if value and not value % 1024 else str(value)


def _limits(infinity: int, name: str) -> Callable[[int, int], str]:
    def write(soft: int, hard: int) -> str:
        return f"{{rlim_cur={_limit(soft, infinity, name)}, rlim_max={_limit(hard, infinity, name)}}}"

    return write


_RLIMIT64: Final = structure("<QQ", _limits(0xFFFFFFFFFFFFFFFF, "RLIM64_INFINITY"))
_SHORT_RLIMIT: Final = structure("<II", _limits(0xFFFFFFFF, "RLIM_INFINITY"))


def _rlimit(look: Look) -> str:
    return (_SHORT_RLIMIT if look.model.word == 4 else _RLIMIT64)(look)


def _old_names(width: int) -> Reader:
    """Five names of `width` bytes; the oldest form has no machine's name beyond the fifth."""
    return structure("<" + f"{width}s" * 5, _utsname)


_USER_DESC_BITS: Final = (
    ("seg_32bit", 0, 1), ("contents", 1, 3), ("read_exec_only", 3, 1), ("limit_in_pages", 4, 1),
    ("seg_not_present", 5, 1), ("useable", 6, 1),
)  # fmt: skip


def _user_desc(number: int, base: int, limit: int, bits: int) -> str:
    """struct user_desc (set_thread_area(2))."""
    entry = -1 if number == 0xFFFFFFFF else number
    parts = [f"{name}={bits >> first & mask}" for name, first, mask in _USER_DESC_BITS]
    return f"{{entry_number={entry}, base_addr={base:#010x}, limit={limit:#08x}, {', '.join(parts)}}}"


STRUCTURES: Final[dict[str, Reader]] = {
    "wait_status": _wait_status,
    "clone_args": structure("<8Q", _clone_args),
    "cpuset": _cpuset,
    "old_utsname": _old_names(65),
    "oldest_utsname": _old_names(9),
    "user_desc": laid_out("user_desc", _user_desc),
    "utsname": structure("<65s65s65s65s65s", _utsname),
    "rlimit": _rlimit,
    "rlimit64": _RLIMIT64,
    "rusage": laid_out("rusage", lambda us, uu, ss, su: (
        f"{{ru_utime={{tv_sec={us}, tv_usec={uu}}}, ru_stime={{tv_sec={ss}, tv_usec={su}}}, ...}}"
    )),
    "sysinfo": laid_out("sysinfo", _sysinfo),
}  # fmt: skip
