"""The story of a message that came as a result in shared memory: io_uring, or native AIO on files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import Final

from tracer.analyze.figure import setup as figure_setup
from tracer.analyze.figure.figure import SHARED, Crossing, Phase, Step, StepKind
from tracer.analyze.figure.results import Result, submits, submits_block
from tracer.analyze.figure.seen import Seen
from tracer.analyze.figure.setup import Setups
from tracer.analyze.figure.steps import in_order, step_of
from tracer.analyze.figure.story import Told, once
from tracer.analyze.figure.trace import Trace
from tracer.analyze.results import Times
from tracer.wire import When

_MOST_BACK: Final = 1 << 12


def ring_story(trace: Trace, setups: Setups, number: int, result: Result) -> Told:
    """The story of the message that `result`, found at the call in row `number`, brought."""
    found = trace.seen(number)
    asked = _submission(trace, found, result)
    steps = list(_steps(trace, found, asked, result))
    before = once(trace, [setups.last(found.pid, found.fd, figure_setup.RING, number)] if result.ring else [])
    taken = found._replace(fd=result.fd)
    return Told(trace, taken, result.result, tuple(before), tuple(in_order(steps)))


def _submission(trace: Trace, found: Seen, result: Result) -> Seen | None:
    """The call that submitted the request; None when it was not seen (a kernel thread took it)."""
    if result.ring and result.when is When.EXIT and submits(trace.raw(found.number), result.key):
        return found
    name, matches = ("io_uring_enter", submits) if result.ring else ("io_submit", submits_block)
    for seen in islice(trace.before(found.number, found.tid), _MOST_BACK):
        if seen.name == name and matches(trace.raw(seen.number), result.key):
            return seen
    return None


def _steps(trace: Trace, found: Seen, asked: Seen | None, result: Result) -> Iterator[Step]:
    if asked is not None:
        yield _request(asked, result)
        if asked.number != found.number:
            step = step_of(trace, asked)
            yield replace(step, crossings=tuple(each for each in step.crossings if each.kind == "control"))
    if result.when is When.ENTRY:
        # It was there before this call: the call that made it visible to us did not bring it.
        # What the program did meanwhile is the user time before it.
        yield replace(_result(found, result, found.at_ns - 1, ()), times=Times(user_ns=found.times.user_ns))
        return
    phases = (Phase.WAIT, Phase.COPY) if found.times.blocked_ns else (Phase.COPY,)
    step = step_of(trace, found, *(phases if result.ring else phases[:1] if found.times.blocked_ns else ()))
    # What the call copied for all results together is told for this one alone, by its result.
    yield replace(step, crossings=tuple(each for each in step.crossings if each.kind == "control"))
    yield _result(found, result, found.end_ns, (Phase.COPY,) if result.ring else ())


def _request(asked: Seen, result: Result) -> Step:
    # One ns before its call, which is when it was read: the moment the program wrote it is not known.
    return Step(
        StepKind.REQUEST, asked.tid, asked.at_ns - 1, row=asked.number, name=result.operation, fd=result.fd,
        args=(SHARED,) if result.ring else (), result=result.asked,
    )  # fmt: skip


def _result(found: Seen, result: Result, at_ns: int, phases: tuple[Phase, ...]) -> Step:
    copied = (Crossing(result.direction, "payload", result.result),) if result.ring and result.direction else ()
    return Step(
        StepKind.RESULT, found.tid, at_ns, row=found.number, name=result.operation, fd=result.fd,
        result=result.result, crossings=copied, phases=phases,
    )  # fmt: skip
