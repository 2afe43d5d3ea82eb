"""From the tally's cells to the frozen report: which cells belong to a phase, and one table for each view."""

from __future__ import annotations

import errno
from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

import numpy as np

from tracer.analyze.descriptors.rows import descriptor_rows
from tracer.analyze.ending import ending_of
from tracer.analyze.histogram import percentile
from tracer.analyze.results import PhaseRow, Report, SyscallRow, ThreadRow, Totals
from tracer.analyze.scope import scope_of
from tracer.analyze.sums import INDEX, Sum
from tracer.wire import Source

if TYPE_CHECKING:
    from tracer.analyze.tally import Tally

_SOURCES: Final = {
    Source.SCHEDSTAT: "schedstat",
    Source.PROCESS_CLOCK: "process-clock",
    Source.TICKS: "ticks",
    Source.NONE: "none",
    Source.SWITCHES: "switches",
}

Cell = tuple[int, int, int, list[int]]
"""Set of phases, call code, thread code, sums."""


def report_of(tally: Tally, phase: str | None, now_ns: int | None) -> Report:
    """The report of `phase` (None = of everything). Raises UnknownPhase."""
    sets = None if phase is None else tally.phases.sets_with(phase)
    every = list(_cells(tally, now_ns))
    cells = [cell for cell in every if sets is None or cell[0] in sets]
    totals = _totals(tally, cells, sets)
    return Report(
        command=tally.header.command,
        backend=tally.header.backend,
        source=_source(tally),
        phase=phase,
        duration_ns=_duration(tally, phase, now_ns),
        ending=ending_of(tally.ended, _main_status(tally)),
        totals=totals,
        syscalls=_syscalls(tally, cells, sets),
        fds=descriptor_rows(tally.descriptors.seen, tally.by_fd, sets),
        threads=_threads(tally, cells, whole=sets is None),
        phases=_phases(tally, every),
        uncertainty_ns=_sum(cells)["spread"],
        older_calls=len(tally.older),
        scope=scope_of(tally.header),
    )


def _cells(tally: Tally, now_ns: int | None) -> Iterator[Cell]:
    for key, values in tally.calls.cells():
        yield key >> 44, key >> 24 & 0xFFFFF, key & 0xFFFFFF, values
    # A file without an end is still being written, or its recorder was killed: it knows as much as its last row.
    until = tally.last_ns if now_ns is None else now_ns
    for thread, (key, known_ns, numbers) in list(tally.still_inside.items()):
        values, code = numbers.tolist(), key >> 24 & 0xFFFFF
        tid = tally.threads.lives[thread].tid
        if code and tally.ended is None and not tally.holds.holds(tid):  # 0: in no call, but amid its own code
            known_ns = max(known_ns, tally.holds.gone_on(tid))
            values[INDEX["blocked"]] += max(0, until - known_ns)
        yield key >> 44, code, key & 0xFFFFFF, values


def _sum(cells: list[Cell]) -> Sum:
    total = Sum()
    if cells:
        total.add(np.array([values for *_, values in cells], dtype=np.int64).sum(axis=0).tolist())
    return total


def _totals(tally: Tally, cells: list[Cell], sets: frozenset[int] | None) -> Totals:
    total = _sum(cells)
    events = [values for key, values in tally.events.cells() if sets is None or key in sets]
    woken = [values for key, values in tally.wakeups.sums.cells() if sets is None or key in sets]
    return Totals(
        calls=total["calls"],
        failed=total["failed"],
        wasted=total["wasted"],
        times=total.times(),
        failed_kernel_ns=total["failed_kernel"],
        copies=total.copies(),
        wakeups=total["wakeups"],
        useless_wakeups=sum(useless for *_, useless in woken),
        ready=sum(ready for ready, *_ in woken),
        counted_wakeups=sum(counted for _, counted, _ in woken),
        signals=sum(signals for signals, _ in events),
        lost=sum(lost for _, lost in events),
    )


def _syscalls(tally: Tally, cells: list[Cell], sets: frozenset[int] | None) -> tuple[SyscallRow, ...]:
    groups = _grouped(cells, 1)
    groups.pop(0, None)
    names: dict[str, list[int]] = defaultdict(list)
    inside = {key >> 24 & 0xFFFFF for key, *_ in tally.still_inside.values()}
    for code, cells_of_code in groups.items():
        if code not in inside and not any(values[INDEX["calls"]] for *_, values in cells_of_code):
            continue  # nothing returned: exit_group, or only the time that led up to a call outside the phase
        names[tally.codes.facts[code].name].append(code)
    errors = _errors(tally, sets)
    rows = [_syscall(tally, name, codes, groups, errors, sets) for name, codes in names.items()]
    return tuple(sorted(rows, key=lambda row: (-_weight(row), row.name)))


def _weight(row: SyscallRow) -> int:
    return row.times.kernel_ns + row.times.blocked_ns + row.times.runnable_ns


def _syscall(
    tally: Tally,
    name: str,
    codes: list[int],
    groups: dict[int, list[Cell]],
    errors: dict[int, dict[str, int]],
    sets: frozenset[int] | None,
) -> SyscallRow:
    total = _sum([cell for code in codes for cell in groups[code]])
    kept = range(len(tally.phases.members)) if sets is None else sets
    keys = [number << 32 | code for code in codes for number in kept]
    kernel, wall = tally.kernel.of(keys), tally.wall.of(keys)
    counts: dict[str, int] = defaultdict(int)
    for code in codes:
        for word, count in errors.get(code, {}).items():
            counts[word] += count
    return SyscallRow(
        name=name,
        calls=total["calls"],
        failed=total["failed"],
        wasted=total["wasted"],
        errors=dict(sorted(counts.items(), key=lambda item: (-item[1], item[0]))),
        times=total.times(between=False),
        kernel_p50_ns=percentile(kernel, 0.50),
        kernel_p99_ns=percentile(kernel, 0.99),
        wall_p50_ns=percentile(wall, 0.50),
        wall_p99_ns=percentile(wall, 0.99),
        copies=total.copies(),
    )


def _errors(tally: Tally, sets: frozenset[int] | None) -> dict[int, dict[str, int]]:
    counts: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for key, (count,) in tally.errors.cells():
        if sets is None or key >> 44 in sets:
            number = key & 0xFFF
            counts[key >> 12 & 0xFFFFFFFF][errno.errorcode.get(number, f"errno {number}")] += count
    return counts


def _threads(tally: Tally, cells: list[Cell], *, whole: bool) -> tuple[ThreadRow, ...]:
    rows = []
    groups = _grouped(cells, 2)
    for code, life in enumerate(tally.threads.lives):
        if not life.tid or (not whole and code not in groups):
            continue
        total = _sum(groups.get(code, []))
        times = total.times()
        lifetime = times.own_ns + times.tracer_ns
        if whole and life.began_ns is not None and life.ended_ns is not None:
            lifetime = life.ended_ns - life.began_ns
        rows.append(
            ThreadRow(life.pid, life.tid, life.name, lifetime, total["calls"], times, life.ended_ns is None)
        )
    return tuple(rows)


def _phases(tally: Tally, cells: list[Cell]) -> tuple[PhaseRow, ...]:
    rows = []
    for name in tally.phases.names():
        sets = tally.phases.sets_with(name)
        begin, end = tally.phases.interval(name)
        rows.append(PhaseRow(name, begin, end, _totals(tally, [c for c in cells if c[0] in sets], sets)))
    return tuple(rows)


def _grouped(cells: list[Cell], position: int) -> dict[int, list[Cell]]:
    groups: dict[int, list[Cell]] = {}
    for cell in cells:
        key = (cell[0], cell[1], cell[2])[position]
        groups.setdefault(key, []).append(cell)
    return groups


def _duration(tally: Tally, phase: str | None, now_ns: int | None) -> int:
    now = tally.last_ns if now_ns is None or tally.ended is not None else max(now_ns, tally.last_ns)
    if phase is not None:
        return tally.phases.duration_ns(phase, now)
    return 0 if tally.began_ns is None else now - tally.began_ns


def _source(tally: Tally) -> str:
    seen = [word for source, word in _SOURCES.items() if tally.sources >> source & 1]
    return "+".join(seen) or tally.header.source


def _main_status(tally: Tally) -> int | None:
    main = tally.header.pid
    for life in tally.threads.lives:
        if life.tid == main and life.ended_ns is not None:
            return life.status
    return None
