"""One piece of a call's memory as a step of its plan: a function of the reader, the registers and the result.

The two commonest forms, a buffer filled with as many bytes as the call returns and a buffer that is sent, are one
branch and one `pread`; everything else is made from the declaration's expressions.
"""

from __future__ import annotations

from tracer.capture.memory import Reader
from tracer.capture.plan_expression import Value, compile_expression
from tracer.capture.plan_nested import NESTED
from tracer.capture.plan_segments import LARGEST_STRUCTURE, Step
from tracer.syscalls.expression import ALWAYS, RESULT
from tracer.syscalls.model import FLAT, IN, PATH, PAYLOAD, STRING, Copy
from tracer.syscalls.structures import PATH_MAX
from tracer.wire import Reason


def step_of(copy: Copy, capture_bytes: int, redact: bool) -> Step:
    """What is done for one piece. `capture_bytes`: first bytes kept of payload; `redact`: its address only."""
    if copy.shape in (STRING, PATH):
        return _conditional(copy, _string(copy))
    if copy.shape != FLAT:
        return _conditional(copy, NESTED[copy.shape](copy, capture_bytes, redact))
    if (
        copy.kind == PAYLOAD
        and copy.at.op == "arg"
        and copy.kept == RESULT
        and copy.given == ALWAYS
        and copy.way != IN
    ):
        return _filled(copy, capture_bytes, redact)
    return _conditional(copy, _flat(copy, capture_bytes, redact))


def _filled(copy: Copy, limit: int, redact: bool) -> Step:
    """The buffer of a read: nothing to do unless bytes came."""
    arg, when = copy.arg, copy.way
    place = copy.at.operands[0]
    assert isinstance(place, int)
    if redact:

        def redacted(reader: Reader, args: tuple[int, ...], result: int) -> None:
            if result > 0:
                reader.redacted(arg, when, args[place])

        return redacted

    def filled(reader: Reader, args: tuple[int, ...], result: int) -> None:
        if result > 0:
            reader.take(arg, when, args[place], result if result < limit else limit)

    return filled


def _flat(copy: Copy, capture_bytes: int, redact: bool) -> Step:
    at, size = compile_expression(copy.at), compile_expression(copy.kept)
    arg, when = copy.arg, copy.way
    payload = copy.kind == PAYLOAD
    limit = capture_bytes if payload else LARGEST_STRUCTURE
    redact = payload and redact

    if copy.at.op == "arg" and not redact:
        place = copy.at.operands[0]
        assert isinstance(place, int)

        def direct(reader: Reader, args: tuple[int, ...], result: int) -> None:
            length = size(reader, args, result)
            if length > 0:
                reader.take(arg, when, args[place], length if length < limit else limit)

        return direct

    def flat(reader: Reader, args: tuple[int, ...], result: int) -> None:
        address = at(reader, args, result)
        length = min(size(reader, args, result), limit) if address else 0
        if redact and address:
            reader.missing(arg, when, address, Reason.REDACTED)
        elif length > 0:
            reader.take(arg, when, address, length)

    return flat


def _string(copy: Copy) -> Step:
    at = compile_expression(copy.at)
    arg, when = copy.arg, copy.way

    def string(reader: Reader, args: tuple[int, ...], result: int) -> None:
        address = at(reader, args, result)
        if address:
            reader.take_text(arg, when, address, PATH_MAX)

    return string


def _conditional(copy: Copy, step: Step) -> Step:
    """`step` only when the copy's conditions hold; at entry the result is not yet known and is not asked."""
    conditions: list[Value] = []
    if copy.given != ALWAYS:
        conditions.append(compile_expression(copy.given))
    if copy.way != IN and copy.on != ALWAYS:
        conditions.append(compile_expression(copy.on))
    if copy.at.op != "arg":
        return _checked(conditions, step) if conditions else step
    place = copy.at.operands[0]
    assert isinstance(place, int)
    if not conditions:

        def given(reader: Reader, args: tuple[int, ...], result: int) -> None:
            if args[place]:
                step(reader, args, result)

        return given
    checked = _checked(conditions, step)

    def both(reader: Reader, args: tuple[int, ...], result: int) -> None:
        # Most optional pointers are NULL, and that is the cheapest question.
        if args[place]:
            checked(reader, args, result)

    return both


def _checked(conditions: list[Value], step: Step) -> Step:
    first, last = conditions[0], conditions[-1]

    def checked(reader: Reader, args: tuple[int, ...], result: int) -> None:
        if first(reader, args, result) and (first is last or last(reader, args, result)):
            step(reader, args, result)

    return checked
