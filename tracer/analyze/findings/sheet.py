"""One batch, ready for gathering: the columns, what each call is, and the calls of every thread in a line."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from tracer.account.distinct import distinct
from tracer.account.times import Times
from tracer.analyze.calls import CallFacts
from tracer.analyze.columns import Columns
from tracer.analyze.findings.ledger import Ledger
from tracer.analyze.findings.traits import Traits
from tracer.analyze.ready import Ready
from tracer.analyze.tally import Counted

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]


class Sheet:
    """A batch. What is asked for is worked out once; what nobody asks for costs nothing."""

    def __init__(
        self, counted: Counted, facts: list[CallFacts], traits: Traits, ready: Ready, first_row: int
    ) -> None:
        self.columns: Columns = counted.columns
        self.within, self.thread, self.used = counted.within, counted.thread, counted.used
        self.facts, self.ready, self.first_row = facts, ready, first_row
        self.trait = np.where(self.columns.returned, traits.of(facts, self.columns.code), 0)
        self.present = int(np.bitwise_or.reduce(self.trait, initial=0))
        """The traits there are at all: most batches have few, and what is about the others is left out."""

    def has(self, traits: int) -> bool:
        """Whether any call has one of these traits."""
        return bool(self.present & traits)

    def rows(self, traits: int) -> Ints:
        """The rows of returned calls with one of these traits."""
        return np.flatnonzero(self.trait & traits) if self.has(traits) else np.zeros(0, np.int64)

    @cached_property
    def negative(self) -> Ints:
        """The rows of returned calls whose result is below 0."""
        return np.flatnonzero(self.columns.returned & (self.columns.result < 0))

    @cached_property
    def line(self) -> Ints:
        """The rows of returned calls: thread by thread, each in order."""
        rows = np.flatnonzero(self.columns.returned)
        thread = self.thread[rows]
        if not len(rows) or (thread == thread[0]).all():
            return rows
        # Of short integers a stable sort is a radix sort.
        small = thread.astype(np.min_scalar_type(int(thread.max())))
        return rows[np.argsort(small, kind="stable")]

    @cached_property
    def place(self) -> Ints:
        """The place in `line` of every row, -1 for rows that are not in it."""
        place = np.full(len(self.thread), -1)
        place[self.line] = np.arange(len(self.line))
        return place

    @cached_property
    def cpu(self) -> Ints:
        """User time before a call and kernel time in it."""
        times: Times = self.columns.times
        return times.user + times.kernel

    @cached_property
    def own(self) -> Ints:
        """What the thread's own doing took up to and with a call: on a CPU or asleep, not waiting for a CPU."""
        times: Times = self.columns.times
        return times.user + times.before_blocked + times.kernel + times.blocked

    def fd(self, rows: Ints, argument: int = 0) -> Ints:
        """An argument of these rows as a descriptor."""
        values: Ints = self.columns.args[rows, argument].astype(np.uint32).view(np.int32).astype(np.int64)
        return values

    def argument(self, rows: Ints, argument: int) -> Ints:
        """An argument of these rows as a whole register."""
        values: Ints = self.columns.args[rows, argument].view(np.int64)
        return values

    def word(self, rows: Ints, argument: int) -> Ints:
        """The lower half of an argument of these rows, unsigned."""
        values: Ints = (self.columns.args[rows, argument] & np.uint64(0xFFFFFFFF)).astype(np.int64)
        return values

    def rests(self, rows: Ints, rested: Mask) -> Ints:
        """How many rests (rows in `rested`) there were up to each row; counted on from thread to thread."""
        counts: Ints = np.cumsum(rested[self.line], dtype=np.int64)[self.place[rows]]
        return counts

    def enter(
        self, ledger: Ledger, rows: Ints, number: Ints | None = None, *,
        amount: Ints | None = None, figure: Ints | None = None, code: Ints | None = None,
        cpu: Ints | None = None, blocked: Ints | None = None,
    ) -> None:  # fmt: skip
        """Take rows into a ledger, by default with their CPU and blocked time, by the descriptor of their first
        argument."""
        if not len(rows):
            return
        nothing = np.zeros(len(rows), np.int64)
        keys = (
            self.within[rows],
            self.thread[rows],
            self.columns.code[rows] if code is None else code,
            np.where(self.used.code[rows] >= 0, self.fd(rows), -1) if number is None else number,
        )
        ledger.add(
            keys,
            self.cpu[rows] if cpu is None else cpu,
            self.columns.times.blocked[rows] if blocked is None else blocked,
            nothing if amount is None else amount,
            nothing if figure is None else figure,
            rows + self.first_row,
        )


def groups_of(*keys: Ints) -> Ints:
    """A number for every different combination of keys."""
    if not len(keys[0]):
        return np.zeros(0, np.int64)
    _, where = distinct(keys[0])
    for key in keys[1:]:
        if (key == key[0]).all():
            continue
        found, inner = distinct(key)
        _, where = distinct(where.astype(np.int64) * len(found) + inner)
    return where.astype(np.int64)


def previous_of(group: Ints, order: Ints) -> Ints:
    """For every element the index of the one before it (by `order`) in its group, -1 = it is the first."""
    before = np.full(len(group), -1)
    if len(group) < 2:
        return before
    small = group.astype(np.min_scalar_type(int(group.max())))  # of short integers a stable sort is a radix sort
    if (order[1:] >= order[:-1]).all():
        by = np.argsort(small, kind="stable")
    else:
        first = np.argsort(order, kind="stable")
        by = first[np.argsort(small[first], kind="stable")]
    same = small[by[1:]] == small[by[:-1]]
    before[by[1:][same]] = by[:-1][same]
    return before
