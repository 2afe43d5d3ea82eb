"""io_uring: requests and completions live in shared memory, so entering the kernel copies only its arguments.

What the requests themselves copy is decided by entries of the rings, which capture reads and
`tracer.account.rings` counts; a call of which the submitted entries could not be read is marked as copying more
than is counted.
"""

from __future__ import annotations

from typing import Final

from tracer.syscalls.arguments import constant, fd, flags, struct_in_out, value, values
from tracer.syscalls.expression import (
    ENTRY,
    RESULT,
    SUCCEEDED,
    Expr,
    arg,
    bits,
    both,
    int_arg,
    load,
    more,
    negate,
    pieces_of,
    same,
    times,
    unless,
)
from tracer.syscalls.model import CONTROL, IN, Arg, Syscall, call, memory
from tracer.syscalls.structures import IO_URING_GETEVENTS_ARG, IO_URING_PARAMS, IOVEC, SIGSET, TIMESPEC

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
            IN, CONTROL, TIMESPEC, at=timeout, given=inside, on=looked_at,
            what="timespec",
        ),
        memory(IN, CONTROL, SIGSET, given=both(_WAITS, negate(_EXTENDED)), on=looked_at, what="sigset"),
    )  # fmt: skip
    return call(
        "io_uring_enter", fd(), *values("to_submit:submitted min_complete:uint"), flags("flags", "uring_enter"),
        Arg("arg", "uring_arg", copies), value("argsz", "size"), unknown=more(RESULT, pieces_of(_SUBMISSION)),
    )  # fmt: skip


def _register() -> Syscall:
    opcode = int_arg("opcode")
    buffers = memory(
        IN,
        CONTROL,
        times(IOVEC, int_arg("nr_args")),
        given=same(opcode, 0),
        on=SUCCEEDED,
        unit=IOVEC,
        what="iovec",
    )
    files = memory(
        IN, CONTROL, times(4, int_arg("nr_args")), given=same(opcode, 2), on=SUCCEEDED, unit=4, what="fd"
    )
    known = both(SUCCEEDED, Expr("among", (opcode, 0, 1, 2, 3)))
    return call(
        "io_uring_register", fd(), constant("opcode", "uring_register"), Arg("arg", "address", (buffers, files)),
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
