"""From rows to the steps of a figure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from tracer.analyze.figure.figure import Crossing, Phase, Step, StepKind
from tracer.analyze.figure.roles import Role
from tracer.analyze.figure.seen import Seen, Stretch
from tracer.analyze.figure.trace import Trace
from tracer.decode.call import row_text
from tracer.decode.results import errno_name, is_error, is_interrupted

_MOST_NAMES = 3


def step_of(trace: Trace, seen: Seen, *phases: Phase, kind: StepKind = StepKind.CALL) -> Step:
    """One row as a step, its arguments decoded."""
    text = row_text(trace.raw(seen.number))
    signal = seen.role is Role.SIGNAL
    restored = seen.name in ("rt_sigreturn", "sigreturn")  # its result is that of what was interrupted
    return Step(
        kind=StepKind.SIGNAL if signal else kind,
        tid=seen.tid,
        at_ns=seen.at_ns,
        until_ns=seen.end_ns,
        row=seen.number,
        name=text.name,
        fd=seen.fd if seen.fd >= 0 else None,
        args=text.args,
        result=0 if restored else seen.result,
        errno=errno_name(-seen.result) if is_error(seen.result) and not restored else None,
        interrupted=is_interrupted(seen.result) and not restored,
        times=seen.times,
        crossings=crossings(trace, seen.number),
        phases=phases,
        ready=seen.role is Role.WAIT and seen.result > 0,
    )


def crossings(trace: Trace, number: int) -> tuple[Crossing, ...]:
    """What row `number` copied, by direction and kind."""
    index, offset = trace.place(number)
    copies = trace.accounted(index).columns.copies
    return tuple(
        Crossing(direction, kind, int(bytes_))
        for direction in ("in", "out")
        for kind in ("payload", "control")
        if (bytes_ := getattr(copies, f"{kind}_{direction}")[offset])
    )


def transfer(trace: Trace, seen: Seen, *, waits: bool = True) -> Step:
    """A call that moves the message: with phase 1 when it slept for it, with phase 2 when it copied payload.

    `waits` = False for a non-blocking descriptor: a sleep in there is for a lock, not for data.
    """
    step = step_of(trace, seen)
    copies = any(each.kind == "payload" for each in step.crossings)
    slept = waits and seen.times.blocked_ns and seen.role is Role.ARRIVE
    return replace(step, phases=((Phase.WAIT,) if slept and copies else ()) + ((Phase.COPY,) if copies else ()))


def tries(trace: Trace, found: Stretch) -> Step | None:
    """Many calls that found nothing, and the sleeps between them, as one step; None when there are none."""
    empty = found.take(found.role == Role.TRY)
    if not len(empty):
        return None
    first, last = trace.seen(int(empty.number[0])), trace.seen(int(empty.number[-1]))
    if len(found) == 1:
        return step_of(trace, first, Phase.WAIT)
    step = step_of(trace, last, Phase.WAIT, kind=StepKind.TRIES)
    sleeps = len(found) - len(empty)
    return replace(
        step, at_ns=first.at_ns, count=len(found), sleeps=sleeps, times=found.sum(), crossings=_all(trace, found)
    )


def _all(trace: Trace, found: Stretch) -> tuple[Crossing, ...]:
    """What the sleeps among tries copied; a try copies nothing unless it is a call with a header (recvmsg)."""
    total: Counter[tuple[str, str]] = Counter()
    for number in found.number[: 1 << 12].tolist():
        for each in crossings(trace, number):
            total[each.direction, each.kind] += each.bytes
    return tuple(Crossing(*key, bytes_) for key, bytes_ in total.items())


def others(trace: Trace, found: Stretch) -> Step | None:
    """Calls that belong to something else, as one step; its args are the most frequent names."""
    if not len(found):
        return None
    names = Counter(trace.seen(number).name for number in found.number[: 1 << 12].tolist())
    last = trace.seen(int(found.number[-1]))
    return Step(
        kind=StepKind.OTHERS,
        tid=last.tid,
        at_ns=last.at_ns,
        row=last.number,
        args=tuple(name for name, _ in names.most_common(_MOST_NAMES)),
        count=len(found),
        times=found.sum(),
    )


def in_order(steps: Iterable[Step | None]) -> list[Step]:
    """The steps there are, by time."""
    return sorted((step for step in steps if step is not None), key=lambda step: step.at_ns)


def with_threads(steps: Sequence[Step]) -> tuple[Step, ...]:
    """The same with a THREAD step wherever another thread begins to act."""
    told: list[Step] = []
    current = steps[0].tid if steps else 0
    for step in steps:
        if step.tid != current and step.kind is not StepKind.SENT:
            told.append(Step(StepKind.THREAD, step.tid, step.at_ns))
            current = step.tid
        told.append(step)
    return tuple(told)
