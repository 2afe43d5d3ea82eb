"""The argument of fcntl and prctl: what it is depends on the command beside it."""

from __future__ import annotations

from typing import Final

from tracer.decode.buffers import numbers
from tracer.decode.constants_files import CONSTANTS, FLAGS, open_flags
from tracer.decode.constants_process import PRCTL, signal_name
from tracer.decode.constants_system import CAPABILITIES
from tracer.decode.flags import constant_text, flags_text
from tracer.decode.look import Look, Reader, laid_out, structure
from tracer.decode.text import Unread, quote_name

_LOCK_TYPES: Final = {0: "F_RDLCK", 1: "F_WRLCK", 2: "F_UNLCK"}
_WITHOUT_ARGUMENT: Final = frozenset({1, 3, 9, 11, 1025, 1032, 1034})
"""fcntl commands that take nothing: F_GETFD, F_GETFL, F_GETOWN, F_GETSIG, F_GETLEASE, F_GETPIPE_SZ, F_GET_SEALS."""


def _lock(name: str, with_pid: bool) -> Reader:
    """struct flock; l_pid is an answer of F_GETLK only (fcntl_locking(2))."""

    def write(kind: int, whence: int, start: int, length: int, pid: int) -> str:
        names = _LOCK_TYPES.get(kind, kind), _WHENCE.get(whence, whence)
        text = f"{{l_type={names[0]}, l_whence={names[1]}, l_start={start}, l_len={length}"
        return text + (f", l_pid={pid}}}" if with_pid else "}")

    return laid_out(name, write)


_WHENCE: Final = {0: "SEEK_SET", 1: "SEEK_CUR", 2: "SEEK_END"}
_GET_LOCK, _SET_LOCK = (_lock("flock", with_pid) for with_pid in (True, False))
_GET_LOCK64, _SET_LOCK64 = (_lock("flock64", with_pid) for with_pid in (True, False))
_OWNERS: Final = {0: "F_OWNER_TID", 1: "F_OWNER_PID", 2: "F_OWNER_PGRP"}
_OWNER: Final = structure("<ii", lambda kind, pid: f"{{type={_OWNERS.get(kind, kind)}, pid={pid}}}")
_F_SETLEASE, _F_NOTIFY, _F_ADD_SEALS = 1024, 1026, 1033


def _fcntl(look: Look) -> str:
    command = look.sibling("cmd") & 0xFFFFFFFF
    if command in _WITHOUT_ARGUMENT:
        return ""
    if command == 5:
        return _GET_LOCK(look)
    if command in (6, 7):
        return _SET_LOCK(look)
    if command == 36 or (command == 12 and look.model.word == 4):
        return _GET_LOCK64(look)
    if command in (37, 38) or (command in (13, 14) and look.model.word == 4):
        return _SET_LOCK64(look)
    if command in (15, 16):
        return _OWNER(look)
    if command == 4:
        return flags_text(look.value & 0xFFFFFFFF, open_flags(look.model.machine))
    if command == 2:
        return "FD_CLOEXEC" if look.value & 1 else "0"
    if command == 10:
        return signal_name(look.c_int)
    if command == _F_SETLEASE:
        return _LOCK_TYPES.get(look.c_int, str(look.c_int))
    if command in (_F_NOTIFY, _F_ADD_SEALS):
        return flags_text(look.value & 0xFFFFFFFF, FLAGS["seals" if command == _F_ADD_SEALS else "notify"])
    return str(look.c_int) if command in (0, 8, 1030, 1031) else f"{look.value:#x}"


_INT: Final = numbers(4)


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


_LONG_LOCKS: Final = {12: "F_GETLK64", 13: "F_SETLK64", 14: "F_SETLKW64"}


def _fcntl_command(look: Look) -> str:
    if look.model.word == 4 and look.c_int in _LONG_LOCKS:
        return _LONG_LOCKS[look.c_int]
    return constant_text(look.c_int, CONSTANTS["fcntl"])


COMMANDS: Final[dict[str, Reader]] = {
    "fcntl_command": _fcntl_command,
    "fcntl": _fcntl,
    "prctl": _prctl,
    "prctl_rest": _prctl_rest,
}
