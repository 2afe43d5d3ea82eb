"""readv, writev and relatives: the array of iovecs is control, its segments are payload.

The array is copied even at end of file and on EAGAIN; EBADF and ESPIPE are found before it, and more than
UIO_MAXIOV entries give EINVAL without looking at it (`import_iovec`, lib/iov_iter.c).
"""

from __future__ import annotations

from typing import Final

from tracer.syscalls.arguments import fd, flags, iovecs, segments, value
from tracer.syscalls.expression import (
    NEVER,
    POSITIVE,
    SUCCEEDED,
    Expr,
    among,
    arg,
    both,
    either,
    failed,
    more,
    negate,
    object_is,
    unless,
)
from tracer.syscalls.model import IN, OUT, Arg, Syscall, call
from tracer.syscalls.objects import Object
from tracer.syscalls.structures import UIO_MAXIOV

_FEW_ENOUGH: Final = negate(more(arg("iovcnt"), UIO_MAXIOV))
_ARRAY_READ: Final = both(unless("EBADF", "ESPIPE"), _FEW_ENOUGH)
_NOT_COPIED: Final = object_is(Object.ZERO, Object.DIRECT)
_TAKEN_UNCOPIED: Final = object_is(Object.NULL, Object.ZERO, Object.DIRECT)


_ZEROS: Final = segments(
    arg("iov"), arg("iovcnt"), OUT, on=both(POSITIVE, object_is(Object.ZERO)), capture=NEVER
)._replace(zero_fill=True)
"""/dev/zero fills the segments; nothing is copied from anywhere."""


def _iov(way: int, otherwise: Expr, read: Expr = _ARRAY_READ) -> Arg:
    payload = segments(arg("iov"), arg("iovcnt"), way, on=both(POSITIVE, negate(otherwise)))
    return Arg(
        "iov",
        f"iovec:{'in' if way == IN else 'out'}",
        (iovecs(arg("iov"), arg("iovcnt"), read), payload, *((_ZEROS,) if way == OUT else ())),
    )


def _before_start(*real: int) -> Expr:
    """A negative position: EINVAL before anything else, unless it has a meaning of its own (`do_preadv`)."""
    return both(failed("EINVAL"), more(0, arg("pos")), negate(among(arg("pos"), *real)))


def _both_ways(read: Expr = _ARRAY_READ) -> tuple[tuple[Arg, ...], tuple[Arg, ...]]:
    count = value("iovcnt", "size")
    return (fd(), _iov(OUT, _NOT_COPIED, read), count), (fd(), _iov(IN, _TAKEN_UNCOPIED, read), count)


_READ, _WRITE = _both_ways()
_READ_AT, _WRITE_AT = _both_ways(both(_ARRAY_READ, negate(_before_start())))
_READ_2, _WRITE_2 = _both_ways(both(_ARRAY_READ, negate(_before_start(-1))))
"""The position -1 means that of the file (preadv2(2))."""
_AT: Final = (value("pos", "split_offset"), value("pos_h", "nothing"))
"""A machine with words of 64 bits has the whole position in the first (`pos_from_hilo`, fs/read_write.c)."""


def _process_vm(name: str, way: int) -> Syscall:
    """Both arrays are copied before the process is looked for (mm/process_vm_access.c); only the caller's own
    segments cross its boundary, the other process's pages are pinned."""
    read = either(SUCCEEDED, failed("ESRCH", "EPERM"))
    return call(
        name,
        value("pid", "pid"),
        Arg("local_iov", "iovec:" + ("in" if way == IN else "out"), (
            iovecs(arg("local_iov"), arg("liovcnt"), read),
            segments(arg("local_iov"), arg("liovcnt"), way, on=POSITIVE),
        )),
        value("liovcnt", "size"),
        Arg("remote_iov", "iovec:none", (iovecs(arg("remote_iov"), arg("riovcnt"), read),)),
        value("riovcnt", "size"),
        value("flags", "hex"),
        returns="size",
        unknown=negate(read),
    )  # fmt: skip


_WHOLE: Final = (value("pos", "loff"),)
OF_X32: Final = (
    call("preadv", *_READ_AT, *_WHOLE, returns="size"),
    call("pwritev", *_WRITE_AT, *_WHOLE, returns="size"),
    call("preadv2", *_READ_2, *_WHOLE, flags("flags", "rwf"), returns="size"),
    call("pwritev2", *_WRITE_2, *_WHOLE, flags("flags", "rwf"), returns="size"),
)
"""x32 has the position in one register (`compat_sys_preadv64v2`, fs/read_write.c)."""

CALLS: Final[tuple[Syscall, ...]] = (
    call("readv", *_READ, returns="size"),
    call("writev", *_WRITE, returns="size"),
    call("preadv", *_READ_AT, *_AT, returns="size"),
    call("pwritev", *_WRITE_AT, *_AT, returns="size"),
    call("preadv2", *_READ_2, *_AT, flags("flags", "rwf"), returns="size"),
    call("pwritev2", *_WRITE_2, *_AT, flags("flags", "rwf"), returns="size"),
    _process_vm("process_vm_readv", OUT),
    _process_vm("process_vm_writev", IN),
)
