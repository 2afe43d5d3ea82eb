"""fcntl, ioctl and prctl: what moves depends on the command."""

from __future__ import annotations

from typing import Final

from tracer.syscalls.arguments import fd, value
from tracer.syscalls.expression import (
    SUCCEEDED,
    WORDS_ARE_SHORT,
    Expr,
    Term,
    among,
    both,
    either,
    int_arg,
    negate,
    size_of,
    unless,
)
from tracer.syscalls.ioctl import ioctl
from tracer.syscalls.model import CONTROL, IN, OUT, STRING, Arg, Copy, Syscall, call, memory
from tracer.syscalls.structures import F_OWNER_EX, WORD

FCNTL_LOCKS: Final = (5, 6, 7)
"""F_GETLK, F_SETLK, F_SETLKW."""
FCNTL_FILE_LOCKS: Final = (36, 37, 38)
"""Their open-file-description twins, which have 64-bit offsets everywhere."""
FCNTL_LONG_LOCKS: Final = (12, 13, 14)
"""F_GETLK64 and its relatives: commands of machines with 32-bit words only."""
FCNTL_GET_LOCKS: Final = (5,)
FCNTL_SET_OWNER: Final = 15
FCNTL_GET_OWNER: Final = 16
FCNTL_NUMBERS: Final = (
    0,
    1,
    2,
    3,
    4,
    8,
    9,
    10,
    11,
    1024,
    1025,
    1026,
    1027,
    1028,
    1030,
    1031,
    1032,
    1033,
    1034,
)
"""Commands whose argument is a number or nothing: F_DUPFD ... F_GETSIG, leases, pipe sizes, seals."""

_CMD: Final = int_arg("cmd")


def _only(size: Term, way: int, on: Expr, what: str, *commands: int) -> Copy:
    return memory(way, CONTROL, size, given=among(_CMD, *commands), on=on, what=what)


def _long_lock(way: int, on: Expr, *commands: int) -> Copy:
    given = both(WORDS_ARE_SHORT, among(_CMD, *commands))
    return memory(way, CONTROL, size_of("flock64"), given=given, on=on, what="flock64")


def _fcntl() -> Syscall:
    looked_up = unless("EBADF")
    copies = (
        _only(size_of("flock"), IN, looked_up, "flock", *FCNTL_LOCKS),
        _only(size_of("flock"), OUT, SUCCEEDED, "flock", *FCNTL_GET_LOCKS),
        _only(size_of("flock64"), IN, looked_up, "flock64", *FCNTL_FILE_LOCKS),
        _only(size_of("flock64"), OUT, SUCCEEDED, "flock64", FCNTL_FILE_LOCKS[0]),
        _long_lock(IN, looked_up, *FCNTL_LONG_LOCKS),
        _long_lock(OUT, SUCCEEDED, FCNTL_LONG_LOCKS[0]),
        _only(F_OWNER_EX, IN, looked_up, "f_owner_ex", FCNTL_SET_OWNER),
        _only(F_OWNER_EX, OUT, SUCCEEDED, "f_owner_ex", FCNTL_GET_OWNER),
    )
    known = either(
        among(_CMD, *FCNTL_LOCKS, *FCNTL_FILE_LOCKS, FCNTL_SET_OWNER, FCNTL_GET_OWNER, *FCNTL_NUMBERS),
        both(WORDS_ARE_SHORT, among(_CMD, *FCNTL_LONG_LOCKS)),
    )
    unknown = both(negate(known), unless("EBADF"))
    return call(
        "fcntl",
        fd(),
        Arg("cmd", "fcntl_command"),
        Arg("arg", "fcntl", copies),
        returns="fcntl",
        unknown=unknown,
    )


_PRCTL_NUMBERS: Final = (
    1,
    3,
    4,
    7,
    8,
    14,
    21,
    22,
    23,
    24,
    27,
    28,
    29,
    30,
    33,
    34,
    36,
    38,
    39,
    41,
    42,
    43,
    44,
    46,
)
"""Options without memory: PR_SET_PDEATHSIG, dumpable, keepcaps, capability bounds, timer slack, ... (prctl(2))."""


def _prctl() -> Syscall:
    option = int_arg("option")
    copies = (
        memory(IN, CONTROL, 15, shape=STRING, given=among(option, 15), what="name"),
        memory(OUT, CONTROL, 16, given=among(option, 16), on=SUCCEEDED, what="name"),
        memory(OUT, CONTROL, 4, given=among(option, 2, 37), on=SUCCEEDED, what="int"),
    )
    unknown = negate(among(option, 2, 15, 16, 37, *_PRCTL_NUMBERS))
    rest = (value("arg3", "prctl_rest"), value("arg4", "prctl_rest"), value("arg5", "prctl_rest"))
    return call("prctl", Arg("option", "const:prctl"), Arg("arg2", "prctl", copies), *rest, unknown=unknown)


def _arch_prctl() -> Syscall:
    """ARCH_GET_FS and ARCH_GET_GS write the base; the setters and the shadow-stack controls copy nothing."""
    code = int_arg("code")
    got = memory(OUT, CONTROL, WORD, given=among(code, 0x1003, 0x1004), on=SUCCEEDED, what="base")
    known = (0x1001, 0x1002, 0x1003, 0x1004, 0x3001, 0x5001, 0x5002, 0x5003)
    unknown = both(SUCCEEDED, negate(among(code, *known)))
    return call("arch_prctl", Arg("code", "const:arch_prctl"), Arg("addr", "address", (got,)), unknown=unknown)


CALLS: Final[tuple[Syscall, ...]] = (_fcntl(), ioctl(), _prctl(), _arch_prctl())
