"""The rows a step takes in the picture: who has the thread, which arrow crosses, what is said beside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import log10
from typing import Final

from tracer.analyze.figure.figure import SHARED, Figure, Phase, Step, StepKind
from tui.drawing.figure_words import SIZED, call_words, request_words, result_words
from tui.drawing.units import count, duration, several, size

PASSING: Final = frozenset({"sendfile", "sendfile64", "splice", "tee", "copy_file_range"})
"""Calls that move payload behind the boundary."""
_TALLEST: Final = 5
_NOTICEABLE: Final = 1000
"""A shorter wait for a CPU, ns, is left to the totals."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the picture."""

    application: str = "empty"
    """Lane: user, kernel, blocked, runnable (who has the thread), empty, or nothing at all."""
    kernel: str = "empty"
    text: str = ""
    """Between the lanes: on the arrow, or beside the application's lane."""
    arrow: str = ""
    """right: into the kernel; left: back."""
    payload: bool = False
    failed: bool = False
    quiet: bool = False
    note: str = ""
    """Beside the kernel's lane."""
    phase: Phase | None = None


def rows_of(
    figure: Figure, step: Step, inside: Sequence[Step] = (), *, data_arrives: bool = False
) -> Iterator[Row]:
    """The rows of one step; `inside` = the results that came while this call was under way, and whether the
    message did."""
    match step.kind:
        case StepKind.CALL:
            yield from _call(step, inside, data_arrives=data_arrives)
        case StepKind.ENTER:
            yield from _user(step)
            yield _enter(step)
            yield _inside("blocked", "asleep", _first(step))
        case StepKind.RETURN:
            yield _inside("blocked", f"woken after {duration(step.times.blocked_ns)}", _last(step))
            yield _leave(step)
        case StepKind.TRIES:
            yield from _tries(step)
        case StepKind.OTHERS:
            names = f"{', '.join(step.args)}{', …' if step.count > len(step.args) > 2 else ''}"
            yield Row("user", text=f"{several(step.count, 'other call')}: {names}", quiet=True)
        case StepKind.SIGNAL:
            words = f"{step.name}{_about(step)}{_with(0, step.copied('out', 'control'))}"
            yield Row("user", "kernel", words, "left", note="a signal: its frame")
        case StepKind.THREAD:
            yield Row("", "", f"{who(figure, step.tid)} {step.tid}", quiet=True)
        case StepKind.SENT:
            yield Row("user", note="data arrives")
        case StepKind.REQUEST:
            shared = step.args == (SHARED,)
            text = f"request {request_words(step)}" if shared else f"fills in a request: {request_words(step)}"
            yield Row("user", text=text, arrow="right" if shared else "", note="in shared memory" if shared else "")
        case StepKind.RESULT:
            yield from _user(step)
            yield _result(step, "user", "in shared memory")


def _result(step: Step, application: str, note: str) -> Row:
    return Row(
        application,
        "kernel",
        request_words(step),
        "left",
        payload=bool(step.crossings),
        note=note,
        phase=_first(step),
    )


def who(figure: Figure, tid: int) -> str:
    """What a thread is to a message that another thread read."""
    if tid == figure.pid:
        return "main thread"
    return "helper thread" if tid == figure.tid else "callback thread"


def _about(step: Step) -> str:
    return "" if step.fd is None else f", si_fd={step.fd}"


def _call(step: Step, inside: Sequence[Step], *, data_arrives: bool) -> Iterator[Row]:
    yield from _user(step)
    yield _enter(step)
    yield from _asleep(step, data_arrives)
    yield _work(step)
    yield from (_result(each, "empty", "to its buffer") for each in inside)
    yield _leave(step)


def _user(step: Step) -> Iterator[Row]:
    if step.times.user_ns:
        yield Row("user", text=f"runs {duration(step.times.user_ns)}", phase=_spent(step))


def _spent(step: Step) -> Phase | None:
    """User time between tries is part of waiting; before anything else it is the program's own affair."""
    return Phase.WAIT if step.errno == "EAGAIN" and Phase.WAIT in step.phases else None


def _first(step: Step) -> Phase | None:
    return step.phases[0] if step.phases else None


def _last(step: Step) -> Phase | None:
    return step.phases[-1] if step.phases else None


def _enter(step: Step) -> Row:
    payload, control = step.copied("in", "payload"), step.copied("in", "control")
    words = call_words(step) + _with(payload if step.name not in SIZED else 0, control)
    return Row("user", "empty", words, "right", payload=bool(payload), phase=_first(step))


def _leave(step: Step) -> Row:
    payload, control = step.copied("out", "payload"), step.copied("out", "control")
    words = result_words(step) + _with(payload if step.name not in SIZED else 0, control)
    failed = step.errno is not None
    return Row(
        "user",
        "empty",
        words.removeprefix(", ").strip(),
        "left",
        payload=bool(payload),
        failed=failed,
        phase=_last(step),
    )


def _with(payload: int, control: int) -> str:
    return (f", {size(payload)}" if payload else "") + (f"  +{size(control)}" if control else "")


def _asleep(step: Step, sent: bool) -> Iterator[Row]:
    blocked, phase = step.times.blocked_ns, _first(step)
    if blocked:
        tall = _height(blocked)
        for place in range(tall):
            yield _inside("blocked", f"asleep {duration(blocked)}" if place == (tall - 1) // 2 else "", phase)
        if sent:
            yield _inside("blocked", "data arrives", phase)
    if step.times.runnable_ns >= _NOTICEABLE:
        yield _inside("runnable", f"no CPU {duration(step.times.runnable_ns)}", phase)


def _inside(state: str, note: str, phase: Phase | None) -> Row:
    return Row("empty", state, note=note, phase=phase)


def _work(step: Step) -> Row:
    took = f", {duration(step.times.kernel_ns)}" if step.times.kernel_ns else ""
    copies = any(each.kind == "payload" for each in step.crossings) or Phase.COPY in step.phases
    moves = step.name in PASSING and step.result > 0
    what = "copies" if copies else "moves" if moves else ""
    return _inside("kernel", f"{what}{took}".removeprefix(", "), _last(step))


def _height(ns: int) -> int:
    """Rows for a sleep: one for a microsecond, one more for every factor of hundred."""
    return max(1, min(_TALLEST, 1 + round(log10(max(ns, 1000) / 1000) / 2)))


def _tries(step: Step) -> Iterator[Row]:
    tries, wait = step.count - step.sleeps, Phase.WAIT
    yield Row("user", "empty", call_words(step), "right", phase=wait)
    yield Row("user", "kernel", step.errno or "", "left", failed=True, phase=wait)
    words = f"{count(tries)} times, runs {duration(step.times.user_ns)}"
    yield Row("user", "kernel", words, note=duration(step.times.kernel_ns), phase=wait)
    if step.times.blocked_ns:
        note = f"asleep {duration(step.times.blocked_ns)}"
        yield Row("empty", "blocked", f" {several(step.sleeps, 'sleep')}", note=note, phase=wait)
