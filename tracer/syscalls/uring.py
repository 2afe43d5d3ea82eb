"""io_uring: requests and completions live in shared memory, so entering the kernel copies only its arguments.

What the requests themselves copy is decided by entries of the rings, which capture reads and
`tracer.account.rings` counts; a call of which the submitted entries could not be read is marked as copying more
than is counted.
"""

from __future__ import annotations

from typing import Final

from tracer.syscalls.arguments import fd, flags, struct_in_out, value, values
from tracer.syscalls.expression import (
    ALWAYS,
    ENTRY,
    NEVER,
    RESULT,
    SUCCEEDED,
    Expr,
    Term,
    among,
    arg,
    bits,
    both,
    int_arg,
    least,
    load,
    more,
    negate,
    pieces_of,
    plus,
    same,
    times,
    unless,
)
from tracer.syscalls.model import CONTROL, IN, OUT, Arg, Copy, Syscall, call, memory
from tracer.syscalls.structures import IO_URING_GETEVENTS_ARG, IO_URING_PARAMS, IOVEC, SIGSET, TIMESPEC64

EXT_ARG: Final = 8
"""IORING_ENTER_EXT_ARG: the fifth argument is a struct io_uring_getevents_arg (io_uring_enter(2))."""
_EXTENDED: Final = negate(negate(bits(arg("flags"), EXT_ARG)))
_WAITS: Final = negate(negate(bits(arg("flags"), 1)))
"""IORING_ENTER_GETEVENTS: only then is the fifth argument looked at."""


_SUBMISSION: Final = 254
"""`tracer.wire.RING_SUBMISSION`."""


def _enter() -> Syscall:
    mask = load(ENTRY, "arg", arg("arg"), 0, 8)
    timeout = load(ENTRY, "arg", arg("arg"), 16, 8)
    given = both(_WAITS, _EXTENDED)
    inside = both(given, negate(same(arg("arg"), 0)))
    looked_at = unless("EBADF", "EOPNOTSUPP", "ENXIO", "EBADFD", "EINVAL", "EBUSY")
    copies = (
        memory(IN, CONTROL, IO_URING_GETEVENTS_ARG, given=given, on=looked_at, what="io_uring_getevents_arg"),
        memory(IN, CONTROL, SIGSET, at=mask, given=inside, on=looked_at, what="sigset"),
        memory(
            IN, CONTROL, TIMESPEC64, at=timeout, given=inside, on=looked_at,
            what="timespec",
        ),
        memory(IN, CONTROL, SIGSET, given=both(_WAITS, negate(_EXTENDED)), on=looked_at, what="sigset"),
    )  # fmt: skip
    return call(
        "io_uring_enter", fd(), *values("to_submit:submitted min_complete:uint"), flags("flags", "uring_enter"),
        Arg("arg", "uring_arg", copies), value("argsz", "size"), unknown=more(RESULT, pieces_of(_SUBMISSION)),
    )  # fmt: skip


RESOURCES: Final = 32
"""struct io_uring_rsrc_register and struct io_uring_rsrc_update2."""
PAGE: Final = 4096
"""A structure larger than that is refused (`io_register_rsrc`, io_uring/rsrc.c)."""
LARGEST_PROBE: Final = 256
"""Operations that can be asked about."""
_OPERATION: Final = bits(arg("opcode"), 0x7FFFFFFF)
"""Without IORING_REGISTER_USE_REGISTERED_RING, which says what the descriptor is."""
_COUNT: Final = bits(arg("nr_args"), 0xFFFFFFFF)


def _seen(size: Term, *operations: int, at: Expr = NEVER, way: int = IN) -> Copy:
    """Memory that `operations` read or write: kept for decoding, but which part is copied is not told here."""
    return memory(
        way, CONTROL, size, at=at, given=among(_OPERATION, *operations), on=SUCCEEDED if way == OUT else ALWAYS,
        counted=False,
    )  # fmt: skip


def _resources() -> tuple[Copy, ...]:
    """Structures that lead to two arrays, the resources and a tag for each."""

    def field(offset: int, width: int = 8) -> Expr:
        return load(ENTRY, "arg", arg("arg"), offset, width)

    registered, updated = field(0, 4), field(24, 4)
    return (
        _seen(least(_COUNT, PAGE), 13, 14, 15, 16),
        _seen(times(4, registered), 13, at=field(16)),
        _seen(times(IOVEC, registered), 15, at=field(16)),
        _seen(times(8, registered), 13, 15, at=field(24)),
        _seen(times(4, updated), 14, at=field(8)),
        _seen(times(IOVEC, updated), 16, at=field(8)),
        _seen(times(8, updated), 14, 16, at=field(16)),
    )


def _others() -> tuple[Copy, ...]:
    probe = plus(16, times(8, least(_COUNT, LARGEST_PROBE)))
    return (
        _seen(times(4, _COUNT), 4, 7, 19),
        _seen(times(4, _COUNT), 19, way=OUT),
        _seen(16, 6),
        _seen(times(4, _COUNT), 6, at=load(ENTRY, "arg", arg("arg"), 8, 8)),
        _seen(probe, 8),
        _seen(probe, 8, way=OUT),
        _seen(times(16, _COUNT), 11, 20, 21),
        _seen(_COUNT, 17),
        _seen(40, 22, 23),
    )


def _register() -> Syscall:
    buffers = memory(
        IN,
        CONTROL,
        times(IOVEC, int_arg("nr_args")),
        given=same(_OPERATION, 0),
        on=SUCCEEDED,
        unit_of="iovec",
        what="iovec",
    )
    files = memory(
        IN, CONTROL, times(4, int_arg("nr_args")), given=same(_OPERATION, 2), on=SUCCEEDED, unit=4, what="fd"
    )
    known = both(SUCCEEDED, among(_OPERATION, 0, 1, 2, 3))
    return call(
        "io_uring_register", fd(), value("opcode", "uring_opcode"),
        Arg("arg", "uring_register", (buffers, files, *_resources(), *_others())),
        value("nr_args", "uint"), unknown=negate(known),
    )  # fmt: skip


CALLS: Final[tuple[Syscall, ...]] = (
    call(
        "io_uring_setup",
        value("entries", "uint"),
        struct_in_out("p", "uring_params", IO_URING_PARAMS),
        returns="fd",
    ),
    _enter(),
    _register(),
)
