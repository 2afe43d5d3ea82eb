"""The rings of one capture, emptied into an outbox."""

from __future__ import annotations

import time
from typing import Final

import numpy as np

from tracer.capture.ebpf import layout
from tracer.capture.ebpf.arrivals import Arrivals
from tracer.capture.ebpf.lives import Lives
from tracer.capture.ebpf.loading import Loaded
from tracer.capture.ebpf.pieces import Pieces
from tracer.capture.ebpf.ring import Ring
from tracer.capture.ebpf.rows import Records, as_records, send
from tracer.capture.outbox import Outbox
from tracer.wire import Kind, Source

MOST: Final = 1 << 14
"""Records that are handled at once: what is made of them stays in the CPU's cache."""
_AHEAD: Final = 1 << 10
"""Pieces of memory that are looked at beyond those that the records at hand have: of calls that still last."""


class KernelReader:
    """The rings, and the rows made of them."""

    def __init__(self, loaded: Loaded, outbox: Outbox) -> None:
        size = loaded.ring_bytes
        self.loaded = loaded
        self.pieces = Pieces(self._look)
        self.lives = Lives(outbox, self.pieces)
        self._outbox = outbox
        self._events = Ring.opened(loaded.events, size, layout.RECORD.itemsize)
        self._memory = Ring.opened(loaded.memory, size, layout.SLOT_HEAD.itemsize + layout.SLOT_DATA)
        self._large = Ring.opened(loaded.large, size, layout.SLOT_HEAD.itemsize + layout.LARGE_DATA)
        self._lost = (0, 0)
        self._whole = True
        self._rounds = 1 + size // (MOST * layout.RECORD.itemsize)

    def used(self) -> float:
        """How full the fullest ring is, 0 to 1."""
        return max(ring.used() for ring in (self._events, self._memory, self._large))

    def mark(self) -> int:
        """The end of what is written, or begun, by now."""
        return self._events.produced

    def is_past(self, mark: int) -> bool:
        """Whether all records before `mark` were taken."""
        return self._events.seen >= mark

    def take(self) -> Records:
        """The next records, `MOST` at most, as they lie in the ring, to be looked at until `give_back`; the memory
        that belongs to them is in `pieces`."""
        records = as_records(self._events.look(MOST))
        self._whole = len(records) < MOST
        # After the records: the kernel wrote a call's memory before its record.
        self._look(None if self._whole else int(records["items"].sum()) + max(0, _AHEAD - len(self.pieces)))
        return records

    def _look(self, most: int | None = MOST) -> bool:
        """Look at more pieces of memory; whether there were any."""
        fresh = self._memory.look(most), self._large.look(most)
        for slots in fresh:
            self.pieces.add(slots)
        return any(map(len, fresh))

    def send(self, records: Records) -> None:
        """Put records into the outbox, and what was lost meanwhile."""
        arrivals = Arrivals(lambda: self._since(records))
        send(records, self.pieces, self._outbox, self.lives, self.lives.phases.marked, arrivals)
        self.pieces.forget(np.array(self.lives.ended, np.int32))
        self.lives.ended.clear()
        lost = self.loaded.lost()
        if lost != self._lost:
            fresh = tuple(now - before for now, before in zip(lost, self._lost, strict=True))
            self._outbox.event(Kind.LOST, time.monotonic_ns(), 0, 0, args=fresh, source=Source.SWITCHES)
            self._lost = lost

    def _since(self, records: Records) -> Records | None:
        """What is known by now from `records` on; None when some of it was lost."""
        waiting = as_records(self._events.all_waiting())
        return np.concatenate((records, waiting)) if self.loaded.lost() == self._lost else None

    def give_back(self) -> None:
        """What `take` gave is the kernel's again; pieces that wait for their call are kept."""
        self.pieces.settle()
        for ring in (self._events, self._memory, self._large):
            ring.give_back()

    def pass_on(self) -> int:
        """Send what there is by now, as much as the rings hold at most; the number of records."""
        sent = 0
        for _ in range(self._rounds):
            records = self.take()
            self.send(records)
            self.give_back()
            sent += len(records)
            if self._whole:
                break
        return sent
