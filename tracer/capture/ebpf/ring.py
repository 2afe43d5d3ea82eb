"""Reading a BPF ring buffer of items that all have one size (Documentation/bpf/ringbuf.rst).

The kernel maps the consumer's position on a page of its own, which may be written, then the producer's position
and the data, twice in a row, so that what wraps around lies in one piece. Each item has a header of 8 bytes: its
length, whose two top bits say that it is being written, or was discarded.

Items are looked at where they lie. Copying a ringful out costs more than all that is then done with it: memory that
is new to the process comes page by page, each cleared by the kernel first.
"""

from __future__ import annotations

import ctypes
import mmap
import threading
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
        self._seen = self._position.value
        self._mappings = consumer, data
        self._fence = threading.Lock()
        self._fence.acquire()

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

    @property
    def produced(self) -> int:
        """Where the kernel will put the next item, in bytes from the beginning of time."""
        return int(self._produced[0])

    @property
    def seen(self) -> int:
        """As far the items were looked at."""
        return self._seen

    def look(self, most: int | None = None) -> Items:
        """The next items that are complete, in order, `most` at most, as they lie in the ring, to be read until
        `give_back`. Another look goes on behind them."""
        begin = self._seen
        count = (int(self._produced[0]) - begin) // self._stride
        count = count if most is None else min(count, most)
        if count <= 0:
            return np.empty((0, self._size), np.uint8)
        self._in_order()
        first = begin % self._capacity
        found = self._bytes[first : first + count * self._stride].reshape(count, self._stride)
        lengths = found[:, :4].view("<u4")[:, 0]
        items = found[:, _HEADER : _HEADER + self._size]
        if np.bitwise_or.reduce(lengths) & (_BUSY | _DISCARDED):
            lengths = lengths.copy()  # they change while we look
            busy = np.flatnonzero(lengths & _BUSY)
            count = int(busy[0]) if len(busy) else count
            items = items[:count][lengths[:count] & _DISCARDED == 0]
        self._in_order()
        self._seen = begin + count * self._stride
        return items

    def all_waiting(self) -> Items:
        """All items that are not given back, those that were looked at as well."""
        seen, self._seen = self._seen, self._position.value
        found = self.look()
        self._seen = seen
        return found

    def give_back(self) -> None:
        """The room of all items looked at is the kernel's again."""
        self._in_order()
        self._position.value = self._seen

    def _in_order(self) -> None:
        """What was read so far is read before what comes now: position, lengths, data, our position.

        Not every CPU keeps loads in order (arm64 does not). A lock's release is not before what precedes it, its
        acquisition not after what follows, and neither are the two swapped (Arm Architecture Reference Manual,
        "Load-Acquire, Store-Release"): together they are the barrier that Python has no other word for."""
        self._fence.release()
        self._fence.acquire()
