"""Expressions of declarations, evaluated for calls of which only sums are known.

A value is a number that all of them have in common, or a multiple of the result plus a number, or only known not to
be 0, or not known (None). A result that varies is above 0: calls that returned 0, or failed, are summed up apart.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from tracer.syscalls.expression import Expr

if TYPE_CHECKING:
    from tracer.account.summed_copies import Case

_LARGEST: Final = 1 << 40
_SIGN: Final = 1 << 31


class PerResult(NamedTuple):
    """factor × result + offset, for results from 1 on."""

    factor: int
    offset: int

    @property
    def least(self) -> int:
        """What it is for a result of 1: with a positive factor, the smallest it can be."""
        return self.factor + self.offset


class NotZero(NamedTuple):
    """A number that is not 0."""


Value: TypeAlias = "int | PerResult | NotZero | None"


def evaluate(expr: Expr, case: Case) -> Value:
    """What is known of `expr`."""
    operator = _OPERATORS.get(expr.op)
    return None if operator is None else operator(expr, case)


def truth(value: Value) -> bool | None:
    """Whether it is other than 0; None when that is not known."""
    if isinstance(value, PerResult):
        return True if value.factor > 0 and value.least > 0 else None
    if isinstance(value, NotZero):
        return True
    return None if value is None else value != 0


def _const(expr: Expr, _case: Case) -> Value:
    return _number(expr, 0)


def _result(_expr: Expr, case: Case) -> Value:
    return PerResult(1, 0) if case.result is None else case.result


def _arg(expr: Expr, case: Case) -> Value:
    place = _number(expr, 0)
    known = case.args[place]
    if known is not None:
        return known
    return NotZero() if case.never_null >> place & 1 else None


def _int(expr: Expr, case: Case) -> Value:
    known = case.args[_number(expr, 0)]
    return None if known is None else ((known & 0xFFFFFFFF) ^ _SIGN) - _SIGN


def _mul(expr: Expr, case: Case) -> Value:
    count, factor = _inner(expr, 0, case), _number(expr, 1)
    if isinstance(count, PerResult):
        return PerResult(count.factor * factor, count.offset * factor) if count.least >= 0 else None
    return min(max(count, 0), _LARGEST) * factor if isinstance(count, int) else None


def _div(expr: Expr, case: Case) -> Value:
    count, divisor = _inner(expr, 0, case), _number(expr, 1)
    if isinstance(count, PerResult):
        exact = count.factor % divisor == 0 and count.offset % divisor == 0
        return PerResult(count.factor // divisor, count.offset // divisor) if exact else None
    return count // divisor if isinstance(count, int) else None


def _bits(expr: Expr, case: Case) -> Value:
    value = _inner(expr, 0, case)
    return value & _number(expr, 1) if isinstance(value, int) else None


def _among(expr: Expr, case: Case) -> Value:
    value = _inner(expr, 0, case)
    if isinstance(value, PerResult) and value.factor > 0:
        return 0 if all(number < value.least for number in expr.operands[1:] if isinstance(number, int)) else None
    return int(value in expr.operands[1:]) if isinstance(value, int) else None


def _not(expr: Expr, case: Case) -> Value:
    value = truth(_inner(expr, 0, case))
    return None if value is None else int(not value)


def _and(expr: Expr, case: Case) -> Value:
    left, right = (truth(_inner(expr, place, case)) for place in (0, 1))
    if left is False or right is False:
        return 0
    return None if left is None or right is None else 1


def _or(expr: Expr, case: Case) -> Value:
    left, right = (truth(_inner(expr, place, case)) for place in (0, 1))
    if left or right:
        return 1
    return None if left is None or right is None else 0


def _add(expr: Expr, case: Case) -> Value:
    left, right = (_linear(_inner(expr, place, case)) for place in (0, 1))
    if left is None or right is None:
        return None
    factor, offset = left.factor + right.factor, left.offset + right.offset
    return PerResult(factor, offset) if factor else offset


def _min(expr: Expr, case: Case) -> Value:
    left, right = (_inner(expr, place, case) for place in (0, 1))
    return min(left, right) if isinstance(left, int) and isinstance(right, int) else None


def _gt(expr: Expr, case: Case) -> Value:
    left, right = (_inner(expr, place, case) for place in (0, 1))
    if isinstance(left, int) and isinstance(right, int):
        return int(left > right)
    if isinstance(left, PerResult) and isinstance(right, int) and left.factor > 0 and left.least > right:
        return 1
    if isinstance(left, int) and isinstance(right, PerResult) and right.factor > 0 and left <= right.least:
        return 0
    return None


def _eq(expr: Expr, case: Case) -> Value:
    left, right = (_inner(expr, place, case) for place in (0, 1))
    if isinstance(left, int) and isinstance(right, int):
        return int(left == right)
    if isinstance(right, int) and isinstance(left, PerResult) and left.factor > 0 and left.least > right:
        return 0
    return 0 if isinstance(left, NotZero) and right == 0 else None


def _fdset(expr: Expr, case: Case) -> Value:
    nfds, bits = _int(expr, case), _number(expr, 1)
    # Of more than 64 the kernel copies no more than the descriptor table is large, which nobody noted.
    return (max(nfds, 0) + bits - 1) // bits * (bits // 8) if isinstance(nfds, int) and nfds <= 64 else None


def _linear(value: Value) -> PerResult | None:
    if isinstance(value, int):
        return PerResult(0, value)
    return value if isinstance(value, PerResult) else None


def _inner(expr: Expr, place: int, case: Case) -> Value:
    operand = expr.operands[place]
    assert isinstance(operand, Expr)
    return evaluate(operand, case)


def _number(expr: Expr, place: int) -> int:
    operand = expr.operands[place]
    assert isinstance(operand, int)
    return operand


_OPERATORS: Final[dict[str, Callable[[Expr, Case], Value]]] = {
    "const": _const, "result": _result, "arg": _arg, "int": _int, "mul": _mul, "div": _div, "bits": _bits,
    "among": _among, "not": _not, "and": _and, "or": _or, "add": _add, "min": _min, "gt": _gt, "eq": _eq,
    "fdset": _fdset,
    "object": lambda _expr, _case: 0,  # every descriptor is taken for an ordinary one, as where nobody follows them
}  # fmt: skip
"""What needs memory that was captured (load, pieces, block) is not known."""
