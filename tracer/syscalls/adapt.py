"""One declaration for every ABI: sizes and offsets become numbers, 64-bit arguments take as many registers as they
do.

`adapted` is what stands between the declarations of the family files, which speak of structures by name, and
everybody who reads them by ABI and number.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Final

from tracer.syscalls.expression import NEVER, Expr, Operand, const
from tracer.syscalls.layouts import Model, layout
from tracer.syscalls.model import FLAT, GIVEN_CMSGS, Arg, Copy, Syscall

WIDE: Final = {"loff": "loff", "flags:fanotify_mask": "flags:fanotify_mask"}
"""Arguments (by what they read as) that have 64 bits on every machine, and how they read when they take two
registers."""


def adapted(declared: Syscall, model: Model, name: str | None = None) -> Syscall:
    """`declared` as a program of `model` makes it, under the `name` it has there."""
    args, places = _registers(declared.args, model)
    adapter = _Adapter(model, places)
    copies = tuple([adapter.copy(each) for each in declared.copies])
    like = declared.family if name not in (None, declared.name) else declared.like
    unknown = adapter.expression(declared.unknown)
    return Syscall(name or declared.name, args, copies, declared.returns, unknown, model, like)


def _registers(args: Sequence[Arg], model: Model) -> tuple[tuple[Arg, ...], tuple[int, ...]]:
    """The arguments with one entry a register, and where each now begins."""
    if not model.pairs:
        return tuple(args), tuple(range(len(args)))
    found: list[Arg] = []
    places = []
    for each in args:
        places.append(len(found))
        if each.reads in WIDE:
            found += [each._replace(reads=WIDE[each.reads]), Arg(f"{each.name}_high", "nothing")]
        else:
            found.append(each)
    return tuple(found), tuple(places)


class _Adapter:
    """Rewrites the copies and expressions of one declaration."""

    def __init__(self, model: Model, places: tuple[int, ...]) -> None:
        self._model = model
        self._places = places
        self._moved = places != tuple(range(len(places)))

    def copy(self, copy: Copy) -> Copy:
        """One rule."""
        way, kind, size, given, on, at, kept, shape, entries, unit, what, zeros, counted, place, _, unit_of = copy
        if unit_of:
            unit = layout(unit_of, self._model).size
        if shape == GIVEN_CMSGS and self._model.word == 8:
            shape = FLAT
        change = self.expression
        return Copy(
            way, kind, change(size), change(given), change(on), change(at), None if kept is None else change(kept),
            shape, change(entries), unit, what, zeros, counted, self._place(place), self._model, unit_of,
        )  # fmt: skip

    def expression(self, expr: Expr) -> Expr:
        """The same expression in numbers."""
        op, operands = expr
        change = _CHANGES.get(op)
        if change is not None:
            return change(self, expr)
        if op in ("arg", "int"):
            return Expr(op, (self._place(operands[0]),)) if self._moved else expr
        if op == "load":
            when, place, at, *rest = operands
            assert isinstance(at, Expr)
            return Expr(op, (when, self._place(place), self.expression(at), *rest))
        if not self._deep(operands):
            return expr
        changed: list[Operand] = [self.expression(each) if isinstance(each, Expr) else each for each in operands]
        if op in ("mul", "div"):
            changed[1] = _number(changed[1])
        return _folded(op, changed)

    @staticmethod
    def _deep(operands: tuple[Operand, ...]) -> bool:
        return any(isinstance(each, Expr) for each in operands)

    def _place(self, place: Operand) -> int:
        assert isinstance(place, int)
        # What lies beyond is no argument but a kind of piece (`tracer.wire.NO_ARG`).
        return self._places[place] if place < len(self._places) else place

    def _sizeof(self, expr: Expr) -> Expr:
        return const(layout(str(expr.operands[0]), self._model).size)

    def _offsetof(self, expr: Expr) -> Expr:
        structure, field = map(str, expr.operands)
        return const(layout(structure, self._model).field(field).offset)

    def _member(self, expr: Expr) -> Expr:
        when, place, at, structure, name = expr.operands
        assert isinstance(at, Expr)
        field = layout(str(structure), self._model).field(str(name))
        return Expr("load", (when, self._place(place), self.expression(at), field.offset, field.width))

    def _short(self, _expr: Expr) -> Expr:
        return const(1) if self._model.word == 4 else NEVER

    def _fdset(self, expr: Expr) -> Expr:
        return Expr("fdset", (self._place(expr.operands[0]), 8 * self._model.word))


_CHANGES: Final = {
    "sizeof": _Adapter._sizeof, "offsetof": _Adapter._offsetof, "member": _Adapter._member,
    "short": _Adapter._short, "fdset": _Adapter._fdset,
}  # fmt: skip


_ARITHMETIC: Final[dict[str, Callable[[int, int], int]]] = {
    "add": operator.add, "mul": operator.mul, "div": operator.floordiv,
}  # fmt: skip


def _folded(op: str, operands: list[Operand]) -> Expr:
    """A sum, product or quotient of two numbers as a number."""
    compute = _ARITHMETIC.get(op)
    if compute is not None and all(not isinstance(each, Expr) or each.op == "const" for each in operands):
        return const(compute(*map(_number, operands)))
    return Expr(op, tuple(operands))


def _number(operand: Operand) -> int:
    if isinstance(operand, Expr):
        operand = operand.operands[0]
    assert isinstance(operand, int)
    return operand
