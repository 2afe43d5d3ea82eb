"""fd_set and the C library's select(2), as a C program uses them.

Python's own select passes NULL for a list that is empty. A C program usually passes all three sets, as the
textbooks do, and the kernel copies each that is given, whether a bit is set in it or not.
"""

import ctypes
import errno
import os
from collections.abc import Iterable

FD_SETSIZE = 1024
"""Bits of an fd_set in glibc and musl (select(2))."""

_WORD = 8 * ctypes.sizeof(ctypes.c_ulong)
_libc = ctypes.CDLL(None, use_errno=True)


class FdSet(ctypes.Structure):
    """A bitmap of descriptors, all of them below FD_SETSIZE: C does not check that, and writes beyond it."""

    _fields_ = (("bits", ctypes.c_ulong * (FD_SETSIZE // _WORD)),)

    @classmethod
    def of(cls, fds: Iterable[int]) -> "FdSet":
        """FD_ZERO, then FD_SET for each."""
        made = cls()
        for fd in fds:
            made.bits[fd // _WORD] |= 1 << fd % _WORD
        return made

    def copy(self) -> "FdSet":
        """What ``set2 = set1`` is in C."""
        return type(self).from_buffer_copy(self)

    def remove(self, fd: int) -> None:
        """FD_CLR."""
        self.bits[fd // _WORD] &= ~(1 << fd % _WORD)

    def __contains__(self, fd: int) -> bool:
        """FD_ISSET."""
        return bool(self.bits[fd // _WORD] >> fd % _WORD & 1)


def select(nfds: int, readable: FdSet, writable: FdSet, exceptional: FdSet) -> int:
    """Sleep until a descriptor below ``nfds`` is ready; the sets then hold those that are.

    Returns how many bits are left; 0 when a signal came instead, and then the sets say nothing.
    """
    ready: int = _libc.select(nfds, ctypes.byref(readable), ctypes.byref(writable), ctypes.byref(exceptional), None)
    if ready >= 0:
        return ready
    code = ctypes.get_errno()
    if code == errno.EINTR:
        return 0
    raise OSError(code, os.strerror(code))
