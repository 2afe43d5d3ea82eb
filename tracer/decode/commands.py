"""The argument of fcntl, ioctl and prctl: what it is depends on the command beside it."""

from __future__ import annotations

from typing import Final

from tracer.decode.buffers import numbers
from tracer.decode.constants_files import FLAGS, IOCTL
from tracer.decode.constants_process import signal_name
from tracer.decode.flags import flags_text
from tracer.decode.look import Look, Reader, structure
from tracer.decode.text import Unread, quote_name

_LOCK_TYPES: Final = {0: "F_RDLCK", 1: "F_WRLCK", 2: "F_UNLCK"}
_WITHOUT_ARGUMENT: Final = frozenset({1, 3, 9, 11, 1025, 1032, 1034})
"""fcntl commands that take nothing: F_GETFD, F_GETFL, F_GETOWN, F_GETSIG, F_GETLEASE, F_GETPIPE_SZ, F_GET_SEALS."""
_FLOCK: Final = structure(
    "<hhxxxxqqixxxx", lambda kind, whence, start, length, pid: (
        f"{{l_type={_LOCK_TYPES.get(kind, kind)}, l_whence={whence}, l_start={start}, l_len={length}, l_pid={pid}}}"
    ),
)  # fmt: skip
_OWNER: Final = structure("<ii", lambda kind, pid: f"{{type={kind}, pid={pid}}}")


def _fcntl(look: Look) -> str:
    command = look.sibling("cmd") & 0xFFFFFFFF
    if command in _WITHOUT_ARGUMENT:
        return ""
    if command in (5, 6, 7, 36, 37, 38):
        return _FLOCK(look)
    if command in (15, 16):
        return _OWNER(look)
    if command == 4:
        return flags_text(look.value & 0xFFFFFFFF, FLAGS["open"])
    if command == 2:
        return "FD_CLOEXEC" if look.value & 1 else "0"
    if command == 10:
        return signal_name(look.c_int)
    return str(look.c_int) if command in (0, 8, 1030, 1031) else f"{look.value:#x}"


_WINSIZE: Final = structure(
    "<4H", lambda rows, columns, width, height: (
        f"{{ws_row={rows}, ws_col={columns}, ws_xpixel={width}, ws_ypixel={height}}}"
    ),
)  # fmt: skip
_INT: Final = numbers(4)


def _ioctl(look: Look) -> str:
    name = IOCTL.get(look.sibling("cmd") & 0xFFFFFFFF, "")
    if name in ("FIONREAD", "FIONBIO", "FIOASYNC", "TIOCOUTQ", "TIOCGPGRP", "TIOCSPGRP", "TIOCGSID", "TIOCGPTN"):
        return _INT(look)
    if name in ("TIOCGWINSZ", "TIOCSWINSZ"):
        return _WINSIZE(look)
    if name in ("FIOCLEX", "FIONCLEX", "TIOCNOTTY"):
        return ""
    return f"{look.value:#x}"


def _prctl(look: Look) -> str:
    option = look.sibling("option") & 0xFFFFFFFF
    data = look.latest()
    if option in (15, 16) and not isinstance(data, Unread):
        return quote_name(data.split(b"\0", 1)[0])
    if option in (2, 37):
        return _INT(look)
    return signal_name(look.c_int) if option == 1 else f"{look.value:#x}"


COMMANDS: Final[dict[str, Reader]] = {"fcntl": _fcntl, "ioctl": _ioctl, "prctl": _prctl}
