"""System calls that neither Python nor the C library offers a function for, through syscall(2)."""

import ctypes
import errno
import os
from typing import NamedTuple

from workloads.errors import CannotRun

_libc = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long

IO_URING_SETUP = 425
IO_URING_ENTER = 426
"""Numbers from 424 on are the same on every architecture."""


class AioNumbers(NamedTuple):
    setup: int
    destroy: int
    getevents: int
    submit: int


MACHINE = os.uname().machine
_AIO = {"x86_64": AioNumbers(206, 207, 208, 209), "aarch64": AioNumbers(0, 1, 4, 2)}


def aio_numbers() -> AioNumbers:
    if MACHINE not in _AIO:
        raise CannotRun(f"the numbers of the AIO calls on {MACHINE} are not known here")
    return _AIO[MACHINE]


def call(number: int, *arguments: int) -> int:
    """Make one system call. It is repeated when a signal interrupts it, after the handler has run."""
    while True:
        result: int = _libc.syscall(ctypes.c_long(number), *(ctypes.c_long(each) for each in arguments))
        if result >= 0:
            return result
        code = ctypes.get_errno()
        if code != errno.EINTR:
            raise OSError(code, os.strerror(code))
