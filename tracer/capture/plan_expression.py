"""Size and condition expressions, compiled to closures for the capture loop.

A value that would need memory nobody could read counts as 0 here: capture then keeps nothing, and accounting,
which distinguishes the two, says that it is unknown.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from tracer.capture.memory import Reader
from tracer.syscalls.expression import ALWAYS, NEVER, POSITIVE, SUCCEEDED, Expr
from tracer.wire import NO_ARG, When

Value = Callable[[Reader, tuple[int, ...], int], int]
"""Reader with the pieces so far, the six registers, the result (0 at entry) -> a number."""

_LARGEST: Final = 1 << 40


def compile_expression(expr: Expr) -> Value:
    """The closure that computes `expr`."""
    return _SHORTCUTS.get(expr) or _COMPILERS[expr.op](expr)


def simplify(expr: Expr) -> Expr:
    """The same condition without what is constant here: capture does not know what descriptors are."""
    if expr.op == "object":
        return NEVER
    operands = tuple([simplify(each) if isinstance(each, Expr) else each for each in expr.operands])
    left, right = (*operands, None, None)[:2]
    if expr.op == "not" and left in (ALWAYS, NEVER):
        return ALWAYS if left == NEVER else NEVER
    if expr.op in ("and", "or"):
        neutral, decisive = (ALWAYS, NEVER) if expr.op == "and" else (NEVER, ALWAYS)
        if decisive in (left, right):
            return decisive
        if neutral in (left, right):
            rest = right if left == neutral else left
            assert isinstance(rest, Expr)
            return rest
    return Expr(expr.op, operands)


def needs_success(condition: Expr) -> bool:
    """Whether the condition can only hold when the call did not fail."""
    if condition.op == "and":
        return any(isinstance(each, Expr) and needs_success(each) for each in condition.operands)
    return condition in (SUCCEEDED, POSITIVE)


def _const(expr: Expr) -> Value:
    number = _number(expr, 0)
    return lambda _reader, _args, _result: number


def _result(_expr: Expr) -> Value:
    return lambda _reader, _args, result: result


def _arg(expr: Expr) -> Value:
    index = _number(expr, 0)
    return lambda _reader, args, _result: args[index]


def _int(expr: Expr) -> Value:
    index = _number(expr, 0)
    return lambda _reader, args, _result: ((args[index] & 0xFFFFFFFF) ^ 0x80000000) - 0x80000000


def _mul(expr: Expr) -> Value:
    count, factor = _inner(expr, 0), _number(expr, 1)
    return lambda reader, args, result: min(max(count(reader, args, result), 0), _LARGEST) * factor


def _div(expr: Expr) -> Value:
    count, divisor = _inner(expr, 0), _number(expr, 1)
    return lambda reader, args, result: count(reader, args, result) // divisor


def _bits(expr: Expr) -> Value:
    value, mask = _inner(expr, 0), _number(expr, 1)
    return lambda reader, args, result: value(reader, args, result) & mask


def _among(expr: Expr) -> Value:
    value = _inner(expr, 0)
    numbers = frozenset(expr.operands[1:]) | {_unsigned(each) for each in expr.operands[1:]}
    return lambda reader, args, result: int(value(reader, args, result) in numbers)


def _unsigned(number: object) -> object:
    return number & 0xFFFFFFFFFFFFFFFF if isinstance(number, int) and number < -4096 else number


def _not(expr: Expr) -> Value:
    operand = expr.operands[0]
    if isinstance(operand, Expr) and operand.op == "eq" and operand.operands[1] == NEVER:
        # "the pointer is given", the commonest condition of all
        return _inner(operand, 0)
    value = _inner(expr, 0)
    return lambda reader, args, result: int(not value(reader, args, result))


def _and(expr: Expr) -> Value:
    left, right = _inner(expr, 0), _inner(expr, 1)
    return lambda reader, args, result: int(bool(left(reader, args, result)) and bool(right(reader, args, result)))


def _or(expr: Expr) -> Value:
    left, right = _inner(expr, 0), _inner(expr, 1)
    return lambda reader, args, result: int(bool(left(reader, args, result)) or bool(right(reader, args, result)))


def _add(expr: Expr) -> Value:
    left, right = _inner(expr, 0), _inner(expr, 1)
    return lambda reader, args, result: left(reader, args, result) + right(reader, args, result)


def _min(expr: Expr) -> Value:
    left, right = _inner(expr, 0), _inner(expr, 1)
    return lambda reader, args, result: min(left(reader, args, result), right(reader, args, result))


def _gt(expr: Expr) -> Value:
    left, right = _inner(expr, 0), _inner(expr, 1)
    return lambda reader, args, result: int(left(reader, args, result) > right(reader, args, result))


def _eq(expr: Expr) -> Value:
    left, right = _inner(expr, 0), _inner(expr, 1)
    return lambda reader, args, result: int(left(reader, args, result) == right(reader, args, result))


def _load(expr: Expr) -> Value:
    when, index, offset, width = (_number(expr, place) for place in (0, 1, 3, 4))
    at = _inner(expr, 2)

    def load(reader: Reader, args: tuple[int, ...], result: int) -> int:
        piece = reader.recall(index, when, at(reader, args, result))
        return int.from_bytes(piece[offset : offset + width], "little") if piece else 0

    return load


def _fdset(expr: Expr) -> Value:
    nfds, bits = _int(expr), _number(expr, 1)

    def fdset(reader: Reader, args: tuple[int, ...], result: int) -> int:
        wanted = nfds(reader, args, result)
        if wanted > 64:
            known = reader.recall(NO_ARG, When.ENTRY, 0)
            wanted = min(wanted, int.from_bytes(known, "little") if known else 64)
        return max(wanted + bits - 1, 0) // bits * (bits // 8)

    return fdset


def _inner(expr: Expr, place: int) -> Value:
    operand = expr.operands[place]
    assert isinstance(operand, Expr)
    return compile_expression(operand)


def _number(expr: Expr, place: int) -> int:
    operand = expr.operands[place]
    assert isinstance(operand, int)
    return operand


_SHORTCUTS: Final[dict[Expr, Value]] = {
    SUCCEEDED: lambda _reader, _args, result: result >= 0,
    POSITIVE: lambda _reader, _args, result: result > 0,
}

_COMPILERS: Final[dict[str, Callable[[Expr], Value]]] = {
    "const": _const, "result": _result, "arg": _arg, "int": _int, "add": _add, "mul": _mul, "div": _div,
    "min": _min, "gt": _gt, "eq": _eq, "and": _and, "or": _or, "not": _not, "bits": _bits, "among": _among,
    "load": _load, "fdset": _fdset,
}  # fmt: skip
