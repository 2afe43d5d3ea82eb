"""The argument of fcntl, ioctl and prctl: what it is depends on the command beside it."""

from __future__ import annotations

from typing import Final

from tracer.decode.buffers import numbers
from tracer.decode.constants_files import FLAGS, IOCTL
from tracer.decode.constants_process import PRCTL, signal_name
from tracer.decode.constants_system import CAPABILITIES
from tracer.decode.flags import constant_text, flags_text
from tracer.decode.look import Look, Reader, structure
from tracer.decode.text import Unread, quote_name

_LOCK_TYPES: Final = {0: "F_RDLCK", 1: "F_WRLCK", 2: "F_UNLCK"}
_WITHOUT_ARGUMENT: Final = frozenset({1, 3, 9, 11, 1025, 1032, 1034})
"""fcntl commands that take nothing: F_GETFD, F_GETFL, F_GETOWN, F_GETSIG, F_GETLEASE, F_GETPIPE_SZ, F_GET_SEALS."""


def _lock(with_pid: bool) -> Reader:
    """struct flock; l_pid is an answer of F_GETLK only (fcntl_locking(2))."""

    def write(kind: int, whence: int, start: int, length: int, pid: int) -> str:
        names = _LOCK_TYPES.get(kind, kind), _WHENCE.get(whence, whence)
        text = f"{{l_type={names[0]}, l_whence={names[1]}, l_start={start}, l_len={length}"
        return text + (f", l_pid={pid}}}" if with_pid else "}")

    return structure("<hhxxxxqqixxxx", write)


_WHENCE: Final = {0: "SEEK_SET", 1: "SEEK_CUR", 2: "SEEK_END"}
_GET_LOCK, _SET_LOCK = _lock(with_pid=True), _lock(with_pid=False)
_OWNER: Final = structure("<ii", lambda kind, pid: f"{{type={kind}, pid={pid}}}")


def _fcntl(look: Look) -> str:
    command = look.sibling("cmd") & 0xFFFFFFFF
    if command in _WITHOUT_ARGUMENT:
        return ""
    if command in (5, 36):
        return _GET_LOCK(look)
    if command in (6, 7, 37, 38):
        return _SET_LOCK(look)
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
    if name in ("FICLONE", "TIOCGPTPEER", "TIOCSCTTY", "TCSBRK", "TCFLSH", "TCXONC"):
        return str(look.c_int)
    return f"{look.value:#x}"


def _prctl(look: Look) -> str:
    option = look.sibling("option") & 0xFFFFFFFF
    if _PRCTL_ARGUMENTS.get(option) == 0:
        return ""
    data = look.latest()
    if option in (15, 16) and not isinstance(data, Unread):
        return quote_name(data.split(b"\0", 1)[0])
    if option in (2, 37):
        return _INT(look)
    if option in (23, 24) or (option == 47 and look.place == 2):
        return constant_text(look.c_int, CAPABILITIES)
    return signal_name(look.c_int) if option == 1 else f"{look.value:#x}"


_PRCTL_ARGUMENTS: Final = {3: 0, 7: 0, 13: 0, 21: 0, 27: 0, 30: 0, 39: 4, 38: 4, 42: 0, 47: 4, 0x53564D41: 4, 35: 4}
"""Options by how many arguments after them mean something, where it is not one (prctl(2))."""


def _prctl_rest(look: Look) -> str:
    option = look.sibling("option") & 0xFFFFFFFF
    if look.place > _PRCTL_ARGUMENTS.get(option, 1 if option in PRCTL else 4):
        return ""
    if option == 47 and look.place == 2:
        return constant_text(look.c_int, CAPABILITIES)
    return f"{look.value:#x}" if look.value else "0"


COMMANDS: Final[dict[str, Reader]] = {"fcntl": _fcntl, "ioctl": _ioctl, "prctl": _prctl, "prctl_rest": _prctl_rest}
