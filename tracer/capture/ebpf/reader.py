"""The rings of one capture, emptied into an outbox."""

from __future__ import annotations

import time

import numpy as np

from tracer.capture.ebpf import layout
from tracer.capture.ebpf.lives import Lives
from tracer.capture.ebpf.loading import Loaded
from tracer.capture.ebpf.pieces import Pieces
from tracer.capture.ebpf.ring import Ring
from tracer.capture.ebpf.rows import Records, as_records, send
from tracer.capture.outbox import Outbox
from tracer.wire import Kind, Source


class KernelReader:
    """The rings, and the rows made of them."""

    def __init__(self, loaded: Loaded, outbox: Outbox) -> None:
        size = loaded.ring_bytes
        self.loaded = loaded
        self.pieces = Pieces()
        self.lives = Lives(outbox, self.pieces)
        self._outbox = outbox
        self._events = Ring.opened(loaded.events, size, layout.RECORD.itemsize)
        self._memory = Ring.opened(loaded.memory, size, layout.SLOT_HEAD.itemsize + layout.SLOT_DATA)
        self._large = Ring.opened(loaded.large, size, layout.SLOT_HEAD.itemsize + layout.LARGE_DATA)
        self._lost = (0, 0)

    def used(self) -> float:
        """How full the fullest ring is, 0 to 1."""
        return max(ring.used() for ring in (self._events, self._memory, self._large))

    def take(self) -> Records:
        """Every record there is by now; the memory that belongs to them is in `pieces`."""
        records = as_records(self._events.take())
        # After the records: the kernel wrote a call's memory before its record.
        self.pieces.add(self._memory.take())
        self.pieces.add(self._large.take())
        return records

    def send(self, records: Records) -> None:
        """Put records into the outbox, and what was lost meanwhile."""
        send(records, self.pieces, self._outbox, self.lives)
        self.pieces.forget(np.array(self.lives.ended, np.int32))
        self.lives.ended.clear()
        lost = (self.loaded.counter("lost_events"), self.loaded.counter("lost_memory"))
        if lost != self._lost:
            fresh = tuple(now - before for now, before in zip(lost, self._lost, strict=True))
            self._outbox.event(Kind.LOST, time.monotonic_ns(), 0, 0, args=fresh, source=Source.SWITCHES)
            self._lost = lost
