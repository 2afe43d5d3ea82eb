"""A copy of another process's descriptor, for a question or two (pidfd_getfd(2), Linux 5.6).

The copy leads to the same open file description, so questions see what the process would see. It is closed at
once. Allowed to whoever may attach with ptrace (PTRACE_MODE_ATTACH_REALCREDS), traced already or not.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_PIDFD_GETFD: Final = 438
"""The same number on every architecture (include/uapi/asm-generic/unistd.h)."""
_libc = ctypes.CDLL(None, use_errno=True)


@contextmanager
def borrowed(pid: int, fd: int) -> Iterator[int]:
    """A descriptor of ours that leads where `fd` of process `pid` does.

    Raises:
        OSError: not permitted (EPERM), gone (ESRCH, EBADF), or a kernel without the call (ENOSYS).
    """
    process = os.pidfd_open(pid)
    try:
        copy = _libc.syscall(_PIDFD_GETFD, process, fd, 0)
    finally:
        os.close(process)
    if copy < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    try:
        yield copy
    finally:
        os.close(copy)
