"""The story of one message that a call brought: what led up to it, the transfer, and what belongs to it after."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final

import numpy as np

from tracer.analyze.figure import setup as figure_setup
from tracer.analyze.figure.figure import Figure, Phase, Step, StepKind
from tracer.analyze.figure.roles import Role
from tracer.analyze.figure.seen import Seen, Stretch
from tracer.analyze.figure.setup import Setups
from tracer.analyze.figure.steps import in_order, others, step_of, transfer, tries, with_threads
from tracer.analyze.figure.trace import Trace
from tracer.wire import When

_BREAKS: Final = (Role.WAIT, Role.TRY, Role.SLEEP, Role.SIGNAL, Role.MARK)
_MOST_AFTER: Final = 1 << 12
_GIVE_BACK: Final = frozenset({"rt_sigreturn", "sigreturn"})
_STAMP: Final = slice(8, 16)
"""Where a bundled workload's message carries its send time, CLOCK_MONOTONIC ns (workloads/message.py)."""


@dataclass(frozen=True, slots=True)
class Told:
    """A story, not yet numbered."""

    trace: Trace
    taken: Seen
    """The row that brought the message."""
    size: int
    before: tuple[Step, ...]
    steps: tuple[Step, ...]
    sent_ns: int | None = None

    def figure(self, number: int, of: int, *, typical: bool) -> Figure:
        """The story as a frozen figure."""
        header = self.trace.header
        return Figure(
            number=number,
            of=of,
            model=header.model,
            program=header.command[0] if header.command else "",
            size=self.size,
            fd=self.taken.fd if self.taken.fd >= 0 else None,
            pid=self.taken.pid,
            tid=self.taken.tid,
            before=self.before,
            steps=with_threads(in_order([*self.steps, self._sent()])),
            typical=typical,
            latency_ns=None if self.sent_ns is None else self.taken.end_ns - self.sent_ns,
            corrected=self.trace.corrected,
        )

    def _sent(self) -> Step | None:
        return None if self.sent_ns is None else Step(StepKind.SENT, self.taken.tid, self.sent_ns)


def story(trace: Trace, setups: Setups, number: int, size: int, since_ns: int) -> Told:
    """The story of the message that row `number` brought; nothing before `since_ns` belongs to it."""
    taken = trace.seen(number)
    began, between = trace.back(number, taken.tid, taken.fd, since_ns)
    lead = list(_lead(trace, began, between, taken))
    after = list(_after(trace, taken, began))
    asks = any(step is not None and step.errno == "EAGAIN" for step in lead)
    waits = not asks and setups.last(taken.pid, taken.fd, figure_setup.MODE, number) is None
    steps = in_order([*lead, transfer(trace, taken, waits=waits), *after])
    before = _before(trace, setups, taken, steps)
    return Told(trace, taken, size, before, tuple(steps), sent_ns(trace, taken))


def sent_ns(trace: Trace, taken: Seen) -> int | None:
    """When a bundled workload's message was sent, by its own stamp; None when it carries or shows none."""
    if not trace.header.model or taken.role is not Role.ARRIVE:
        return None
    data = next((piece.data for piece in trace.raw(taken.number).pieces if piece.when == When.EXIT), b"")
    stamp = int.from_bytes(data[_STAMP], "little") if len(data) >= _STAMP.stop else 0
    return stamp if 0 < stamp <= taken.end_ns else None


def _lead(trace: Trace, began: Seen | None, between: Stretch, taken: Seen) -> Iterator[Step | None]:
    if began is not None and began.role is Role.WAIT:
        yield _asked_for(trace, began)
        yield step_of(trace, began, *([Phase.WAIT] if taken.role is Role.ARRIVE else []))
    about = (between.role == Role.TRY) & (between.fd == taken.fd)
    sleeps = between.role == Role.SLEEP
    told_by = (between.role == Role.SIGNAL) & (between.fd == taken.fd)
    yield from _attempts(trace, between.take(about | sleeps))
    signals = between.number[told_by].tolist()[-1:]
    rest = between.take(~(about | sleeps | np.isin(between.role, (Role.SIGNAL, Role.MARK))))
    if began is not None and began.role is not Role.WAIT:
        # What the message before was sent on with is none of this one's business.
        rest = rest.take(rest.role != (Role.ARRIVE if taken.name == "splice" else Role.DEPART))
    yield from _besides(trace, signals, rest)


def _besides(trace: Trace, signals: list[int], rest: Stretch) -> Iterator[Step | None]:
    """The signal that told of the message, if one did, with the return from its handler; and everything else."""
    recent = rest.number[-64:].tolist() if signals else []
    returns = [row for row in recent if trace.seen(row).name in _GIVE_BACK][:1]
    yield from _signalled(trace, signals, returns)
    yield others(trace, rest.take(~np.isin(rest.number, returns)))


def _signalled(trace: Trace, signals: list[int], returns: list[int]) -> Iterator[Step]:
    """A signal, and the return from its handler. The frame that the kernel wrote for the signal is accounted
    where its size is known, at the return; here it is told where it was written."""
    told = [step_of(trace, trace.seen(row)) for row in signals]
    back = [step_of(trace, trace.seen(row)) for row in returns]
    frame = tuple(each for step in back for each in step.crossings if each.direction == "out")
    yield from (replace(step, crossings=frame) for step in told)
    yield from (
        replace(step, crossings=tuple(each for each in step.crossings if each not in frame)) for step in back
    )


def _attempts(trace: Trace, found: Stretch) -> Iterator[Step | None]:
    """Tries and sleeps: the last try and the last sleep by themselves, what came before as one step."""
    sleeps = np.flatnonzero(found.role == Role.SLEEP)
    if not len(sleeps):
        yield tries(trace, found)
        return
    last = int(sleeps[-1])
    place = np.arange(len(found))
    earlier = np.flatnonzero((found.role == Role.TRY) & (place < last))
    asked = int(earlier[-1]) if len(earlier) else last
    yield tries(trace, found.take(place < asked))
    if asked < last:
        yield step_of(trace, trace.seen(int(found.number[asked])), Phase.WAIT)
    yield step_of(trace, trace.seen(int(found.number[last])), Phase.WAIT)
    yield tries(trace, found.take(place > last))


def _asked_for(trace: Trace, wait: Seen) -> Step | None:
    """The io_submit that asked for what io_getevents waited for."""
    if wait.name not in ("io_getevents", "io_pgetevents"):
        return None
    before = next(trace.before(wait.number, wait.tid), None)
    return step_of(trace, before) if before is not None and before.name == "io_submit" else None


def _after(trace: Trace, taken: Seen, began: Seen | None) -> Iterator[Step | None]:
    """What is sent on before the thread waits or receives again; else the try that finds the descriptor empty,
    where the program drains it."""
    skipped: list[int] = []
    for seen in islice(trace.after(taken.number, taken.tid), _MOST_AFTER):
        if seen.role is Role.DEPART or goes_on(taken, seen):
            if taken.role is not Role.ARRIVE:
                return
            yield others(trace, _stretch_of(trace, skipped))
            skipped.clear()
            yield transfer(trace, seen)
        elif seen.role is Role.TRY and seen.fd == taken.fd and not skipped and _told(began):
            yield step_of(trace, seen)
            return
        elif seen.role in (*_BREAKS, Role.ARRIVE):
            return
        elif seen.role is Role.OTHER:
            skipped.append(seen.number)


def goes_on(taken: Seen, seen: Seen) -> bool:
    """Whether a splice takes up what another one left in a pipe."""
    return taken.name == seen.name == "splice" and taken.fd != seen.fd


def _told(began: Seen | None) -> bool:
    return began is not None and began.role is Role.WAIT


def _stretch_of(trace: Trace, rows: list[int]) -> Stretch:
    seen = [trace.seen(row).times for row in rows]
    times = [[each.user_ns, each.kernel_ns, each.blocked_ns, each.runnable_ns] for each in seen]
    numbers = np.array(rows, dtype=np.int64)
    return Stretch(numbers, numbers, numbers, np.array(times, dtype=np.int64).reshape(-1, 4).T)


def _before(trace: Trace, setups: Setups, taken: Seen, steps: list[Step]) -> tuple[Step, ...]:
    """What was set up for this descriptor and shows in the story."""
    first = min((step.row for step in steps if step.row >= 0), default=taken.number)
    names = {step.name for step in steps}
    kinds = {step.kind for step in steps}
    tried = StepKind.TRIES in kinds or any(step.errno == "EAGAIN" for step in steps)
    wanted = [(figure_setup.MODE, tried and StepKind.SIGNAL not in kinds)]
    wanted += [(figure_setup.EPOLL, any(name.startswith("epoll") for name in names))]
    driven = StepKind.SIGNAL in kinds
    wanted += [(what, driven) for what in (figure_setup.OWNER, figure_setup.SIGNAL, figure_setup.ASYNC)]
    rows = [setups.last(taken.pid, taken.fd, what, first) for what, fits in wanted if fits]
    rows.append(_map_of(trace, setups, taken))
    return tuple(once(trace, rows))


def once(trace: Trace, rows: list[int | None]) -> Iterator[Step]:
    """The rows there are, as steps without the user time that led up to them."""
    for row in sorted({row for row in rows if row is not None}):
        step = step_of(trace, trace.seen(row))
        yield replace(step, times=replace(step.times, user_ns=0))


def _map_of(trace: Trace, setups: Setups, taken: Seen) -> int | None:
    """The map that a write takes its bytes from."""
    if taken.role is not Role.DEPART or taken.name not in ("write", "pwrite64", "sendto"):
        return None
    return setups.map_of(taken.pid, trace.raw(taken.number).args[1], taken.number)
