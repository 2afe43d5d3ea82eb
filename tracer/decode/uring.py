"""What io_uring_setup and io_uring_enter are given, and what a ring turned out to be (io_uring_setup(2))."""

from __future__ import annotations

from struct import Struct
from typing import Final

from tracer.decode.arrays import hex_text, pointer_text
from tracer.decode.constants_uring import FEATURES, SETUP
from tracer.decode.flags import flags_text
from tracer.decode.look import ENTRY, EXIT, Look, Reader
from tracer.decode.signals import sigset_text
from tracer.decode.text import Unread
from tracer.decode.times import timespec_text
from tracer.syscalls.structures import IO_URING_GETEVENTS_ARG, IO_URING_PARAMS, SIGSET
from tracer.syscalls.uring import EXT_ARG

_HEAD: Final = Struct("<6Ii3I")
_OFFSETS: Final = Struct("<8IQ")
_ATTACH_WQ: Final = 1 << 5
_SUBMISSION_RING: Final = ("head", "tail", "ring_mask", "ring_entries", "flags", "dropped", "array")
_COMPLETION_RING: Final = ("head", "tail", "ring_mask", "ring_entries", "overflow", "cqes", "flags")


def _params(look: Look) -> str:
    """struct io_uring_params: what was asked for, and when there is a ring now, how it lies in memory."""
    if not look.value:
        return "NULL"
    asked, made = look.piece(ENTRY), look.piece(EXIT)
    if isinstance(asked, Unread) or len(asked) < IO_URING_PARAMS:
        return look.missing(asked if isinstance(asked, Unread) else Unread("cut off"))
    _, _, flags, cpu, idle, _, queue, *reserved = _HEAD.unpack_from(asked)
    parts = [f"flags={flags_text(flags, SETUP)}", f"sq_thread_cpu={cpu}", f"sq_thread_idle={idle}"]
    if flags & _ATTACH_WQ:
        parts.append(f"wq_fd={look.with_name(queue)}")
    if any(reserved):
        parts.append(f"resv=[{', '.join(map(hex_text, reserved))}]")
    if not isinstance(made, Unread) and len(made) >= IO_URING_PARAMS and look.result >= 0:
        parts += _ring(made)
    return "{" + ", ".join(parts) + "}"


def _ring(made: bytes) -> list[str]:
    submissions, completions, _, _, _, features, *_ = _HEAD.unpack_from(made)
    return [
        f"sq_entries={submissions}",
        f"cq_entries={completions}",
        f"features={flags_text(features, FEATURES)}",
        f"sq_off={_offsets(made[_HEAD.size :], _SUBMISSION_RING)}",
        f"cq_off={_offsets(made[_HEAD.size + _OFFSETS.size :], _COMPLETION_RING)}",
    ]


def _offsets(data: bytes, names: tuple[str, ...]) -> str:
    """Where the parts of a ring lie in its mapping, in bytes."""
    *offsets, reserved, address = _OFFSETS.unpack_from(data)
    parts = [f"{name}={offset}" for name, offset in zip(names, offsets, strict=True)]
    parts += [f"resv1={reserved:#x}"] if reserved else []
    parts += [f"user_addr={address:#x}"] if address else []
    return "{" + ", ".join(parts) + "}"


_WAIT: Final = Struct("<QIIQ")
_REGISTERED: Final = 1 << 6
"""IORING_ENTER_EXT_ARG_REG: an offset in a registered region, no address."""


def _enter_argument(look: Look) -> str:
    """A signal set, or with IORING_ENTER_EXT_ARG a structure with a set and a timeout; its size says which."""
    if not look.value:
        return "NULL"
    flags, size = look.sibling("flags") & 0xFFFFFFFF, look.sibling("argsz")
    data = look.piece(ENTRY)
    if flags & EXT_ARG and flags & _REGISTERED and size != SIGSET:
        return f"{look.value:#x}"
    if isinstance(data, Unread):
        return look.missing(data)
    if flags & EXT_ARG and size == IO_URING_GETEVENTS_ARG:
        return _wait_text(look, data) if len(data) >= _WAIT.size else look.missing(Unread("cut off"))
    if size != SIGSET or len(data) < SIGSET:
        return f"{look.value:#x}"
    return sigset_text(int.from_bytes(data[:SIGSET], "little"))


def _wait_text(look: Look, data: bytes) -> str:
    """struct io_uring_getevents_arg."""
    mask, size, least, timeout = _WAIT.unpack_from(data)
    held, until = look.piece(ENTRY, mask), look.piece(ENTRY, timeout)
    signals = pointer_text(mask)
    if mask and not isinstance(held, Unread) and len(held) >= SIGSET and size == SIGSET:
        signals = sigset_text(int.from_bytes(held[:SIGSET], "little"))
    moment = pointer_text(timeout)
    if timeout and not isinstance(until, Unread) and len(until) >= 16:
        moment = timespec_text(*_PAIR.unpack_from(until))
    waits = f", min_wait_usec={least}" if least else ""
    return f"{{sigmask={signals}, sigmask_sz={size}{waits}, ts={moment}}}"


_PAIR: Final = Struct("<qq")

URING_READERS: Final[dict[str, Reader]] = {"uring_params": _params, "uring_arg": _enter_argument}
