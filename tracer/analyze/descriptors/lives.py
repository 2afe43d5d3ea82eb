"""Every descriptor of every process with its life: when it was opened and closed, what it carried, who watched it.

A `DescriptorTable` is the columns at one moment; a `DescriptorLine` is one descriptor, for the lines on screen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tracer.analyze.descriptors.history import BEFORE, OPEN, History, Lives
from tracer.analyze.results import Copies
from tracer.analyze.row_places import RowPlaces
from tracer.analyze.sums import COPIES
from tracer.analyze.tally import Tally
from tracer.analyze.waiting_sets.view import WaitingSets
from tracer.wire import Kind, Spawn

Ints = NDArray[np.int64]

_IN: Final = tuple(2 + place for place, name in enumerate(COPIES) if name in ("payload_in", "control_in"))
_OUT: Final = tuple(2 + place for place, name in enumerate(COPIES) if name in ("payload_out", "control_out"))
_CALLS, _WASTED = 0, 1
_FOUND: Final = (Spawn.START, Spawn.ATTACH)


@dataclass(frozen=True, slots=True)
class Choice:
    """Which descriptors are listed, and in what order."""

    sort: str = "calls"
    """calls, wasted, in, out, fd, what or opened."""
    ascending: bool = False
    by_process: bool = False
    """Those of one process stand together."""
    search: str = ""
    """Only those whose number, what they are or how they were opened has this text in it."""
    phase: str | None = None
    """The numbers are of this phase; None = of the whole run."""


@dataclass(frozen=True, slots=True, eq=False)
class DescriptorTable:
    """All descriptors at one moment; columns are by code."""

    choice: Choice
    order: Ints
    """The codes listed, in order."""
    sums: Ints
    """Calls, wasted and copies: a line each."""
    opened: NDArray[np.int32]
    closed: NDArray[np.int32]
    watched: Ints
    """The epoll (number of its waiter) that has it in its list, -1 = none."""
    processes: int

    @property
    def count(self) -> int:
        """How many there are, listed or not."""
        return len(self.opened)


@dataclass(frozen=True, slots=True)
class DescriptorLine:
    """One descriptor. Moments are CLOCK_MONOTONIC ns."""

    code: int
    pid: int
    fd: int
    generation: int
    what: str
    opened_by: str
    nonblocking: bool | None
    calls: int
    wasted: int
    copies: Copies
    opened_ns: int | None
    """None: it was open before the trace began."""
    closed_ns: int | None
    """None: it is open."""
    epoll: int | None
    """Number of the epoll descriptor that watches it."""

    @property
    def bytes_in(self) -> int:
        """Payload and control."""
        return self.copies.payload_in + self.copies.control_in

    @property
    def bytes_out(self) -> int:
        """Payload and control."""
        return self.copies.payload_out + self.copies.control_out


class DescriptorLives:
    """The descriptors of one recording. `table` is for a worker."""

    def __init__(self, places: RowPlaces, tally: Tally) -> None:
        """`tally` must not have taken in anything yet: it is asked to keep what is needed here."""
        tally.descriptors.history = history = tally.descriptors.history or History()
        useless = tally.wakeups.useless_rows
        tally.wakeups.useless_rows = useless = [] if useless is None else useless
        self.places, self.tally = places, tally
        self.lives = Lives(history, tally.descriptors.seen)
        self.waiting = WaitingSets(places, tally, self.lives, useless)

    def table(self, choice: Choice) -> DescriptorTable:
        """The columns now. The waiting sets should have been updated before."""
        with self.waiting.lock:
            self.lives.update()
            count = self.lives.count
            sums = self._sums(choice.phase, count)
            opened, closed = self.lives.opened.copy(), self.lives.closed.copy()
            watched = self.waiting.index.watched()
            watched[closed != OPEN] = -1
            order = self._order(choice, sums, opened)
            processes = len(np.unique(self.lives.key >> 32))
        return DescriptorTable(choice, order, sums, opened, closed, watched, processes)

    def line(self, table: DescriptorTable, code: int) -> DescriptorLine:
        """One descriptor of `table`."""
        seen = self.tally.descriptors.seen[code]
        calls, wasted, *copies = table.sums[:, code].tolist()
        opened, closed, watched = int(table.opened[code]), int(table.closed[code]), int(table.watched[code])
        return DescriptorLine(
            code=code, pid=seen.pid, fd=seen.fd, generation=seen.generation, what=seen.description.what,
            opened_by=seen.description.opened_by, nonblocking=seen.description.nonblocking,
            calls=calls, wasted=wasted, copies=Copies(*copies),
            opened_ns=self._opened_ns(opened),
            closed_ns=None if closed == OPEN else self.places.at_ns(closed),
            epoll=self.tally.descriptors.seen[self.waiting.index.keys[watched][1]].fd if watched >= 0 else None,
        )  # fmt: skip

    def _opened_ns(self, row: int) -> int | None:
        """None for what was there before: unseen, or found by capture when it began."""
        if row == BEFORE:
            return None
        batch, at = self.places.batch(row)
        found = batch.column("kind")[at].as_py() == Kind.SPAWN and batch.column("nr")[at].as_py() in _FOUND
        return None if found else int(batch.column("at_ns")[at].as_py())

    def _sums(self, phase: str | None, count: int) -> Ints:
        keys, values = self.tally.by_fd.table()
        kept = (keys & 0xFFFFFFFF) < count
        if phase is not None and phase in self.tally.phases.names():
            kept &= np.isin(keys >> 32, list(self.tally.phases.sets_with(phase)))
        codes, numbers = keys[kept] & 0xFFFFFFFF, values[kept]
        # As floating point the sums are exact up to 2**53, more bytes than a run moves.
        sums = [np.bincount(codes, numbers[:, each], count) for each in range(2 + len(COPIES))]
        return np.array(sums).astype(np.int64)

    def _order(self, choice: Choice, sums: Ints, opened: NDArray[np.int32]) -> Ints:
        """Equal ones in the order they were seen, whichever way the others are sorted."""
        codes = np.arange(self.lives.count)
        if choice.search:
            codes = np.flatnonzero(self._have(choice.search.lower()))
        values = self._values(choice.sort, codes, sums, opened)
        order = np.argsort(values if choice.ascending else -values, kind="stable")
        if choice.by_process:
            order = order[np.argsort(self.lives.key[codes[order]] >> 32, kind="stable")]
        return codes[order]

    def _values(self, sort: str, codes: Ints, sums: Ints, opened: NDArray[np.int32]) -> Ints:
        if sort == "what":
            whats, which = self._distinct()
            rank = np.empty(len(whats), np.int64)
            rank[sorted(range(len(whats)), key=lambda each: whats[each])] = np.arange(len(whats))
            return rank[which][codes]
        columns = {"wasted": [_WASTED], "in": list(_IN), "out": list(_OUT)}
        if sort == "fd":
            return (self.lives.key & 0xFFFFFFFF)[codes]
        if sort == "opened":
            return opened[codes].astype(np.int64)
        values: Ints = sums[columns.get(sort, [_CALLS])].sum(axis=0)
        return values[codes]

    def _have(self, text: str) -> NDArray[np.bool_]:
        """Which descriptors have this text in their number, in what they are or in how they were opened."""
        whats, which = self._distinct()
        found = np.array([text in what.lower() for what in whats], np.bool_)[which]
        if text.isdigit():
            found |= (self.lives.key & 0xFFFFFFFF) == int(text)
        return found

    def _distinct(self) -> tuple[list[str], Ints]:
        """What descriptors are and how they were opened, each once, and which of these each descriptor is."""
        numbers: dict[tuple[str, str], int] = {}
        about = self.tally.descriptors.seen.descriptions[: self.lives.count]
        which = [numbers.setdefault((each.what, each.opened_by), len(numbers)) for each in about]
        return [f"{what} {by}" for what, by in numbers], np.array(which, np.int64)
