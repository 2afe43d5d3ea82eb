"""A ring buffer in ordinary memory, written as the kernel writes it."""

from __future__ import annotations

import mmap
import struct

from tracer.capture.ebpf.ring import Ring

CAPACITY = 4096
BUSY, DISCARDED = 1 << 31, 1 << 30


class FakeRing:
    """The producer's end; `ring` is the consumer's."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._stride = 8 + (size + 7) // 8 * 8
        self._consumer = mmap.mmap(-1, mmap.PAGESIZE)
        self._data = mmap.mmap(-1, mmap.PAGESIZE + 2 * CAPACITY)
        self._produced = 0
        self.ring = Ring(self._consumer, self._data, CAPACITY, size)

    @property
    def consumed(self) -> int:
        """The consumer's position."""
        return int(struct.unpack_from("<Q", self._consumer)[0])

    def put(self, data: bytes, state: int = 0) -> bool:
        """Reserve and submit an item; False when there is no room."""
        if self._produced + self._stride - self.consumed > CAPACITY:
            return False
        self._write(self._produced, struct.pack("<II", len(data) | state, 0) + data.ljust(self._stride - 8, b"\0"))
        self._produced += self._stride
        struct.pack_into("<Q", self._data, 0, self._produced)
        return True

    def finish(self, number: int, size: int) -> None:
        """Submit the item that was reserved as the number-th of all."""
        self._write(number * self._stride, struct.pack("<I", size))

    def _write(self, position: int, data: bytes) -> None:
        for at, byte in enumerate(data, position):
            for copy in (0, CAPACITY):
                self._data[mmap.PAGESIZE + copy + at % CAPACITY] = byte
