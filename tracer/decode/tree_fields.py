"""Single structures as nodes: which layout an argument has, and which of its fields have names for their values.

Layouts come from `tracer.syscalls.layouts`, where each is declared once for every ABI; those that are the same
everywhere and have no place there are declared here, in the same words (linux/*.h, man 2 of the call)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tracer.decode.constants_files import FILE_SYSTEMS
from tracer.decode.constants_files import FLAGS as FILE_FLAGS
from tracer.decode.constants_network import FLAGS as NETWORK_FLAGS
from tracer.decode.constants_process import CLONE, signal_name
from tracer.decode.constants_process import FLAGS as PROCESS_FLAGS
from tracer.decode.fields import LAYOUTS
from tracer.decode.file_structures import device_text
from tracer.decode.flags import Table, constant_text, flags_text
from tracer.decode.scalars import mode_text
from tracer.decode.signals import sigset_text
from tracer.decode.tree_node import Word
from tracer.syscalls.layouts import X86_64, Layout, Model, lay_out, layout
from tracer.syscalls.ring_entries import NAMES as RING_OPERATIONS
from tracer.syscalls.structure_fields import STRUCTURES

_SAME_EVERYWHERE: Final = {
    "pollfd": "i:fd H:events H:revents",
    "timezone": "i:tz_minuteswest i:tz_dsttime",
    "open_how": "X:flags Q:mode X:resolve",
    "clone_args": "X:flags X:pidfd X:child_tid X:parent_tid Q:exit_signal X:stack X:stack_size X:tls",
    "rlimit64": "Q:cur Q:max",
    "statx": (
        "x:mask I:blksize X:attributes I:nlink I:uid I:gid H:mode -2 Q:ino Q:size Q:blocks X:attributes_mask "
        "q:atime_sec I:atime_nsec -4 q:btime_sec I:btime_nsec -4 q:ctime_sec I:ctime_nsec -4 q:mtime_sec "
        "I:mtime_nsec -4 I:rdev_major I:rdev_minor I:dev_major I:dev_minor Q:mnt_id"
    ),
    "iocb": (
        "X:aio_data x:_key x:aio_rw_flags H:aio_lio_opcode h:aio_reqprio I:aio_fildes P:aio_buf Q:aio_nbytes "
        "q:aio_offset X:_reserved x:aio_flags I:aio_resfd"
    ),
    "io_event": "X:data X:obj q:res q:res2",
    "sembuf": "H:sem_num h:sem_op h:sem_flg",
    "uring_params": ("I:sq_entries I:cq_entries x:flags I:sq_thread_cpu I:sq_thread_idle x:features I:wq_fd"),
    "sqe": (
        "B:opcode B:flags H:ioprio i:fd X:off X:addr I:len x:op_flags X:user_data H:buf_index H:personality "
        "i:splice_fd_in"
    ),
    "cqe": "X:user_data i:res x:flags",
}
_ALIASES: Final = {"timespec[2]": "timespec", "timeval[2]": "timeval"}


def _flags(names: Table) -> Word:
    return lambda value: flags_text(value & 0xFFFFFFFFFFFFFFFF, names)


def _handler(value: int) -> str:
    return {0: "SIG_DFL", 1: "SIG_IGN"}.get(value, f"{value:#x}")


def _signal(value: int) -> str:
    return signal_name(value) if value else "0"


def _limit(value: int) -> str:
    return "no limit" if value in (0xFFFFFFFFFFFFFFFF, 0xFFFFFFFF) else str(value)


def _operation(value: int) -> str:
    return RING_OPERATIONS[value] if value < len(RING_OPERATIONS) else str(value)


_POLL, _EPOLL = _flags(NETWORK_FLAGS["poll"]), _flags(NETWORK_FLAGS["epoll"])
_STAT: Final[dict[str, Word]] = {"mode": mode_text, "dev": device_text, "rdev": device_text}
_LIMITS: Final[dict[str, Word]] = {"cur": _limit, "max": _limit}
_WORDS: Final[dict[str, dict[str, Word]]] = {
    "pollfd": {"events": _POLL, "revents": _POLL},
    "epoll_event": {"events": _EPOLL, "data": hex},
    "msghdr": {"flags": _flags(NETWORK_FLAGS["msg"])},
    "stat": _STAT,
    "stat64": _STAT,
    "statx": {
        "mask": _flags(FILE_FLAGS["statx"]),
        "attributes": _flags(FILE_FLAGS["statx_attributes"]),
        "mode": mode_text,
    },
    "statfs": {
        "type": lambda value: constant_text(value, FILE_SYSTEMS),
        "flags": _flags(FILE_FLAGS["statfs"]),
    },
    "sigaction": {"handler": _handler, "flags": _flags(PROCESS_FLAGS["sigaction"]), "mask": sigset_text},
    "sigset": {"mask": sigset_text},
    "stack_t": {"flags": _flags(PROCESS_FLAGS["sigaltstack"])},
    "sigevent": {"value": hex, "signo": _signal},
    "open_how": {"flags": _flags(FILE_FLAGS["open"]), "mode": mode_text, "resolve": _flags(FILE_FLAGS["resolve"])},
    "clone_args": {"flags": _flags(CLONE), "exit_signal": _signal},
    "rlimit": _LIMITS,
    "rlimit64": _LIMITS,
    "sqe": {"opcode": _operation},
}


def structure_of(reads: str, model: Model) -> tuple[str, Layout] | None:
    """The structure that an argument which reads as `reads` points to, by its name and layout; None when it points
    to none, or to one that is more than its fields."""
    name = _ALIASES.get(reads, reads.removeprefix("struct:"))
    if name in _SAME_EVERYWHERE:
        return name, lay_out(_SAME_EVERYWHERE[name], model)
    if name in STRUCTURES and name not in ("word", "time"):
        return name, layout(name, model)
    return (name, _listed(name)) if name in LAYOUTS and reads.startswith("struct:") else None


def words_of(name: str) -> Mapping[str, Word]:
    """How the fields of structure `name` read."""
    return _WORDS.get(name, {})


def _listed(name: str) -> Layout:
    """The layout of a structure of `tracer.decode.fields`, where - is one byte of padding."""
    parts = ["-1" if each == "-" else each for each in LAYOUTS[name].split()]
    return lay_out(f"packed {' '.join(parts)}", X86_64)
