"""Rows of one system call, and expressions evaluated over all of them at once as numpy columns."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tracer.recording.captured import Captured
from tracer.syscalls.expression import Expr
from tracer.wire import ARGUMENT_BLOCK, NO_ARG, When

Numbers = NDArray[np.int64]
_LARGEST: Final = 1 << 40


class Column(NamedTuple):
    """A value for every row of a group, and whether it is known. Either may be one value for all."""

    values: Any
    known: Any = True


class Group:
    """The rows `rows` of a batch, all of one call; `objects` = what their descriptors are, when followed."""

    __slots__ = ("_batch", "_owner", "_pieces", "objects", "rows")

    def __init__(self, batch: Captured, rows: Numbers, objects: NDArray[np.uint8] | None) -> None:
        self._batch = batch
        self.rows = rows
        self.objects = None if objects is None else objects[rows]
        self._pieces: Numbers | None = None
        self._owner: Numbers | None = None

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def result(self) -> Numbers:
        """The results."""
        values: Numbers = self._batch.result[self.rows]
        return values

    def register(self, index: int) -> Numbers:
        """Argument `index`, signed."""
        values: Numbers = self._batch.args[self.rows, index]
        return values

    def _owned(self) -> tuple[Numbers, Numbers]:
        """The pieces of all rows, and which row of the group each belongs to, in order."""
        if self._pieces is None or self._owner is None:
            first = self._batch.first[self.rows].astype(np.int64)
            count = self._batch.first[self.rows + 1].astype(np.int64) - first
            self._owner = np.repeat(np.arange(len(self.rows)), count)
            self._pieces = ragged(first, count)
        return self._pieces, self._owner

    def find(self, arg: int, when: int, address: Any) -> Numbers:
        """For each row the first piece captured for `arg` from `address` at stop `when`; -1 without one, or
        when it could not be read."""
        found = np.full(len(self.rows), -1, np.int64)
        pieces, owner = self._owned()
        batch = self._batch
        chosen = (batch.arg[pieces] == arg) & (batch.when[pieces] == when)
        pieces, owner = pieces[chosen], owner[chosen]
        wanted = np.broadcast_to(address, len(self.rows))[owner]
        same = batch.address[pieces] == wanted
        # Assigned backwards, so that the first piece of a row is the one that stays.
        found[owner[same][::-1]] = pieces[same][::-1]
        readable = batch.reason[np.maximum(found, 0)] == 0 if len(batch.reason) else False
        return np.where(readable, found, -1)

    def first_address(self, arg: int) -> Numbers:
        """The address of each row's first piece of `arg`, 0 where there is none."""
        pieces, owner = self._owned()
        chosen = self._batch.arg[pieces] == arg
        found = np.zeros(len(self.rows), np.int64)
        found[owner[chosen][::-1]] = self._batch.address[pieces[chosen]][::-1]
        return found

    def count(self, arg: int) -> Numbers:
        """How many readable pieces of `arg` each row has."""
        pieces, owner = self._owned()
        chosen = (self._batch.arg[pieces] == arg) & (self._batch.reason[pieces] == 0)
        return np.bincount(owner[chosen], minlength=len(self.rows)).astype(np.int64)

    def lengths(self, pieces: Numbers) -> Numbers:
        """Bytes of each piece; 0 for -1."""
        safe = np.maximum(pieces, 0)
        if len(self._batch.start) < 2:
            return np.zeros(len(pieces), np.int64)
        lengths = self._batch.start[safe + 1].astype(np.int64) - self._batch.start[safe]
        return np.where(pieces >= 0, lengths, 0)

    def starts(self, pieces: Numbers) -> Numbers:
        """Where the bytes of each piece begin."""
        starts: Numbers = self._batch.start[pieces].astype(np.int64)
        return starts

    def integers(self, offsets: Numbers, width: int) -> Numbers:
        """The unsigned integers of `width` bytes (8: signed) at `offsets` into the batch's captured bytes."""
        gathered = np.zeros((len(offsets), 8), np.uint8)
        if len(offsets):
            gathered[:, :width] = self._batch.data[offsets[:, None] + np.arange(width)]
        numbers: Numbers = gathered.view("<i8").reshape(len(offsets))
        return numbers


def ragged(first: Numbers, count: Numbers, step: int = 1) -> Numbers:
    """first[0], first[0] + step, ... (count[0] of them), first[1], ...: one flat array."""
    ends = np.cumsum(count)
    total = int(ends[-1]) if len(ends) else 0
    return np.repeat(first - (ends - count) * step, count) + np.arange(total) * step


def evaluate(expr: Expr, group: Group) -> Column:
    """`expr` for every row of `group`, in signed 64-bit numbers; comparisons give booleans."""
    return _OPERATORS[expr.op](expr, group)


def _const(expr: Expr, _group: Group) -> Column:
    return Column(_number(expr, 0))


def _result(_expr: Expr, group: Group) -> Column:
    return Column(group.result)


def _arg(expr: Expr, group: Group) -> Column:
    return Column(group.register(_number(expr, 0)))


def _int(expr: Expr, group: Group) -> Column:
    return Column(((group.register(_number(expr, 0)) & 0xFFFFFFFF) ^ 0x80000000) - 0x80000000)


def _mul(expr: Expr, group: Group) -> Column:
    count = _inner(expr, 0, group)
    return Column(np.clip(count.values, 0, _LARGEST) * _number(expr, 1), count.known)


def _div(expr: Expr, group: Group) -> Column:
    count = _inner(expr, 0, group)
    return Column(count.values // _number(expr, 1), count.known)


def _bits(expr: Expr, group: Group) -> Column:
    value = _inner(expr, 0, group)
    return Column(value.values & _number(expr, 1), value.known)


def _among(expr: Expr, group: Group) -> Column:
    value = _inner(expr, 0, group)
    held: Any = False
    for number in expr.operands[1:]:
        held = held | (value.values == number)
    return Column(held, value.known)


def _not(expr: Expr, group: Group) -> Column:
    value = _inner(expr, 0, group)
    return Column(np.equal(value.values, 0), value.known)


def _and(expr: Expr, group: Group) -> Column:
    left, right = _inner(expr, 0, group), _inner(expr, 1, group)
    holds = np.not_equal(left.values, 0)
    return Column(holds & np.not_equal(right.values, 0), left.known & (~holds | right.known))


def _or(expr: Expr, group: Group) -> Column:
    left, right = _inner(expr, 0, group), _inner(expr, 1, group)
    holds = np.not_equal(left.values, 0)
    return Column(holds | np.not_equal(right.values, 0), left.known & (holds | right.known))


def _both(expr: Expr, group: Group, function: Callable[[Any, Any], Any]) -> Column:
    left, right = _inner(expr, 0, group), _inner(expr, 1, group)
    return Column(function(left.values, right.values), left.known & right.known)


def _load(expr: Expr, group: Group) -> Column:
    when, arg, offset, width = (_number(expr, place) for place in (0, 1, 3, 4))
    at = _inner(expr, 2, group)
    pieces = group.find(arg, when, at.values)
    known = at.known & (group.lengths(pieces) >= offset + width)
    known = np.broadcast_to(known, len(group))
    values = np.zeros(len(group), np.int64)
    values[known] = group.integers(group.starts(pieces[known]) + offset, width)
    return Column(values, known)


def _fdset(expr: Expr, group: Group) -> Column:
    nfds = _int(expr, group).values
    large = nfds > 64
    known: Any = True
    if large.any():
        size = _load(_FDSIZE, group)
        nfds = np.where(large, np.minimum(nfds, size.values), nfds)
        known = ~large | size.known
    bits = _number(expr, 1)
    return Column(np.maximum(nfds + bits - 1, 0) // bits * (bits // 8), known)


_FDSIZE: Final = Expr("load", (int(When.ENTRY), NO_ARG, Expr("const", (0,)), 0, 4))


def _object(expr: Expr, group: Group) -> Column:
    return Column(False if group.objects is None else np.isin(group.objects, expr.operands))


def _pieces(expr: Expr, group: Group) -> Column:
    return Column(group.count(_number(expr, 0)))


def _block(_expr: Expr, group: Group) -> Column:
    return Column(group.first_address(ARGUMENT_BLOCK))


def _inner(expr: Expr, place: int, group: Group) -> Column:
    operand = expr.operands[place]
    assert isinstance(operand, Expr)
    return _OPERATORS[operand.op](operand, group)


def _number(expr: Expr, place: int) -> int:
    operand = expr.operands[place]
    assert isinstance(operand, int)
    return operand


_OPERATORS: Final[dict[str, Callable[[Expr, Group], Column]]] = {
    "const": _const, "result": _result, "arg": _arg, "int": _int, "mul": _mul, "div": _div, "bits": _bits,
    "among": _among, "not": _not, "and": _and, "or": _or, "load": _load, "fdset": _fdset, "object": _object,
    "pieces": _pieces, "block": _block,
    "add": lambda expr, group: _both(expr, group, np.add),
    "min": lambda expr, group: _both(expr, group, np.minimum),
    "gt": lambda expr, group: _both(expr, group, np.greater),
    "eq": lambda expr, group: _both(expr, group, np.equal),
}  # fmt: skip
