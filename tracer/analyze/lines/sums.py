"""What calls came to by name, thread, phase or error: sums, errors, and how their times are spread.

The report has the sums that every view needs at any moment. This has the rest, made from the lines when a view asks
for it, in that view's own thread: nothing is spent on it otherwise. Only calls that returned count.
"""

from __future__ import annotations

import errno
from collections import defaultdict
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import Any, Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from tracer.account.distinct import distinct
from tracer.analyze.calls import CallFacts
from tracer.analyze.histogram import buckets_of
from tracer.analyze.lines.lines import FAILED, UNKNOWN_COPIES, WASTED, Chunk, Lines
from tracer.analyze.results import Times
from tracer.analyze.spread import NO_SPREAD, Counts, Spread
from tracer.analyze.summed_cells import SummedCells, parts
from tracer.analyze.threads import Life
from tracer.wire import Kind

Ints = NDArray[np.int64]

Name = TypeVar("Name")

_SUMMED: Final = (
    "calls", "failed", "wasted", "user", "kernel", "blocked", "runnable", "tracer", "in", "out", "unknown",
)  # fmt: skip
_COARSE: Final = 2
"""Threads may be many: their histograms have a quarter of the buckets."""


@dataclass(frozen=True, slots=True)
class Sums:
    """What some calls came to. Times in ns, sizes in bytes."""

    calls: int = 0
    failed: int = 0
    wasted: int = 0
    breakdown: dict[str, int] = field(default_factory=dict)
    """Failed calls by error; of an error, its calls by name. The most frequent first."""
    times: Times = field(default_factory=Times)
    bytes_in: int = 0
    bytes_out: int = 0
    unknown: int = 0
    """Calls of which it is not known what they copied."""
    kernel: Spread = NO_SPREAD
    wall: Spread = NO_SPREAD
    """Kernel, blocked and runnable time together."""


@dataclass(frozen=True, slots=True)
class LineSums:
    """All of them, of one scope."""

    lines: int = 0
    """So many lines are in it."""
    settled: bool = True
    """Nothing more can come without more lines: calls that are summed up in the kernel come without."""
    syscalls: dict[str, Sums] = field(default_factory=dict)
    threads: dict[tuple[int, int], Sums] = field(default_factory=dict)
    """By pid and tid."""
    phases: dict[str, Sums] = field(default_factory=dict)
    errors: dict[str, Sums] = field(default_factory=dict)


class LineSummer:
    """Adds up lines; for one thread at a time."""

    def __init__(self) -> None:
        self.lines = 0
        """Lines taken in."""
        self._by_call = _Table(0)
        self._by_thread = _Table(_COARSE)
        self._by_error = _Table(0)
        self._errors_of_call: dict[int, int] = defaultdict(int)
        self._errors_of_thread: dict[int, int] = defaultdict(int)

    def update(self, lines: Lines, stop: Callable[[], bool] = lambda: False) -> bool:
        """Take in the lines there are by now; False when `stop` said to, between two stretches of them."""
        for chunk in lines.chunks(self.lines):
            if stop():
                return False
            self._add(chunk)
            self.lines = chunk.last
        return True

    def with_summed(self, summed: SummedCells) -> LineSummer:
        """Another one that has calls which were summed up in the kernel besides."""
        other = deepcopy(self)
        for table, cube in (
            (other._by_call, summed.by_call),
            (other._by_thread, summed.by_thread),
            (other._by_error, summed.by_error),
        ):
            keys, numbers, kernel, wall = parts(cube.table())
            table.add_sums(keys >> 48 << 32 | keys & 0xFFFFFFFF, numbers, kernel, wall)
        for errors, cube in (
            (other._errors_of_call, summed.errors_of_call),
            (other._errors_of_thread, summed.errors_of_thread),
        ):
            for key, (number,) in cube.cells():
                errors[key] += number
        return other

    def sums(
        self,
        facts: Sequence[CallFacts],
        lives: Sequence[Life],
        members: Sequence[frozenset[str]],
        sets: frozenset[int] | None = None,
    ) -> LineSums:
        """The sums of the calls in one of the `sets` of phases (None: of all); phases are always of all."""
        names = [fact.name for fact in facts]
        phases = sorted({name for each in members for name in each})
        of_phase = {name: frozenset(place for place, each in enumerate(members) if name in each) for name in phases}
        return LineSums(
            lines=self.lines,
            syscalls=self._by_call.sums(sets, lambda code: names[code], self._errors_of_call),
            threads=self._by_thread.sums(
                sets, lambda code: (lives[code].pid, lives[code].tid), self._errors_of_thread
            ),
            phases={
                name: self._by_call.sums(of_phase[name], _one_name, self._errors_of_call).get("", Sums())
                for name in phases
            },
            errors=self._of_errors(sets, names),
        )

    def _of_errors(self, sets: frozenset[int] | None, names: list[str]) -> dict[str, Sums]:
        calls: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        for key, number in self._errors_of_call.items():
            if sets is None or key >> 48 in sets:
                calls[error_name(key & 0xFFFF)][names[key >> 16 & 0xFFFFFFFF]] += number
        found = self._by_error.sums(sets, error_name, {})
        return {name: _with(sums, calls[name]) for name, sums in found.items()}

    def _add(self, chunk: Chunk) -> None:
        rows = np.flatnonzero(chunk.kind == Kind.CALL)
        sets = chunk.phases[rows].astype(np.int64)
        code, thread, error = (column[rows].astype(np.int64) for column in (chunk.code, chunk.thread, chunk.errno))
        flags = chunk.flags[rows]
        with np.errstate(invalid="ignore"):  # times beyond all measure, of a damaged recording
            kernel, blocked, runnable = (
                column[rows].astype(np.int64) for column in (chunk.kernel_ns, chunk.blocked_ns, chunk.runnable_ns)
            )
        wall = buckets_of(kernel + blocked + runnable)
        columns = (
            np.ones(len(rows)), flags & FAILED != 0, flags & WASTED != 0,
            chunk.user_ns[rows], kernel, blocked, runnable,
            chunk.tracer_ns[rows], chunk.bytes_in[rows], chunk.bytes_out[rows], flags & UNKNOWN_COPIES != 0,
        )  # fmt: skip
        in_kernel = buckets_of(kernel)
        self._by_call.add(sets << 32 | code, columns, in_kernel, wall)
        self._by_thread.add(sets << 32 | thread, columns, in_kernel, wall)
        failed = error > 0
        some = tuple(column[failed] for column in columns)
        self._by_error.add((sets << 32 | error)[failed], some, in_kernel[failed], wall[failed])
        for table, what in ((self._errors_of_call, code), (self._errors_of_thread, thread)):
            found, where = distinct((sets << 48 | what << 16 | error)[failed])
            for key, number in zip(found.tolist(), np.bincount(where, minlength=len(found)).tolist(), strict=True):
                table[key] += number


class _Table:
    """Sums and histograms by set of phases << 32 | what."""

    def __init__(self, shift: int) -> None:
        self._sums: dict[int, NDArray[np.float64]] = {}
        self._kernel, self._wall = Counts(shift), Counts(shift)

    def add(self, keys: Ints, columns: Sequence[NDArray[Any]], kernel: Ints, wall: Ints) -> None:
        if not len(keys):
            return
        found, where = distinct(keys)
        sums = np.stack([np.bincount(where, weights=column, minlength=len(found)) for column in columns], axis=1)
        for key, row in zip(found.tolist(), sums, strict=True):
            before = self._sums.get(key)
            self._sums[key] = row if before is None else before + row
        self._kernel.add(keys, kernel)
        self._wall.add(keys, wall)

    def add_sums(self, keys: Ints, numbers: Ints, kernel: Ints, wall: Ints) -> None:
        for key, row in zip(keys.tolist(), numbers, strict=True):
            before = self._sums.get(key)
            self._sums[key] = row.astype(np.float64) if before is None else before + row
        self._kernel.add_octaves(keys, kernel)
        self._wall.add_octaves(keys, wall)

    def sums(
        self, sets: frozenset[int] | None, name_of: Callable[[int], Name], errors: dict[int, int]
    ) -> dict[Name, Sums]:
        """The sums by name; several codes may have the same one."""
        keys: dict[Name, list[int]] = defaultdict(list)
        for key in self._sums:
            if sets is None or key >> 32 in sets:
                keys[name_of(key & 0xFFFFFFFF)].append(key)
        counts: dict[Name, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        for key, number in errors.items():
            if sets is None or key >> 48 in sets:
                counts[name_of(key >> 16 & 0xFFFFFFFF)][error_name(key & 0xFFFF)] += number
        return {name: _with(self._sum(found), counts.get(name, {})) for name, found in keys.items()}

    def _sum(self, keys: list[int]) -> Sums:
        values = [round(value) for value in np.sum([self._sums[key] for key in keys], axis=0).tolist()]
        named = dict(zip(_SUMMED, values, strict=True))
        times = Times(*(named[name] for name in ("user", "kernel", "blocked", "runnable", "tracer")))
        return Sums(
            named["calls"], named["failed"], named["wasted"], {}, times,
            named["in"], named["out"], named["unknown"],
            self._kernel.spread(keys), self._wall.spread(keys),
        )  # fmt: skip


def _with(sums: Sums, breakdown: dict[str, int]) -> Sums:
    return replace(sums, breakdown=dict(sorted(breakdown.items(), key=lambda item: (-item[1], item[0]))))


def _one_name(_code: int) -> str:
    return ""


def error_name(number: int) -> str:
    """EAGAIN for 11."""
    return errno.errorcode.get(number, f"errno {number}")
