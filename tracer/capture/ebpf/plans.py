"""Declarations compiled for the kernel: a table of at most nine simple actions a call.

A BPF program cannot run every expression the declarations use, so a copy is kept when its place and its size are a
register, a number, the result, or one word of a structure a register points to, times a constant. Conditions are
kept when they compare a register with numbers; others are left out, which at worst keeps a piece nobody asks for.
What does not fit is not captured, and whatever depends on it is unknown (`left_out`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from tracer.capture.ebpf.layout import ACTION, I386_PLANS, LARGE_DATA, MOST_ACTIONS, PLAN_HEAD, VALUE
from tracer.capture.ebpf.machines import Machine, here
from tracer.capture.ebpf.multiplexed import Unfolding, unfoldings
from tracer.capture.plan import PlanOptions
from tracer.capture.plan_expression import needs_success, simplify
from tracer.syscalls.expression import ALWAYS, NEVER, POSITIVE, Expr
from tracer.syscalls.layouts import layout
from tracer.syscalls.model import (
    CMSGS,
    FDSIZE,
    FLAT,
    GIVEN_CMSGS,
    IN,
    IOCBS,
    PATH,
    PAYLOAD,
    RECEIVED,
    SEGMENTS,
    SENT,
    STRING,
    STRINGS,
    Copy,
    Syscall,
)  # fmt: skip
from tracer.syscalls.table import declarations
from tracer.wire import Abi

_CONST, _RESULT, _ARG, _INT_ARG, _LOAD, _FD_SET = range(6)
_SHAPES: Final = {FLAT: 0, CMSGS: 0, GIVEN_CMSGS: 0, STRING: 1, PATH: 1, SEGMENTS: 2}
_ANY, _SUCCESS, _POSITIVE = range(3)
_NESTED: Final = {STRINGS: 1, FDSIZE: 3, IOCBS: 4, SENT: 5, RECEIVED: 6}
"""An argument vector is 1 or 2, as its argument is."""
_MESSAGES_TO_FILL, _MESSAGES_FILLED = 6, 7
_MASK: Final = (1 << 64) - 1
_INT: Final = 0xFFFFFFFF
_MATCHES: Final = 4
_NOTHING: Final = bytes(VALUE.size)


class TooHard(Exception):
    """The expression is beyond what the programs can compute."""


class _Match(NamedTuple):
    arg: int = 0
    mask: int = 0
    numbers: tuple[int, ...] = ()


def kernel_plans(options: PlanOptions, machine: Machine | None = None) -> dict[int, bytes]:
    """The table's entries by place: the machine's own calls (default: this machine's), and those of its 32-bit
    programs behind them."""
    machine = machine or here()
    plans = {}
    for abi, begin in ((machine.native, 0), (machine.narrow, I386_PLANS)):
        declared = declarations(abi)
        for number, call in declared.items():
            if number < I386_PLANS and (plan := kernel_plan(call, options)):
                plans[begin + number] = plan
        for each in unfoldings() if abi is Abi.I386 else ():
            plans[each.place] = kernel_plan(declared[each.number], options, each)
    return plans


def kernel_plan(declared: Syscall, options: PlanOptions, unfolding: Unfolding | None = None) -> bytes:
    """One call's entry; empty when it has nothing to keep, and is no other call's operation."""
    entry: list[bytes] = []
    exits: list[bytes] = []
    for copy in sorted(declared.copies, key=_rank):
        if _kept(copy, options):
            try:
                (entry if copy.way == IN else exits).extend(_actions(copy))
            except TooHard:
                continue
    exits += [_sent(copy) for copy in declared.copies if copy.shape == SENT and copy.way != IN]
    entry = entry[:MOST_ACTIONS]
    exits = exits[: MOST_ACTIONS - len(entry)]
    before, after = _nested(declared)
    if not entry and not exits and not before and not after and unfolding is None:
        return b""
    head = unfolding.head() if unfolding is not None else (0, 0, 0, b"")
    return PLAN_HEAD.pack(len(entry), len(exits), before, after, *head) + b"".join((*entry, *exits))


def _nested(declared: Syscall) -> tuple[int, int]:
    """What is kept behind the actions of the entry, and of the exit (`enum nested`, programs/nested.h)."""
    shapes = {copy.shape: copy.arg for copy in declared.copies if copy.shape in _NESTED}
    if STRINGS in shapes:
        return shapes[STRINGS], 0
    if RECEIVED in shapes:
        return _MESSAGES_TO_FILL, _MESSAGES_FILLED
    return next((_NESTED[shape] for shape in shapes), 0), 0


def _sent(copy: Copy) -> bytes:
    """The headers of messages once more, when they have got how much of each was sent."""
    at = VALUE.pack(_ARG, copy.arg, 0, 0, 1, _INT)
    size = VALUE.pack(_RESULT, 0, 0, 0, layout("mmsghdr", copy.model).size, LARGE_DATA)
    return ACTION.pack(_SHAPES[FLAT], copy.way, _POSITIVE, 0, copy.arg, 0, 0, 0, 0, 0, 0, 0, at, size, _NOTHING)


def left_out(options: PlanOptions, machine: Machine | None = None) -> Mapping[str, int]:
    """How many copies of each of the machine's own calls are not captured."""
    found: dict[str, int] = {}
    for declared in declarations((machine or here()).native).values():
        for copy in declared.copies:
            try:
                if _kept(copy, options):
                    list(_actions(copy))
            except TooHard:
                found[declared.name] = found.get(declared.name, 0) + 1
    return found


def _rank(copy: Copy) -> bool:
    return copy.kind == PAYLOAD


def _kept(copy: Copy, options: PlanOptions) -> bool:
    if copy.shape not in _SHAPES or (copy.kept == NEVER and copy.shape == FLAT):
        return False
    return copy.kind != PAYLOAD or (options.capture_bytes > 0 and not options.redact)


def _actions(copy: Copy) -> Iterator[bytes]:
    at = _value(copy.at)
    text = copy.shape in (STRING, PATH)
    size = _NOTHING if text else _value(copy.kept, LARGE_DATA)
    entries = _value(copy.entries) if copy.shape == SEGMENTS else _NOTHING
    match = _match(simplify(copy.given))
    for begin in range(0, max(len(match.numbers), 1), _MATCHES):
        numbers = match.numbers[begin : begin + _MATCHES]
        yield ACTION.pack(
            _SHAPES[copy.shape], copy.way, _needs(copy), copy.kind == PAYLOAD, copy.arg, len(numbers), match.arg,
            match.mask, *(*numbers, 0, 0, 0, 0)[:_MATCHES], at, size, entries,
        )  # fmt: skip


def _needs(copy: Copy) -> int:
    on = simplify(copy.on)
    if copy.way == IN or not needs_success(on):
        return _ANY
    return _POSITIVE if on == POSITIVE else _SUCCESS


def _value(expr: Expr, most: int = _INT) -> bytes:
    source, arg, width, offset, scale, limit = _computed(expr)
    return VALUE.pack(source, arg, width, offset, scale, min(limit, most))


def _computed(expr: Expr) -> tuple[int, int, int, int, int, int]:
    """source, arg, width, offset, scale, most."""
    operands = expr.operands
    match expr.op, operands:
        case "const", (int(number),) if -(1 << 31) <= number < 1 << 31:
            return _CONST, 0, 0, number, 1, _INT
        case "result", _:
            return _RESULT, 0, 0, 0, 1, _INT
        case "arg", (int(index),):
            return _ARG, index, 0, 0, 1, _INT
        case "int", (int(index),):
            return _INT_ARG, index, 0, 0, 1, _INT
        case "fdset", (int(index), _):
            return _FD_SET, index, 0, 0, 1, _INT
        case "bits", (Expr() as inner, int(mask)) if mask == _INT and inner.op == "arg":
            return _INT_ARG, _index(inner), 0, 0, 1, _INT
        case "add", (Expr(op="arg") as inner, Expr(op="const", operands=(int(number),))):
            return _ARG, _index(inner), 0, number, 1, _INT
        case "mul", (Expr() as inner, int(factor)):
            source, arg, width, offset, scale, most = _computed(inner)
            return source, arg, width, offset, scale * factor, most
        case "min", (Expr() as inner, Expr(op="const", operands=(int(number),))):
            source, arg, width, offset, scale, _ = _computed(inner)
            return source, arg, width, offset, scale, number
        case "min", (Expr() as inner, Expr()):
            return _computed(inner)  # the other bound is a buffer the program says it has
        case "load", (_, _, Expr(op="arg") as inner, int(offset), int(width)) if width in (4, 8):
            return _LOAD, _index(inner), width, offset, 1, _INT
    raise TooHard(expr.op)


def _index(expr: Expr) -> int:
    index = expr.operands[0]
    assert isinstance(index, int)
    return index


def _match(given: Expr) -> _Match:
    """The condition as one register compared with numbers; an empty one when it is another kind of condition."""
    if given == ALWAYS:
        return _Match()
    if given == NEVER:
        raise TooHard("never")
    match given.op, given.operands:
        case "eq", (Expr() as inner, Expr(op="const", operands=(int(number),))):
            return _compared(inner, (number,))
        case "among", (Expr() as inner, *numbers):
            return _compared(inner, tuple(each for each in numbers if isinstance(each, int)))
    return _Match()


def _compared(inner: Expr, numbers: tuple[int, ...]) -> _Match:
    match inner.op, inner.operands:
        case "arg", (int(index),):
            return _Match(index, _MASK, tuple(number & _MASK for number in numbers))
        case "int", (int(index),):
            return _Match(index, _INT, tuple(number & _INT for number in numbers))
        case "bits", (Expr(op="arg") as arg, int(mask)):
            return _Match(_index(arg), mask & _MASK, tuple(number & mask for number in numbers))
    return _Match()
