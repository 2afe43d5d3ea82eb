"""Where time goes: sums by thread, call, kind of descriptor and state, for whoever draws them as a flame graph.

    process / thread / user space / user, blocked, runnable              between the calls
    process / thread / CALL / [kind of descriptor] / kernel, blocked, runnable

Every ns of the program's own time is in one sum, so the sums of a thread are its times in the report of the whole
run. The kind is left out for calls without a descriptor, and where it is not known.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tracer.analyze.descriptions import Seen
from tracer.analyze.threads import Life, Threads
from tracer.export.accounted import Accounted, Accounting
from tracer.export.descriptor_kinds import kind_of
from tracer.recording.reader import Recording

Ints = NDArray[np.int64]

OUTSIDE: Final = "user space"
"""What stands for a call between the calls."""
_OUTSIDE: Final = (("user", "user"), ("before_blocked", "blocked"), ("before_runnable", "runnable"))
_INSIDE: Final = (("kernel", "kernel"), ("blocked", "blocked"), ("runnable", "runnable"))
"""The times of a row and the states they are shown as."""
_CALLS, _KINDS = 1 << 20, 1 << 16


class Stretch(NamedTuple):
    """A sum: where in the program, and how long."""

    thread: int
    """Place in the list of threads."""
    call: str
    """A system call, or OUTSIDE."""
    kind: str
    """Kind of the descriptor; empty where there is none."""
    state: str
    ns: int


class Spent(NamedTuple):
    """All sums of a recording, and its threads."""

    threads: list[Life]
    stretches: list[Stretch]
    """In the order of threads; in each the largest first."""


def spent(recording: Recording) -> Spent:
    """The sums of all that `recording` has."""
    accounting = Accounting(recording.header, recording.batches, joined=True)
    threads, kinds = Threads(), _Kinds(accounting.descriptors.seen)
    sums: dict[tuple[int, str], int] = {}
    for accounted in accounting:
        thread = threads.of(accounted.columns)
        for state, keys, values in _sums(accounted, thread, kinds.of(accounted.used.code)):
            for key, value in zip(keys.tolist(), values.tolist(), strict=True):
                sums[key, state] = sums.get((key, state), 0) + value
    names = [OUTSIDE, *(facts.name for facts in accounting.codes.facts[1:])]
    found: dict[Stretch, int] = {}
    for (key, state), ns in sums.items():
        call, kind = names[key >> 16 & _CALLS - 1], kinds.names[key & _KINDS - 1]
        place = Stretch(key >> 36, call, kind, state, 0)  # calls of two ABIs may have one name
        found[place] = found.get(place, 0) + ns
    stretches = [place._replace(ns=ns) for place, ns in found.items()]
    return Spent(threads.lives, sorted(stretches, key=lambda each: (each.thread, -each.ns, each)))


def _sums(accounted: Accounted, thread: Ints, kind: Ints) -> Iterator[tuple[str, Ints, Ints]]:
    """Of every state the keys that have some time of it, and how much."""
    columns = accounted.columns
    inside = thread << 36 | columns.code << 16 | kind
    outside = thread << 36
    for states, keys in ((_OUTSIDE, outside), (_INSIDE, inside)):
        unique, place = np.unique(keys, return_inverse=True)
        for name, state in states:
            values = getattr(columns.times, name)
            sums = np.zeros(len(unique), np.int64)
            np.add.at(sums, place, values)
            there = np.flatnonzero(sums)
            yield state, unique[there], sums[there]


class _Kinds:
    """Numbers of kinds of descriptors."""

    def __init__(self, seen: Seen) -> None:
        self.names = [""]
        self._seen = seen
        self._numbers = {"": 0}
        self._by_code = np.zeros(0, np.int64)

    def of(self, code: Ints) -> Ints:
        """The kind of every row's descriptor; `code` is its place in `Seen`, -1 where there is none."""
        if len(self._by_code) < len(self._seen):
            new = self._seen.descriptions[len(self._by_code) :]
            self._by_code = np.concatenate((self._by_code, [self._number(kind_of(each)) for each in new]))
        return np.append(self._by_code, 0)[code]

    def _number(self, name: str) -> int:
        if len(self.names) >= _KINDS:
            return self._numbers.get(name, 0)
        number = self._numbers.setdefault(name, len(self.names))
        if number == len(self.names):
            self.names.append(name)
        return number
