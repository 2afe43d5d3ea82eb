"""POSIX AIO of the C library: the structures of aio(7) and one outstanding read.

The layout is glibc's on 64-bit machines (bits/types/sigevent_t.h, aio.h); other C libraries have others.
"""

import ctypes
import errno
import os
from ctypes import c_char, c_int, c_long, c_size_t, c_void_p

from workloads.errors import CannotRun

SIGEV_SIGNAL = 0
SIGEV_NONE = 1
SIGEV_THREAD = 2
Callback = ctypes.CFUNCTYPE(None, c_size_t)
"""void function(union sigval): one register, which carries the number of the request."""
_libc = ctypes.CDLL(None, use_errno=True)
_libc.aio_return.restype = ctypes.c_ssize_t


class SigEvent(ctypes.Structure):
    _fields_ = (
        ("value", c_size_t),
        ("signo", c_int),
        ("notify", c_int),
        ("function", c_void_p),
        ("attributes", c_void_p),
        ("pad", c_char * 32),
    )


class ControlBlock(ctypes.Structure):
    _fields_ = (
        ("fildes", c_int),
        ("lio_opcode", c_int),
        ("reqprio", c_int),
        ("buf", c_void_p),
        ("nbytes", c_size_t),
        ("sigevent", SigEvent),
        ("private", c_char * 32),
        ("offset", c_long),
        ("reserved", c_char * 32),
    )


class Aioinit(ctypes.Structure):
    _fields_ = (
        ("threads", c_int),
        ("num", c_int),
        ("locks", c_int),
        ("usedba", c_int),
        ("debug", c_int),
        ("numusers", c_int),
        ("idle_time", c_int),
        ("reserved", c_int),
    )


class Read:
    """One request after the other on one descriptor, into one buffer."""

    def __init__(self, fd: int, size: int, event: SigEvent) -> None:
        self._buffer = ctypes.create_string_buffer(size)
        self._block = ControlBlock(fildes=fd, buf=ctypes.addressof(self._buffer), sigevent=event)
        self.pointer = ctypes.pointer(self._block)

    def start(self, wanted: int) -> None:
        """Ask for ``wanted`` bytes and come back at once."""
        self._block.nbytes = wanted
        if _libc.aio_read(self.pointer):
            code = ctypes.get_errno()
            raise CannotRun(f"aio_read: {os.strerror(code)}; each client needs a helper thread, take fewer")

    @property
    def in_progress(self) -> bool:
        """Reads a word that the helper thread writes; no system call."""
        return bool(_libc.aio_error(self.pointer) == errno.EINPROGRESS)

    def finish(self) -> bytes:
        """What a completed read brought; the OSError it ended with."""
        code = _libc.aio_error(self.pointer)
        length = _libc.aio_return(self.pointer)
        if code:
            raise OSError(code, os.strerror(code))
        return self._buffer.raw[:length]


def prepare(requests: int) -> None:
    """Allow a helper thread for every request: with glibc's 20, others would wait behind idle channels."""
    if not (os.confstr("CS_GNU_LIBC_VERSION") and ctypes.sizeof(c_void_p) == 8):
        raise CannotRun("aio needs the GNU C library on a 64-bit machine")
    _libc.aio_init(ctypes.byref(Aioinit(threads=max(20, requests), num=max(64, requests), idle_time=1)))


def suspend(reads: list[Read]) -> None:
    """Sleep until one of these is complete, or a signal comes (aio_suspend(3))."""
    blocks = (ctypes.POINTER(ControlBlock) * len(reads))(*(read.pointer for read in reads))
    _libc.aio_suspend(blocks, len(reads), None)
