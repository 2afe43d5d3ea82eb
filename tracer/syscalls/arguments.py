"""Words for writing declarations: arguments with the memory they usually lead to."""

from __future__ import annotations

from tracer.syscalls.expression import ALWAYS, RESULT, SUCCEEDED, Expr, Term, least, times
from tracer.syscalls.model import CONTROL, IN, OUT, PATH, PAYLOAD, SEGMENTS, STRING, Arg, Copy, memory
from tracer.syscalls.structures import IOVEC


def value(name: str, reads: str = "int") -> Arg:
    """An argument that is only a value in a register, or a pointer that the call does not follow."""
    return Arg(name, reads)


def values(text: str) -> tuple[Arg, ...]:
    """Several values at once: "fd:fd offset:long whence:const:whence" (name, colon, how it reads)."""
    pairs = [each.split(":", 1) for each in text.split()]
    return tuple([Arg(name, reads) for name, reads in pairs])


def fd(name: str = "fd") -> Arg:
    """A descriptor."""
    return Arg(name, "fd")


def dirfd(name: str = "dirfd") -> Arg:
    """A directory's descriptor, or AT_FDCWD."""
    return Arg(name, "dirfd")


def flags(name: str, table: str) -> Arg:
    """Flags by the names of `table`."""
    return Arg(name, f"flags:{table}")


def constant(name: str, table: str) -> Arg:
    """One constant of `table`."""
    return Arg(name, f"const:{table}")


def path(name: str = "pathname", on: Expr = ALWAYS, given: Expr = ALWAYS) -> Arg:
    """A path, copied in with its NUL."""
    return Arg(name, "path", (memory(IN, CONTROL, 0, shape=PATH, on=on, given=given, what=name),))


def text(name: str, on: Expr = ALWAYS, given: Expr = ALWAYS) -> Arg:
    """Any other string, copied in with its NUL."""
    return Arg(name, "string", (memory(IN, CONTROL, 0, shape=STRING, on=on, given=given, what=name),))


def struct_in(name: str, reads: str, size: Term, on: Expr = ALWAYS, given: Expr = ALWAYS) -> Arg:
    """A structure the kernel reads."""
    return Arg(name, reads, (memory(IN, CONTROL, size, on=on, given=given, what=reads),))


def struct_out(name: str, reads: str, size: Term, on: Expr = SUCCEEDED, given: Expr = ALWAYS) -> Arg:
    """A structure the kernel writes."""
    return Arg(name, reads, (memory(OUT, CONTROL, size, on=on, given=given, what=reads),))


def struct_in_out(name: str, reads: str, size: Term, on: Expr = ALWAYS, out_on: Expr = SUCCEEDED) -> Arg:
    """A structure the kernel reads, then writes."""
    read = memory(IN, CONTROL, size, on=on, what=reads)
    written = memory(OUT, CONTROL, size, on=out_on, what=reads)
    return Arg(name, reads, (read, written))


def filled(name: str, reads: str = "buffer", kind: int = PAYLOAD, given: Expr = ALWAYS) -> Arg:
    """A buffer the kernel fills with as many bytes as the call returns."""
    return Arg(name, reads, (memory(OUT, kind, RESULT, given=given, on=SUCCEEDED, what=name),))


def iovecs(at: Expr, count: Term, on: Expr, what: str = "iovec") -> Copy:
    """The iovec array at `at` (`import_iovec`, lib/iov_iter.c; of a 32-bit program
    `copy_compat_iovec_from_user`)."""
    return memory(IN, CONTROL, times(IOVEC, count), at=at, on=on, what=what)


def segments(at: Expr, count: Term, way: int, *, on: Expr = ALWAYS, capture: Expr | None = None) -> Copy:
    """The payload in the segments of the iovec array at `at`: as many bytes as the call returns."""
    return memory(
        way, PAYLOAD, RESULT, at=at, entries=count, shape=SEGMENTS, on=on, capture=capture, what="iov"
    )  # fmt: skip


def data_in(name: str, size: Term, on: Expr = ALWAYS, given: Expr = ALWAYS, kind: int = PAYLOAD) -> Arg:
    """Bytes without a structure that the kernel reads."""
    return Arg(name, "buffer", (memory(IN, kind, size, on=on, given=given, what=name),))


def versioned_in(name: str, reads: str, size: Term, largest: int, on: Expr = ALWAYS) -> Arg:
    """A structure that grew over the years: `size` says which version the program has, and no more than the
    `largest` one the kernel knows is copied (`copy_struct_from_user`, lib/usercopy.c)."""
    return struct_in(name, reads, least(size, largest), on=on)
