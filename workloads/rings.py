"""io_uring without liburing: two rings in memory that the kernel and the program share.

The submission ring holds numbers of entries in the SQE array, the completion ring holds CQEs. Each ring has
a head, moved by the reader, and a tail, moved by the writer; both count up for ever and are taken modulo the
size. What a field means: io_uring_setup(2), io_uring_enter(2), <linux/io_uring.h>.

Order matters to the other side: an entry is written before the tail that announces it. x86 keeps stores in
order and loads in order; elsewhere the system call in between does, and --sqpoll, which has none, is refused.
"""

import ctypes
import mmap
import os
import struct
import threading
from collections.abc import Iterator
from ctypes import c_uint32

from workloads import kernel
from workloads.errors import CannotRun

READ = 22
RECV = 27
SETUP_SQPOLL = 1 << 1
ENTER_GETEVENTS = 1 << 0
ENTER_SQ_WAKEUP = 1 << 1
SQ_NEED_WAKEUP = 1 << 0
FEAT_SINGLE_MMAP = 1 << 0
OFF_SQ_RING = 0
OFF_SQES = 0x10000000
ANYWHERE = (1 << 64) - 1
"""Offset -1: read where the file is, as read(2) does."""
SQPOLL_IDLE_MS = 1000
"""How long the kernel thread looks at an empty ring before it sleeps."""
LARGEST = 32768
"""IORING_MAX_ENTRIES."""
_SQE = struct.Struct("<BBHiQQIIQ")
_CQE = struct.Struct("<QiI")
_PARAMS = struct.Struct("<30I")
_SQ_OFFSETS = 10
_CQ_OFFSETS = 20


class Ring:
    """One io_uring instance with room for ``entries`` requests."""

    def __init__(self, entries: int, *, sqpoll: bool) -> None:
        params = bytearray(_PARAMS.pack(0, 0, SETUP_SQPOLL if sqpoll else 0, 0, SQPOLL_IDLE_MS, *[0] * 25))
        self.fd = _setup(entries, params, sqpoll)
        told = _PARAMS.unpack(params)
        if not told[5] & FEAT_SINGLE_MMAP:
            raise CannotRun("io_uring of this kernel is too old: it takes Linux 5.4 or newer")
        sq, cq = told[_SQ_OFFSETS:], told[_CQ_OFFSETS:]
        self.entries = told[0]
        self._sqpoll = sqpoll
        size = max(sq[6] + 4 * told[0], cq[5] + _CQE.size * told[1])
        self._rings = mmap.mmap(self.fd, size, mmap.MAP_SHARED | mmap.MAP_POPULATE, offset=OFF_SQ_RING)
        self._sqes = mmap.mmap(self.fd, 64 * told[0], mmap.MAP_SHARED | mmap.MAP_POPULATE, offset=OFF_SQES)
        self._sq_tail, self._sq_mask, self._sq_flags = (self._word(sq[at]) for at in (1, 2, 4))
        self._cq_head, self._cq_tail, self._cq_mask = (self._word(cq[at]) for at in (0, 1, 2))
        self._cqes = cq[5]
        for index in range(self.entries):  # entry i of the ring always names SQE i
            self._word(sq[6] + 4 * index).value = index
        self._queued = 0
        self._fence = threading.Lock()

    def _word(self, offset: int) -> c_uint32:
        return c_uint32.from_buffer(self._rings, offset)

    def queue(self, opcode: int, fd: int, address: int, length: int, number: int) -> None:
        """Write one request into the ring; ``number`` comes back with its completion."""
        tail = self._sq_tail.value
        slot = (tail & self._sq_mask.value) * 64
        offset = ANYWHERE if opcode == READ else 0
        self._sqes[slot : slot + 64] = _SQE.pack(opcode, 0, 0, fd, offset, address, length, 0, number).ljust(
            64, b"\0"
        )
        self._sq_tail.value = (tail + 1) & 0xFFFFFFFF
        self._queued += 1

    def submit(self, wait: int = 0) -> None:
        """Make the kernel take what is queued, and sleep until ``wait`` completions are there."""
        flags = ENTER_GETEVENTS if wait else 0
        count, self._queued = self._queued, 0
        if self._sqpoll:
            flags |= self._wake() if count else 0
            count = 0
        if count or flags:
            kernel.call(kernel.IO_URING_ENTER, self.fd, count, wait, flags, 0, 0)

    def _wake(self) -> int:
        """Whether the kernel thread sleeps. The new tail must be visible before its flag is looked at, and a
        lock, taken with a locked instruction, is the full barrier that Python has."""
        with self._fence:
            pass
        return ENTER_SQ_WAKEUP if self._sq_flags.value & SQ_NEED_WAKEUP else 0

    def completed(self) -> Iterator[tuple[int, int]]:
        """(number, res) of what is complete, read from shared memory without a system call."""
        while (head := self._cq_head.value) != self._cq_tail.value:
            at = self._cqes + (head & self._cq_mask.value) * _CQE.size
            number, res, _ = _CQE.unpack_from(self._rings, at)
            self._cq_head.value = (head + 1) & 0xFFFFFFFF
            if res < 0:
                raise OSError(-res, os.strerror(-res))
            yield number, res

    def close(self) -> None:
        os.close(self.fd)


def _setup(entries: int, params: bytearray, sqpoll: bool) -> int:
    if sqpoll and kernel.MACHINE != "x86_64":
        raise CannotRun("--sqpoll needs memory barriers that Python has on x86_64 only")
    if entries > LARGEST:
        raise CannotRun(f"io_uring has room for {LARGEST} requests at most; take fewer --clients")
    address = ctypes.addressof((ctypes.c_char * len(params)).from_buffer(params))
    try:
        return kernel.call(kernel.IO_URING_SETUP, entries, address)
    except OSError as error:
        raise CannotRun(
            f"io_uring_setup: {error.strerror}; it may be switched off here "
            "(/proc/sys/kernel/io_uring_disabled, or a container's seccomp filter)"
        ) from None
