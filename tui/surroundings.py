"""What a row of a recording has to do with others: who watches what, what lies where, what its descriptor is.

The worker calls `add` for every batch, in order, and `settle` when it has read what there is; the screen calls
`around` for the row whose details are shown, and never waits long for the worker.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import Final

import numpy as np
import pyarrow as pa

from tracer.analyze.descriptors.fd_story import FdStory, story_of
from tracer.analyze.descriptors.history import History, Lives
from tracer.analyze.regions import NOTHING_KNOWN, Region, Regions
from tracer.analyze.row_places import RowPlaces
from tracer.analyze.stacks.naming import Stack, StackNames
from tracer.analyze.stacks.spaces import Spaces
from tracer.analyze.stacks.unwind import Kept
from tracer.analyze.tally import Tally
from tracer.analyze.watched import Watching
from tracer.decode.look import Watched, nothing_watched
from tracer.recording.header import Header
from tui.drawing.places import place_words

AGAIN: Final = 1.0
"""Seconds between two looks at the descriptors of a growing recording."""
_PATIENCE: Final = 0.02
"""Seconds the screen waits for the worker to bring the lives up to date; it is quick but for very many."""
UNKNOWN: Final = "?"
"""What a descriptor is that was there before the trace and of which nothing is known."""


def _nowhere(_address: int) -> str:
    return ""


def _unnamed(_fd: int) -> str | None:
    return None


def _unwalked(_kept: Kept) -> Stack | None:
    return None


@dataclass(frozen=True, slots=True)
class Around:
    """The surroundings of one row; without arguments those of a row of which nothing else is known."""

    place: Callable[[int], str] = _nowhere
    """What lies at an address of the row's process, in words; empty when that is not known."""
    naming: Callable[[int], str | None] = _unnamed
    """What a descriptor of the row's process is."""
    watched: Watched = nothing_watched
    story: FdStory | None = None
    stack: Callable[[Kept], Stack | None] = _unwalked
    """What capture kept of the row's user stack, in names."""


class Surroundings:
    """The indexes that answer for any row."""

    def __init__(self, tally: Tally, places: RowPlaces, header: Header) -> None:
        if tally.descriptors.history is None:
            tally.descriptors.history = History()
        self._tally = tally
        self._places = places
        self._lives = Lives(tally.descriptors.history, tally.descriptors.seen)
        self._watching = Watching()
        self._regions = Regions()
        self._spaces = Spaces()
        self._stacks = StackNames(header, self._spaces, self._name)
        self._lock = Lock()
        """Held while `_lives` is brought up to date or asked: who cannot have it does without."""
        self._settled_at = -AGAIN

    def add(self, batch: pa.RecordBatch) -> None:
        """Take in the next batch of the recording."""
        self._watching.add(batch)
        self._regions.add(batch)
        self._spaces.add(batch)

    def settle(self, *, final: bool) -> None:
        """Bring the descriptors' lives up to date, now and then: with a million of them it takes a second."""
        if final or time.monotonic() - self._settled_at >= AGAIN:
            with self._lock:
                self._lives.update()
                self._lives.at(np.zeros(1, np.int64), np.zeros(1, np.int64))  # sorts them for the questions to come
            self._settled_at = time.monotonic()

    def watched(self, batch: int, offset: int, pid: int) -> Watched:
        """What epoll events stand for, at a row of batch number `batch`."""
        return self._watching.at(batch, offset, pid)

    def around(self, row: int, pid: int, line: int | None) -> Around:
        """The surroundings of row number `row`, a row of process `pid`, shown on `line` (None: not settled yet)."""
        batch, offset = self._places.place(row)
        story = self._story(line) if line is not None else None
        return Around(
            place=lambda address: self._place(row, pid, address),
            naming=lambda fd: self._name(row, pid, fd),
            watched=self.watched(batch, offset, pid),
            story=story,
            stack=lambda kept: self._stacks.name(row, pid, kept),
        )

    def _story(self, line: int) -> FdStory | None:
        if not self._lock.acquire(timeout=_PATIENCE):
            return None
        try:
            self._lives.update()
            return story_of(self._places, self._tally.descriptors.seen, self._lives, self._tally.codes.facts, line)
        finally:
            self._lock.release()

    def _place(self, row: int, pid: int, address: int) -> str:
        region = self._region(row, pid, address)
        file = self._name(region.row, pid, region.fd) if region.fd >= 0 else None
        return place_words(region, file or "")

    def _region(self, row: int, pid: int, address: int) -> Region:
        return self._regions.at(row, pid, address) if address else NOTHING_KNOWN

    def _name(self, row: int, pid: int, fd: int) -> str | None:
        """What descriptor `fd` was when row `row` began."""
        if not self._lock.acquire(blocking=False):
            return None
        try:
            code = int(self._lives.at(np.array([pid << 32 | fd & 0xFFFFFFFF]), np.array([row]))[0])
        finally:
            self._lock.release()
        what = self._tally.descriptors.seen[code].description.what if code >= 0 else UNKNOWN
        return None if what == UNKNOWN else what
