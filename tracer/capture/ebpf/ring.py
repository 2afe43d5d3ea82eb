"""Reading a BPF ring buffer of items that all have one size (Documentation/bpf/ringbuf.rst).

The kernel maps the consumer's position on a page of its own, which may be written, then the producer's position
and the data, twice in a row, so that what wraps around lies in one piece. Each item has a header of 8 bytes: its
length, whose two top bits say that it is being written, or was discarded.
"""

from __future__ import annotations

import ctypes
import mmap
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

_BUSY: Final = 1 << 31
_DISCARDED: Final = 1 << 30
_HEADER: Final = 8

Items = NDArray[Any]
"""Rows of bytes, one an item."""


class Ring:
    """The consumer's end."""

    def __init__(self, consumer: mmap.mmap, data: mmap.mmap, capacity: int, size: int) -> None:
        """`data`: a page with the producer's position, then `capacity` bytes twice; items of `size` bytes.

        Use `opened` for a real one; tests bring their own memory."""
        self._capacity = capacity
        self._stride = _HEADER + (size + 7) // 8 * 8
        self._size = size
        self._page = len(data) - 2 * capacity
        self._bytes = np.frombuffer(data, np.uint8, offset=self._page)
        self._produced = np.frombuffer(data, np.uint64, 1)
        # One aligned store of 8 bytes: the kernel must never see half a position.
        self._position = ctypes.c_uint64.from_buffer(consumer)
        self._mappings = consumer, data

    @classmethod
    def opened(cls, descriptor: int, capacity: int, size: int) -> Ring:
        """Map the ring buffer `descriptor` of `capacity` bytes. Raises OSError."""
        page = mmap.PAGESIZE
        consumer = mmap.mmap(descriptor, page)
        data = mmap.mmap(descriptor, page + 2 * capacity, prot=mmap.PROT_READ, offset=page)
        return cls(consumer, data, capacity, size)

    def used(self) -> float:
        """What part of it waits to be read."""
        return (int(self._produced[0]) - self._position.value) / self._capacity

    def take(self) -> Items:
        """All items that are complete, in order, copied out; their room is given back."""
        begin, end = self._position.value, int(self._produced[0])
        count = (end - begin) // self._stride
        if count == 0:
            return np.empty((0, self._size), np.uint8)
        first = begin % self._capacity
        found = self._bytes[first : first + count * self._stride].reshape(count, self._stride)
        lengths = found[:, :4].copy().view("<u4").ravel()
        busy = np.flatnonzero(lengths & _BUSY)
        if len(busy):
            count = int(busy[0])
            found, lengths = found[:count], lengths[:count]
        wanted = lengths & _DISCARDED == 0
        items = found[:, _HEADER : _HEADER + self._size]
        items = items.copy() if wanted.all() else items[wanted]
        self._position.value = begin + count * self._stride
        return items
