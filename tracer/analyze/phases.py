"""Marked phases: which of them every row belongs to.

A phase is the time from a mark "begin NAME" to the mark "end NAME", over all threads. Time in user space
before a call belongs to the phase when the call was entered after its begin and up to its end, so a phase of
computing alone, between its two marks, has its user time; the call itself belongs to it when it was entered
within, so the writes that make the marks do not.

Phases may nest and overlap. Rows are not assigned to phases one by one but to the *set* of phases open at
their time; there are few different sets.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]

MEASURE: Final = "measure"
"""The phase a report shows when nobody asks for another."""
NO_PHASE: Final = 0
"""The set without phases."""


class UnknownPhase(Exception):
    """No mark began a phase of that name."""


@dataclass(slots=True)
class _Interval:
    begin_ns: int
    end_ns: int | None = None
    depth: int = 0
    open_since: int = 0
    closed_ns: int = 0


class Phases:
    """The phases marked so far."""

    def __init__(self) -> None:
        self._intervals: dict[str, _Interval] = {}
        self._open: frozenset[str] = frozenset()
        self._sets: dict[frozenset[str], int] = {self._open: NO_PHASE}
        self.members: list[frozenset[str]] = [self._open]
        """The phases in every set."""
        self._times = array("q")
        self._after = array("q", [NO_PHASE])

    def mark(self, at_ns: int, label: str) -> None:
        """Take in a mark. Labels other than "begin NAME" and "end NAME" mark a moment, not a phase."""
        word, _, name = label.partition(" ")
        name = name.strip()
        if not name or word not in ("begin", "end"):
            return
        at_ns = max(at_ns, self._times[-1] if self._times else 0)
        if (self._begin if word == "begin" else self._end)(at_ns, name):
            self._times.append(at_ns)
            self._after.append(self._set_of(self._open))

    def names(self) -> list[str]:
        """All phases, in the order they began."""
        return list(self._intervals)

    def sets_with(self, name: str) -> frozenset[int]:
        """The sets that contain the phase. Raises UnknownPhase."""
        self.interval(name)
        return frozenset(number for number, members in enumerate(self.members) if name in members)

    def interval(self, name: str) -> tuple[int, int | None]:
        """First begin and last end (None while open) of a phase, ns. Raises UnknownPhase."""
        found = self._intervals.get(name)
        if found is None:
            raise UnknownPhase(name)
        return found.begin_ns, None if found.depth else found.end_ns

    def duration_ns(self, name: str, now_ns: int) -> int:
        """How long the phase lasted in all, up to `now_ns` while it is open. Raises UnknownPhase."""
        self.interval(name)
        found = self._intervals[name]
        return found.closed_ns + (max(0, now_ns - found.open_since) if found.depth else 0)

    def of(self, at_ns: Ints) -> tuple[Ints, Ints]:
        """For rows entered at `at_ns`: the set of their time before the call, and the set of the call.

        Where no row differs, both are the same array."""
        if not self._times or not len(at_ns):
            nothing = np.zeros(len(at_ns), dtype=np.int64)
            return nothing, nothing
        times, after = np.array(self._times), np.array(self._after)
        passed = int(np.searchsorted(times, at_ns.min(), side="left"))
        if passed == int(np.searchsorted(times, at_ns.max(), side="right")):  # no mark in between
            same = np.full(len(at_ns), after[passed])
            return same, same
        before = after[np.searchsorted(times, at_ns, side="left")]
        inside = after[np.searchsorted(times, at_ns, side="right")]
        for row in np.flatnonzero(before != inside):
            both = self.members[before[row]] & self.members[inside[row]]
            inside[row] = self._set_of(both)
        return before, inside

    def _begin(self, at_ns: int, name: str) -> bool:
        found = self._intervals.setdefault(name, _Interval(at_ns))
        found.depth += 1
        if found.depth > 1:
            return False
        found.open_since = at_ns
        self._open |= {name}
        return True

    def _end(self, at_ns: int, name: str) -> bool:
        found = self._intervals.get(name)
        if found is None or found.depth == 0:
            return False
        found.depth -= 1
        if found.depth:
            return False
        found.end_ns = at_ns
        found.closed_ns += at_ns - found.open_since
        self._open -= {name}
        return True

    def _set_of(self, members: frozenset[str]) -> int:
        number = self._sets.setdefault(members, len(self.members))
        if number == len(self.members):
            self.members.append(members)
        return number
