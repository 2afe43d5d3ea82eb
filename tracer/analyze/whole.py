"""The totals of a recording read from beginning to end at once, not followed while it grows."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pyarrow as pa

from tracer.analyze.beside import ahead
from tracer.analyze.tally import Tally
from tracer.recording.reader import Recording
from tracer.recording.stretches import stretches


def tally_of(recording: Recording) -> Tally:
    """The totals of all batches that `recording` has."""
    tally = Tally(recording.header)
    take_in(recording, tally.add)
    return tally


def take_in(recording: Recording, add: Callable[[pa.RecordBatch], object]) -> None:
    """Give all batches that `recording` has to `add`, in long stretches."""
    with uncollected(), allocated_by_libc():
        for stretch in ahead(stretches(recording.batches)):
            add(stretch)


@contextmanager
def allocated_by_libc() -> Iterator[None]:
    """With Arrow's memory from malloc: its own allocator gives the pages of a stretch back to the kernel before the
    next one asks for as many, and clearing them anew took half of all time in the kernel."""
    pool = pa.default_memory_pool()
    pa.set_memory_pool(pa.system_memory_pool())
    try:
        yield
    finally:
        pa.set_memory_pool(pool)


@contextmanager
def uncollected() -> Iterator[None]:
    """Without Python's search for reference cycles: reading makes hardly any (the two ends of a socket pair), and
    going through what is kept of half a million descriptors again and again took a quarter of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
