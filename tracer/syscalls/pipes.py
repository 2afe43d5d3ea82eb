"""Pipes, and calls that move data without bringing it to user space: only their offsets cross the boundary."""

from __future__ import annotations

from typing import Final

from tracer.syscalls.arguments import fd, flags, iovecs, segments, value
from tracer.syscalls.expression import (
    ALWAYS,
    NEVER,
    POSITIVE,
    SUCCEEDED,
    Expr,
    Term,
    arg,
    became,
    both,
    either,
    failed,
    given,
    more,
    negate,
    object_is,
    unless,
)
from tracer.syscalls.model import CONTROL, IN, OUT, Arg, Syscall, call, link_to, memory
from tracer.syscalls.objects import Object
from tracer.syscalls.structures import UIO_MAXIOV, WORD

_DESCRIPTORS_FIRST: Final = unless("EBADF")


def _offset(name: str, read_on: Expr, written_on: Expr, size: Term = 8, reads: str = "offset*") -> Arg:
    read = memory(IN, CONTROL, size, on=read_on, what=f"*{name}")
    written = memory(OUT, CONTROL, size, on=written_on, what=f"*{name}")
    return Arg(name, reads, (read, written))


def sendfile(name: str, size: Term, reads: str) -> Syscall:
    """The offset is copied before the descriptors are looked up, and written back also when the call fails
    (SYSCALL_DEFINE4(sendfile64), fs/read_write.c); it has `size` bytes."""
    offset = _offset("offset", ALWAYS, ALWAYS, size, reads)
    return call(name, fd("out_fd"), fd("in_fd"), offset, value("count", "size"), returns="size")


_ENDS: Final = Arg("pipefd", "fds", (
    memory(OUT, CONTROL, 8, on=SUCCEEDED, what="fds"),
    link_to(became("pipefd", 0)), link_to(became("pipefd", 4)),
))  # fmt: skip
_LENGTH: Final = given("len")
"""splice of no bytes returns before it looks at anything (SYSCALL_DEFINE6(splice), fs/splice.c)."""

CALLS: Final[tuple[Syscall, ...]] = (
    call("pipe", _ENDS),
    call("pipe2", _ENDS, flags("flags", "descriptor")),
    sendfile("sendfile", WORD, "off_t*"),
    call(
        "splice",
        fd("fd_in"),
        _offset("off_in", both(_LENGTH, unless("EBADF", "ESPIPE", "EINVAL")), both(_LENGTH, SUCCEEDED)),
        fd("fd_out"),
        _offset("off_out", both(_LENGTH, unless("EBADF", "ESPIPE", "EINVAL")), both(_LENGTH, SUCCEEDED)),
        value("len", "size"),
        flags("flags", "splice"),
        returns="size",
        unknown=both(either(given("off_in"), given("off_out")), failed("EINVAL")),
    ),
    call("tee", fd("fd_in"), fd("fd_out"), value("len", "size"), flags("flags", "splice"), returns="size"),
    # Whether the program gives or gets is decided by which end of the pipe it holds (`do_vmsplice`). EBADF is a
    # descriptor that is not open, found before the array is copied, or one that is no pipe, found after.
    call(
        "vmsplice",
        fd(),
        Arg("iov", "iovec:in", (
            iovecs(arg("iov"), arg("nr_segs"), both(unless("EBADF"), negate(more(arg("nr_segs"), UIO_MAXIOV)))),
            segments(arg("iov"), arg("nr_segs"), IN)._replace(counted=False),
            segments(
                arg("iov"), arg("nr_segs"), OUT, on=both(POSITIVE, object_is(Object.PIPE_READ)), capture=NEVER
            ),
        )),
        value("nr_segs", "size"),
        flags("flags", "splice"),
        returns="size",
        unknown=either(
            both(POSITIVE, negate(object_is(Object.PIPE_READ, Object.PIPE_WRITE))),
            both(given("nr_segs"), failed("EBADF")),
        ),
    ),
    call(
        "copy_file_range",
        fd("fd_in"),
        _offset("off_in", _DESCRIPTORS_FIRST, POSITIVE),
        fd("fd_out"),
        _offset("off_out", _DESCRIPTORS_FIRST, POSITIVE),
        value("len", "size"),
        value("flags", "hex"),
        returns="size",
    ),
)  # fmt: skip
