"""Gathering facts while the totals are counted: the same batches, the same columns, no second reading."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

import numpy as np

from tracer.analyze.findings.facts import CallSum, Deed, Facts, Leak, ThreadFacts
from tracer.analyze.findings.leaks import Leaks
from tracer.analyze.findings.ledger import Entry, Ledger
from tracer.analyze.findings.loops import Loops
from tracer.analyze.findings.others import Others
from tracer.analyze.findings.repeats import Repeats
from tracer.analyze.findings.resting import Resting
from tracer.analyze.findings.runs import Runs
from tracer.analyze.findings.sheet import Sheet
from tracer.analyze.findings.told import Told
from tracer.analyze.findings.traits import Traits
from tracer.analyze.histogram import percentile
from tracer.analyze.results import Times
from tracer.analyze.sums import INDEX, Sum
from tracer.analyze.tally import Counted, Tally

_GIVES_BACK: Final = 0.7
_BY_PATH: Final = ("open", "openat", "openat2")
_FEWEST_LEAKS: Final = 8
"""Descriptors that are worth a fact."""


class Gathering:
    """Everything the rules may ask. What is kept grows with what differs in a recording, not with its length."""

    def __init__(self, tally: Tally) -> None:
        """`tally` must not have taken in anything yet."""
        self._tally = tally
        self._traits = Traits()
        self.repeats, self.runs, self.told = Repeats(), Runs(), Told()
        self.resting, self.loops, self.others = Resting(), Loops(), Others()
        self.leaks = Leaks(tally.descriptors)
        self._rows = 0

    def add(self, counted: Counted | None) -> None:
        """Take in what the tally found out about the batch it summed last; it may have begun with the next."""
        if counted is None:
            return
        sheet = Sheet(counted, self._tally.codes.facts, self._traits, self._tally.wakeups.ready, self._rows)
        for part in (self.repeats, self.runs, self.told, self.resting, self.loops, self.others, self.leaks):
            part.add(sheet)
        self._rows += len(counted.columns.kind)

    def facts(self, phase: str | None = None) -> Facts:
        """The facts of the whole run, or of one phase of it. Raises UnknownPhase."""
        return _Freezing(self, self._tally, phase).facts()


class _Freezing:
    """Turns ledgers into facts."""

    def __init__(self, gathering: Gathering, tally: Tally, phase: str | None) -> None:
        self._gathering, self._tally, self._whole = gathering, tally, phase is None
        self._sets = None if phase is None else tally.phases.sets_with(phase)
        self._threads = self._all_threads()
        seen = tally.descriptors.seen
        self._codes = dict(zip(seen.keys, range(len(seen)), strict=False))
        """The last descriptor of every number."""
        self._files: dict[int, int] = {}

    def facts(self) -> Facts:
        """All of them."""
        of, repeats, runs, told = self._deeds, self._gathering.repeats, self._gathering.runs, self._gathering.told
        loops, others = self._gathering.loops, self._gathering.others
        changed = runs.changed
        return Facts(
            threads=tuple(self._threads.values()),
            retries=of(repeats.retries), looks=of(repeats.looks), refused=of(repeats.refused),
            reports=of(told.reports), unconsumed=of(told.unconsumed), lost_races=of(told.lost),
            edges=of(told.edges), undrained=of(told.undrained), churn=of(told.churn), handed=of(told.handed),
            fruitless_sleeps=of(self._gathering.resting.fruitless),
            laps=of(loops.lap), long_laps=of(loops.long), held=of(loops.held), single=of(others.single),
            tiny=of(runs.tiny), alone=of(runs.alone),
            passed=of(runs.passed, lambda entry: (entry.thread, entry.number) not in changed),
            sets=of(others.sets), sets_ready=of(others.ready), high_sets=of(others.high), locks=self._locks(),
            lock_waits=of(others.passing), parked=of(others.parked),
            interrupted=of(others.interrupted), lookups=of(others.lookups), syncs=of(others.syncs),
            overflows=of(others.overflows, self._overflowed), leaks=self._leaks() if self._whole else (),
        )  # fmt: skip

    def _overflowed(self, entry: Entry) -> bool:
        """A plain SIGIO means an overflow only where real-time signals were asked for (fcntl(2), F_SETSIG)."""
        return entry.number == -1 or self._tally.threads.lives[entry.thread].pid in self._gathering.others.queued

    def _locks(self) -> tuple[Deed, ...]:
        """Waits for locks. Any other futex is one where the thread that waits is also the one that wakes others, as
        often: it takes the lock and gives it back. Who waits for work, or for others to come, is woken by them."""
        wakes = {(deed.thread.tid, deed.fd): deed.count for deed in self._deeds(self._gathering.others.wakes)}
        return tuple(
            deed
            for deed in self._deeds(self._gathering.others.locks)
            if deed.amount or wakes.get((deed.thread.tid, deed.fd), 0) >= _GIVES_BACK * deed.count
        )

    def _deeds(self, ledger: Ledger, fits: Callable[[Entry], bool] = lambda _entry: True) -> tuple[Deed, ...]:
        """The entries of a ledger, those of several sets of phases together."""
        found: dict[tuple[int, str, int], Deed] = {}
        for entry in ledger.entries(self._sets):
            if fits(entry):
                name = self._tally.codes.facts[entry.code].name
                key = entry.thread, name, entry.number
                deed = self._deed(entry, name)
                found[key] = _joined(found[key], deed) if key in found else deed
        return tuple(found.values())

    def _deed(self, entry: Entry, name: str) -> Deed:
        thread = self._threads[entry.thread]
        fd = entry.number if entry.number >= 0 else None
        what, file = self._about(thread.pid, fd)
        return Deed(
            thread,
            name,
            fd,
            what,
            file,
            entry.count,
            entry.cpu,
            entry.blocked,
            entry.amount,
            entry.most,
            entry.rows,
        )

    def _about(self, pid: int, fd: int | None) -> tuple[str, int]:
        code = self._codes.get(pid << 32 | fd) if fd is not None else None
        if code is None:
            return "", -1
        description = self._tally.descriptors.seen.descriptions[code]
        return description.what, self._files.setdefault(id(description), len(self._files))

    def _all_threads(self) -> dict[int, ThreadFacts]:
        sums: dict[int, dict[str, Sum]] = {}
        cells = list(self._tally.calls.cells())
        cells += [(key, numbers.tolist()) for key, _, numbers in self._tally.still_inside.values()]
        for key, values in cells:
            if self._sets is None or key >> 44 in self._sets:
                name = self._tally.codes.facts[key >> 24 & 0xFFFFF].name
                sums.setdefault(key & 0xFFFFFF, {}).setdefault(name, Sum()).add(values)
        useless: dict[int, int] = {}
        for key, (count,) in self._tally.wakeups.useless_by_thread.cells():
            if self._sets is None or key >> 32 in self._sets:
                useless[key & 0xFFFFFFFF] = useless.get(key & 0xFFFFFFFF, 0) + count
        return {
            code: self._thread(code, sums.get(code, {}), useless.get(code, 0))
            for code in range(len(self._tally.threads.lives))
        }

    def _thread(self, code: int, sums: dict[str, Sum], useless: int) -> ThreadFacts:
        life = self._tally.threads.lives[code]
        times = [each.times() for each in sums.values()]
        kept = range(len(self._tally.phases.members)) if self._sets is None else self._sets
        laps = self._gathering.loops.laps.of([each << 32 | code for each in kept])
        return ThreadFacts(
            life.pid, life.tid, life.name,
            Times(*(sum(getattr(each, name) for each in times) for name in Times.__slots__)),
            {name: _call_sum(each) for name, each in sums.items() if name},
            useless, (percentile(laps, 0.5), percentile(laps, 0.99)),
        )  # fmt: skip

    def _leaks(self) -> tuple[Leak, ...]:
        leaks = self._gathering.leaks
        code, pid, opened, used, moved = leaks.forgotten()
        groups: dict[tuple[int, str], list[tuple[int, ...]]] = {}
        seen = self._tally.descriptors.seen
        ends = np.array([leaks.ends[each] for each in pid.tolist()], np.int64)
        columns = (code, pid, opened, used, moved, *(leaks.moments(rows) for rows in (opened, used, ends)))
        for each, process, *rest in zip(*(column.tolist() for column in columns), strict=True):
            groups.setdefault((process, seen.descriptions[each].opened_by), []).append((each, *rest))
        openings = leaks.openings() if groups else {}
        return tuple(
            leak
            for key, found in groups.items()
            if len(found) >= _FEWEST_LEAKS
            for leak in self._leak(key, found, openings.get(key, len(found)))
        )

    def _leak(self, key: tuple[int, str], found: list[tuple[int, ...]], opened: int) -> Iterator[Leak]:
        """`found`: code, row, row of the last use, whether data was moved; and when it was opened, used last, and
        when its process ended. What was used in the last eighth of the time since the first opening is in use."""
        since = min(each[4] for each in found)
        length = max(1, found[0][6] - since)
        found.sort(key=lambda each: each[1])
        following = [each[1] for each in found[1:]] + [found[-1][2] + 1]
        # It did what it was for, and only then was the next one opened.
        abandoned = [each for each, after in zip(found, following, strict=True) if each[3] and each[2] < after]
        idle = [each for each in found if each[6] - each[5] >= length // 8]
        kept = abandoned if 2 * len(abandoned) >= len(idle) else idle
        if len(kept) < _FEWEST_LEAKS:
            return
        quarters = [0, 0, 0, 0]
        for each in kept:
            quarters[min(4 * (each[4] - since) // length, 3)] += 1
        seen = self._tally.descriptors.seen
        last = seen[kept[-1][0]]
        paths = {seen.descriptions[each[0]].what for each in kept} if key[1] in _BY_PATH else ()
        yield Leak(
            key[0], key[1], last.description.what, len(kept), opened,
            (quarters[0], quarters[1], quarters[2], quarters[3]), kept is abandoned, last.fd,
            tuple(each[1] for each in kept[:: max(1, len(kept) // 8)][:8]), len(paths),
        )  # fmt: skip


def _call_sum(total: Sum) -> CallSum:
    names = ("calls", "failed", "wasted", "wakeups", "user", "kernel", "blocked", "runnable")
    assert all(name in INDEX for name in names)
    return CallSum(*(total[name] for name in names))


def _joined(one: Deed, other: Deed) -> Deed:
    return Deed(
        one.thread, one.syscall, one.fd, one.what, one.file, one.count + other.count, one.cpu_ns + other.cpu_ns,
        one.blocked_ns + other.blocked_ns, one.amount + other.amount, max(one.most, other.most),
        (one.rows + other.rows)[:8],
    )  # fmt: skip
