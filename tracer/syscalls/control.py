"""fcntl, ioctl and prctl: what moves depends on the command."""

from __future__ import annotations

from typing import Final

from tracer.syscalls.arguments import fd, value
from tracer.syscalls.expression import (
    SUCCEEDED,
    Expr,
    among,
    arg,
    bits,
    both,
    either,
    failed,
    int_arg,
    negate,
    unless,
)
from tracer.syscalls.model import CONTROL, IN, OUT, STRING, Arg, Copy, Syscall, call, memory
from tracer.syscalls.structures import F_OWNER_EX, FLOCK, TERMIOS, WINSIZE

FCNTL_LOCKS: Final = (5, 6, 7, 36, 37, 38)
"""F_GETLK, F_SETLK, F_SETLKW and their open-file-description twins."""
FCNTL_GET_LOCKS: Final = (5, 36)
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


_REQUEST: Final = bits(arg("cmd"), 0xFFFFFFFF)


def _only(size: int, way: int, on: Expr, what: str, *commands: int) -> Copy:
    return memory(way, CONTROL, size, given=among(_CMD, *commands), on=on, what=what)


def _fcntl() -> Syscall:
    looked_up = unless("EBADF")
    copies = (
        _only(FLOCK, IN, looked_up, "flock", *FCNTL_LOCKS),
        _only(FLOCK, OUT, SUCCEEDED, "flock", *FCNTL_GET_LOCKS),
        _only(F_OWNER_EX, IN, looked_up, "f_owner_ex", FCNTL_SET_OWNER),
        _only(F_OWNER_EX, OUT, SUCCEEDED, "f_owner_ex", FCNTL_GET_OWNER),
    )
    known = (*FCNTL_LOCKS, FCNTL_SET_OWNER, FCNTL_GET_OWNER, *FCNTL_NUMBERS)
    unknown = both(negate(among(_CMD, *known)), unless("EBADF"))
    return call(
        "fcntl",
        fd(),
        Arg("cmd", "const:fcntl"),
        Arg("arg", "fcntl", copies),
        returns="fcntl",
        unknown=unknown,
    )


_TERMINAL_OUT: Final = {0x5401: TERMIOS, 0x802C542A: 44, 0x5413: WINSIZE, 0x540F: 4, 0x5429: 4, 0x80045430: 4}
"""TCGETS, TCGETS2, TIOCGWINSZ, TIOCGPGRP, TIOCGSID, TIOCGPTN (ioctl_tty(2))."""
_TERMINAL_IN: Final = {
    0x5402: TERMIOS, 0x5403: TERMIOS, 0x5404: TERMIOS, 0x402C542B: 44, 0x402C542C: 44, 0x402C542D: 44,
    0x5414: WINSIZE, 0x5410: 4, 0x40045431: 4,
}  # fmt: skip
"""TCSETS, TCSETSW, TCSETSF, their "2" forms, TIOCSWINSZ, TIOCSPGRP, TIOCSPTLCK."""
_OTHER_OUT: Final = {0x541B: 4, 0x5411: 4, 0x80081272: 8}
"""FIONREAD (also SIOCINQ), TIOCOUTQ, BLKGETSIZE64."""
_OTHER_IN: Final = {0x5421: 4, 0x5452: 4}
"""FIONBIO, FIOASYNC: copied once the descriptor was looked up."""
_NOTHING: Final = (0x5450, 0x5451, 0x540E, 0x5422, 0x540B, 0x5409, 0x540A, 0x40049409, 0x5441)
"""FIONCLEX, FIOCLEX, TIOCSCTTY, TIOCNOTTY, TCFLSH, TCSBRK, TCXONC, FICLONE, TIOCGPTPEER."""


def _of_size(table: dict[int, int], size: int, way: int, on: Expr) -> Copy:
    requests = [request for request, each in table.items() if each == size]
    return memory(way, CONTROL, size, given=among(_REQUEST, *requests), on=on, what="ioctl argument")


def _sized(table: dict[int, int], way: int, on: Expr) -> tuple[Copy, ...]:
    sizes = sorted(set(table.values()))
    return tuple(_of_size(table, size, way, on) for size in sizes)


def _ioctl() -> Syscall:
    copies = (
        *_sized(_TERMINAL_OUT, OUT, SUCCEEDED),
        *_sized(_TERMINAL_IN, IN, SUCCEEDED),
        *_sized(_OTHER_OUT, OUT, SUCCEEDED),
        *_sized(_OTHER_IN, IN, unless("EBADF")),
    )
    known = (*_TERMINAL_OUT, *_TERMINAL_IN, *_OTHER_OUT, *_OTHER_IN, *_NOTHING)
    # A terminal's settings may have been copied before it was found that they cannot be set.
    unsure = both(among(_REQUEST, *_TERMINAL_IN), negate(either(SUCCEEDED, failed("ENOTTY"))))
    unknown = both(unless("EBADF"), either(negate(among(_REQUEST, *known)), unsure))
    return call("ioctl", fd(), Arg("cmd", "ioctl_command"), Arg("arg", "ioctl", copies), unknown=unknown)


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
    got = memory(OUT, CONTROL, 8, given=among(code, 0x1003, 0x1004), on=SUCCEEDED, what="base")
    known = (0x1001, 0x1002, 0x1003, 0x1004, 0x3001, 0x5001, 0x5002, 0x5003)
    unknown = both(SUCCEEDED, negate(among(code, *known)))
    return call("arch_prctl", Arg("code", "const:arch_prctl"), Arg("addr", "address", (got,)), unknown=unknown)


CALLS: Final[tuple[Syscall, ...]] = (_fcntl(), _ioctl(), _prctl(), _arch_prctl())
