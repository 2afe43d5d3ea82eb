"""read, write and their relatives with one buffer: the payload is as long as the result says."""

from __future__ import annotations

from typing import Final

from tracer.syscalls.arguments import constant, fd, value
from tracer.syscalls.expression import (
    NEVER,
    POSITIVE,
    RESULT,
    SUCCEEDED,
    Expr,
    arg,
    both,
    failed,
    least,
    more,
    negate,
    object_is,
)
from tracer.syscalls.model import IN, OUT, PAYLOAD, Arg, Syscall, call, memory
from tracer.syscalls.objects import Object
from tracer.syscalls.structures import SIGNALFD_SIGINFO

_FILLED_OTHERWISE: Final = object_is(Object.ZERO, Object.DIRECT, Object.SIGNALFD)
_SENT_OTHERWISE: Final = object_is(Object.NULL, Object.ZERO, Object.DIRECT, Object.EVENTFD)


def read_buffer(name: str = "buf") -> Arg:
    """A buffer filled with as many bytes as the result. What the descriptor is may say otherwise: /dev/zero
    fills with zeros, O_DIRECT leaves it to the device, a signalfd copies one structure a signal."""
    ordinary = memory(OUT, PAYLOAD, RESULT, on=both(POSITIVE, negate(_FILLED_OTHERWISE)), capture=NEVER, what=name)
    zeros = memory(
        OUT,
        PAYLOAD,
        RESULT,
        on=both(POSITIVE, object_is(Object.ZERO)),
        zero_fill=True,
        capture=NEVER,
        what=name,
    )
    signals = memory(
        OUT, PAYLOAD, RESULT, on=both(POSITIVE, object_is(Object.SIGNALFD)), unit=SIGNALFD_SIGINFO, capture=NEVER,
        what="signalfd_siginfo",
    )  # fmt: skip
    seen = memory(OUT, PAYLOAD, RESULT, counted=False)
    return Arg(name, "buffer", (ordinary, zeros, signals, seen))


def written_buffer(name: str = "buf", count: str = "count", otherwise: Expr = _SENT_OTHERWISE) -> Arg:
    """A buffer of which the kernel took as many bytes as the result. /dev/null and O_DIRECT copy none; an
    eventfd copies its 8 bytes also when it then gives EAGAIN (`eventfd_write`, fs/eventfd.c)."""
    ordinary = memory(IN, PAYLOAD, RESULT, on=both(POSITIVE, negate(otherwise)), capture=arg(count), what=name)
    event = memory(
        IN, PAYLOAD, least(arg(count), 8), capture=NEVER, what="u64",
        on=both(object_is(Object.EVENTFD), negate(failed("EBADF", "EINVAL")), more(arg(count), 7)),
    )  # fmt: skip
    return Arg(name, "buffer", (ordinary, event))


CALLS: Final[tuple[Syscall, ...]] = (
    call("read", fd(), read_buffer(), value("count", "size"), returns="size"),
    call("pread64", fd(), read_buffer(), value("count", "size"), value("pos", "loff"), returns="size"),
    call("write", fd(), written_buffer(), value("count", "size"), returns="size"),
    call("pwrite64", fd(), written_buffer(), value("count", "size"), value("pos", "loff"), returns="size"),
    call("lseek", fd(), value("offset", "offset"), constant("whence", "whence"), returns="offset"),
    call(
        "getrandom",
        Arg("buf", "buffer", (memory(OUT, PAYLOAD, RESULT, on=SUCCEEDED, what="buf"),)),
        value("buflen", "size"),
        Arg("flags", "flags:getrandom"),
        returns="size",
    ),
    call("readahead", fd(), value("offset", "loff"), value("count", "size")),
)
