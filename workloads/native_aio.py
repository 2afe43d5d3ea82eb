"""The kernel's AIO without libaio: structures and calls of io_submit(2) and <linux/aio_abi.h>."""

import ctypes
import os
from collections.abc import Iterator, Sequence
from ctypes import c_int16, c_int64, c_uint16, c_uint32, c_uint64

from workloads import kernel
from workloads.errors import CannotRun

PREAD = 0
POLL = 5


class Iocb(ctypes.Structure):
    """struct iocb, 64 bytes, on a little-endian machine."""

    _fields_ = (
        ("data", c_uint64),
        ("key", c_uint32),
        ("rw_flags", c_uint32),
        ("opcode", c_uint16),
        ("reqprio", c_int16),
        ("fildes", c_uint32),
        ("buf", c_uint64),
        ("nbytes", c_uint64),
        ("offset", c_int64),
        ("reserved", c_uint64),
        ("flags", c_uint32),
        ("resfd", c_uint32),
    )


class IoEvent(ctypes.Structure):
    _fields_ = (("data", c_uint64), ("obj", c_uint64), ("res", c_int64), ("res2", c_int64))


class Context:
    """An AIO context for at most ``depth`` requests at a time."""

    def __init__(self, depth: int) -> None:
        self._numbers = kernel.aio_numbers()
        self._depth = depth
        self._events = (IoEvent * depth)()
        self._pointers = (c_uint64 * depth)()
        handle = c_uint64(0)
        try:
            kernel.call(self._numbers.setup, depth, ctypes.addressof(handle))
        except OSError as error:
            raise CannotRun(f"io_setup: {error.strerror}; see /proc/sys/fs/aio-max-nr") from None
        self._handle = handle.value

    def submit(self, requests: Sequence[Iocb]) -> None:
        """Hand the requests over, all in one call unless the kernel takes fewer."""
        for position, request in enumerate(requests):
            self._pointers[position] = ctypes.addressof(request)
        taken = 0
        while taken < len(requests):
            rest = ctypes.addressof(self._pointers) + 8 * taken
            taken += kernel.call(self._numbers.submit, self._handle, len(requests) - taken, rest)

    def completed(self) -> Iterator[tuple[int, int]]:
        """Sleep until a request is complete; (data, res) of all that are. OSError for one that failed."""
        count = kernel.call(
            self._numbers.getevents, self._handle, 1, self._depth, ctypes.addressof(self._events), 0
        )
        for event in self._events[:count]:
            if event.res < 0:
                raise OSError(-event.res, os.strerror(-event.res))
            yield event.data, event.res

    def close(self) -> None:
        """Takes some 30 ms: io_destroy waits until no other CPU can still look at the context."""
        kernel.call(self._numbers.destroy, self._handle)
