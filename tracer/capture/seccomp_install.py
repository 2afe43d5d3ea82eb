"""Putting a seccomp filter on the process itself (seccomp(2)), and whether that has a price.

A filter may be put on by whoever has CAP_SYS_ADMIN, and by anybody who first gives up gaining privileges by exec
(PR_SET_NO_NEW_PRIVS, prctl(2)). It stays for the life of the process and of all it starts, and cannot be taken off:
while it is there, so must be a tracer, or the calls it traces fail with ENOSYS.
"""

from __future__ import annotations

import ctypes
import errno
from pathlib import Path
from typing import Final

from tracer.capture.seccomp_filter import MACHINES

_PR_GET_SECCOMP: Final = 21
_PR_SET_SECCOMP: Final = 22
_PR_SET_NO_NEW_PRIVS: Final = 38
_MODE_FILTER: Final = 2
_CAP_SYS_ADMIN: Final = 21
_STATUS: Final = Path("/proc/self/status")
_ACTIONS: Final = Path("/proc/sys/kernel/seccomp/actions_avail")
_libc: Final = ctypes.CDLL(None, use_errno=True)


class _Program(ctypes.Structure):
    """struct sock_fprog (linux/filter.h)."""

    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))


def obstacle(machine: str) -> int:
    """The errno with which filters are refused on this machine (as uname(2) names it), 0 when nothing is in the
    way; EOPNOTSUPP for one whose calls we have no table of."""
    if machine not in MACHINES:
        return errno.EOPNOTSUPP
    if _libc.prctl(_PR_GET_SECCOMP, 0, 0, 0, 0) < 0:
        return ctypes.get_errno() or errno.EINVAL
    try:
        return 0 if "trace" in _ACTIONS.read_text().split() else errno.EOPNOTSUPP
    except OSError:  # /proc is not there, or a kernel before 4.14: then trying tells
        return 0


def gives_up_privileges() -> bool:
    """Whether a filter can be had only with PR_SET_NO_NEW_PRIVS."""
    try:
        lines = _STATUS.read_text().splitlines()
        effective = next(int(line.split()[1], 16) for line in lines if line.startswith("CapEff:"))
    except (OSError, StopIteration, ValueError):
        return True
    return not effective >> _CAP_SYS_ADMIN & 1


def install(program: bytes, *, no_new_privs: bool) -> None:
    """Put the filter on this thread; what it starts inherits it. Raises OSError when it is refused."""
    buffer = ctypes.create_string_buffer(program, len(program))
    described = _Program(len(program) // 8, ctypes.addressof(buffer))
    if no_new_privs and _libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0:
        raise OSError(ctypes.get_errno(), "no new privileges")
    if _libc.prctl(_PR_SET_SECCOMP, _MODE_FILTER, ctypes.byref(described), 0, 0) < 0:
        raise OSError(ctypes.get_errno(), "seccomp filter")
