"""Size and condition expressions, evaluated for one row as Python numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from tracer.recording.captured import Row
from tracer.syscalls.expression import Expr
from tracer.syscalls.objects import Object
from tracer.wire import ARGUMENT_BLOCK, NO_ARG, When

_LARGEST: Final = 1 << 40


class Missing(Exception):
    """A value that would need memory which was not captured."""


class Scope(NamedTuple):
    """What an expression may look at."""

    row: Row
    thing: Object


def evaluate(expr: Expr, scope: Scope) -> int:
    """The value of `expr`, as a signed 64-bit number. Raises `Missing` when it needs memory that is not there."""
    return _OPERATORS[expr.op](expr, scope)


def find(row: Row, arg: int, when: int, address: int) -> bytes:
    """The first piece captured for `arg` from `address` at stop `when`. Raises `Missing`."""
    wanted = address & 0xFFFFFFFFFFFFFFFF
    for piece in row.pieces:
        if piece.address == wanted and piece.arg == arg and piece.when == when:
            if piece.reason:
                break
            return piece.data
    raise Missing


def signed(value: int) -> int:
    """A 64-bit register as a signed number."""
    return ((value & 0xFFFFFFFFFFFFFFFF) ^ 0x8000000000000000) - 0x8000000000000000


def _const(expr: Expr, _scope: Scope) -> int:
    return _number(expr, 0)


def _result(_expr: Expr, scope: Scope) -> int:
    return scope.row.result


def _arg(expr: Expr, scope: Scope) -> int:
    return signed(scope.row.args[_number(expr, 0)])


def _int(expr: Expr, scope: Scope) -> int:
    return ((scope.row.args[_number(expr, 0)] & 0xFFFFFFFF) ^ 0x80000000) - 0x80000000


def _mul(expr: Expr, scope: Scope) -> int:
    return min(max(_inner(expr, 0, scope), 0), _LARGEST) * _number(expr, 1)


def _div(expr: Expr, scope: Scope) -> int:
    return _inner(expr, 0, scope) // _number(expr, 1)


def _bits(expr: Expr, scope: Scope) -> int:
    return _inner(expr, 0, scope) & _number(expr, 1)


def _among(expr: Expr, scope: Scope) -> int:
    return int(_inner(expr, 0, scope) in expr.operands[1:])


def _not(expr: Expr, scope: Scope) -> int:
    return int(not _inner(expr, 0, scope))


def _and(expr: Expr, scope: Scope) -> int:
    return int(bool(_inner(expr, 0, scope)) and bool(_inner(expr, 1, scope)))


def _or(expr: Expr, scope: Scope) -> int:
    return int(bool(_inner(expr, 0, scope)) or bool(_inner(expr, 1, scope)))


def _add(expr: Expr, scope: Scope) -> int:
    return signed(_inner(expr, 0, scope) + _inner(expr, 1, scope))


def _min(expr: Expr, scope: Scope) -> int:
    return min(_inner(expr, 0, scope), _inner(expr, 1, scope))


def _gt(expr: Expr, scope: Scope) -> int:
    return int(_inner(expr, 0, scope) > _inner(expr, 1, scope))


def _eq(expr: Expr, scope: Scope) -> int:
    return int(_inner(expr, 0, scope) == _inner(expr, 1, scope))


def _load(expr: Expr, scope: Scope) -> int:
    when, arg, offset, width = (_number(expr, place) for place in (0, 1, 3, 4))
    data = find(scope.row, arg, when, _inner(expr, 2, scope))
    if len(data) < offset + width:
        raise Missing
    return signed(int.from_bytes(data[offset : offset + width], "little"))


def _fdset(expr: Expr, scope: Scope) -> int:
    nfds = _int(expr, scope)
    if nfds > 64:
        known = find(scope.row, NO_ARG, When.ENTRY, 0)
        nfds = min(nfds, int.from_bytes(known[:4], "little"))
    bits = _number(expr, 1)
    return max(nfds + bits - 1, 0) // bits * (bits // 8)


def _object(expr: Expr, scope: Scope) -> int:
    return int(int(scope.thing) in expr.operands)


def _pieces(expr: Expr, scope: Scope) -> int:
    wanted = _number(expr, 0)
    return sum(piece.arg == wanted and not piece.reason for piece in scope.row.pieces)


def _block(_expr: Expr, scope: Scope) -> int:
    return next((signed(piece.address) for piece in scope.row.pieces if piece.arg == ARGUMENT_BLOCK), 0)


def _inner(expr: Expr, place: int, scope: Scope) -> int:
    operand = expr.operands[place]
    assert isinstance(operand, Expr)
    return _OPERATORS[operand.op](operand, scope)


def _number(expr: Expr, place: int) -> int:
    operand = expr.operands[place]
    assert isinstance(operand, int)
    return operand


_OPERATORS: Final[dict[str, Callable[[Expr, Scope], int]]] = {
    "const": _const, "result": _result, "arg": _arg, "int": _int, "add": _add, "mul": _mul, "div": _div,
    "min": _min, "gt": _gt, "eq": _eq, "and": _and, "or": _or, "not": _not, "bits": _bits, "among": _among,
    "load": _load, "fdset": _fdset, "object": _object,
    "pieces": _pieces, "block": _block,
}  # fmt: skip
