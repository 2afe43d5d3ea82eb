"""Size and condition expressions of syscall declarations: small frozen trees, pure data.

Three interpreters read them, and each stays small because the language is small: capture compiles them to
closures (`tracer.capture.plan`), account evaluates them as numpy columns (`tracer.account.copies`) and for one
row as Python numbers (`tracer.account.transfers`). Comparisons give 1 or 0. A `load` from memory that was
not captured has no value: whatever needs it is then unknown, never 0.

Sizes and offsets of structures are words (`size_of`, `member`) that become numbers when a declaration is adapted to
an ABI (`tracer.syscalls.adapt`); the interpreters never see them.

Declarations are named tuples, not dataclasses: the capture process makes some thousands of them at its start, and
these are made several times as fast.
"""

from __future__ import annotations

import errno
from typing import Final, NamedTuple, TypeAlias

from tracer.syscalls.objects import Object

ENTRY: Final = 0
"""Memory as it was at the entry stop (`tracer.wire.When.ENTRY`)."""
EXIT: Final = 1
"""Memory as it was at the exit stop."""


class Expr(NamedTuple):
    """One node: an operator and its operands (nodes, numbers, or argument names until `call` resolves them)."""

    op: str
    operands: tuple[Operand, ...] = ()


Operand: TypeAlias = "Expr | int | str"
Term: TypeAlias = "Expr | int"

RESULT: Final = Expr("result")
"""The call's result: negative for an errno, -512..-516 for an interruption."""


def const(number: int) -> Expr:
    """A number."""
    return Expr("const", (number,))


def term(value: Term) -> Expr:
    """`value` as a node."""
    return const(value) if isinstance(value, int) else value


ALWAYS: Final = const(1)
NEVER: Final = const(0)


def arg(name: str) -> Expr:
    """The argument `name` as a 64-bit register."""
    return Expr("arg", (name,))


def int_arg(name: str) -> Expr:
    """The argument `name` as a C int: the low 32 bits, signed."""
    return Expr("int", (name,))


def plus(left: Term, right: Term) -> Expr:
    """The sum."""
    return Expr("add", (term(left), term(right)))


def times(factor: Term, count: Term) -> Expr:
    """`factor` times `count`; `count` is clamped to 0..2**40 first, so the product cannot overflow. A factor that
    is no number is `size_of` something."""
    return Expr("mul", (term(count), factor))


def over(count: Term, divisor: Term) -> Expr:
    """`count` divided by `divisor`, rounded down."""
    return Expr("div", (term(count), divisor))


def least(left: Term, right: Term) -> Expr:
    """The smaller of two."""
    return Expr("min", (term(left), term(right)))


def more(left: Term, right: Term) -> Expr:
    """left > right, signed."""
    return Expr("gt", (term(left), term(right)))


def same(left: Term, right: Term) -> Expr:
    """left == right."""
    return Expr("eq", (term(left), term(right)))


def both(left: Expr, right: Expr, *rest: Expr) -> Expr:
    """Conjunction; the right side is looked at only when the left holds."""
    joined = Expr("and", (left, right))
    return both(joined, *rest) if rest else joined


def either(left: Expr, right: Expr, *rest: Expr) -> Expr:
    """Disjunction; the right side is looked at only when the left does not hold."""
    joined = Expr("or", (left, right))
    return either(joined, *rest) if rest else joined


def negate(condition: Expr) -> Expr:
    """The opposite."""
    return Expr("not", (condition,))


def bits(value: Term, mask: int) -> Expr:
    """value & mask: a flag test, or a masked operation code."""
    return Expr("bits", (term(value), mask))


def among(value: Term, *numbers: int) -> Expr:
    """Whether `value` is one of `numbers`."""
    return Expr("among", (term(value), *numbers))


def failed(*names: str) -> Expr:
    """Whether the call failed with one of these errors (`failed("EBADF", "ENOTSOCK")`)."""
    return Expr("among", (RESULT, *(-getattr(errno, name) for name in names)))


def unless(*names: str) -> Expr:
    """Whatever the result, but not one of these errors: they are found before anything is copied."""
    return negate(failed(*names))


def given(name: str) -> Expr:
    """Whether the pointer argument `name` is not NULL."""
    return negate(same(arg(name), 0))


def load(when: int, name: str, at: Expr, offset: int, width: int) -> Expr:
    """The unsigned integer of `width` bytes at `offset` in the piece captured for argument `name` from address
    `at` at stop `when`. No value when the piece is missing or too short."""
    return Expr("load", (when, name, at, offset, width))


def was(name: str, offset: int = 0, width: int = 4) -> Expr:
    """What the argument `name` pointed to at entry."""
    return load(ENTRY, name, arg(name), offset, width)


def became(name: str, offset: int = 0, width: int = 4) -> Expr:
    """What the argument `name` pointed to at exit."""
    return load(EXIT, name, arg(name), offset, width)


def size_of(structure: str) -> Expr:
    """Bytes of a structure of `tracer.syscalls.layouts`; a number once the ABI is known
    (`tracer.syscalls.adapt`)."""
    return Expr("sizeof", (structure,))


def offset_of(structure: str, field: str) -> Expr:
    """Where a field begins in its structure; a number once the ABI is known."""
    return Expr("offsetof", (structure, field))


def member(when: int, name: str, at: Expr, structure: str, field: str) -> Expr:
    """The field of a structure in the piece captured for argument `name` from address `at` at stop `when`: a `load`
    once the ABI is known."""
    return Expr("member", (when, name, at, structure, field))


WORDS_ARE_SHORT: Final = Expr("short")
"""Whether a long has 4 bytes; a number once the ABI is known."""


def argument_block() -> Expr:
    """The address of the memory a multiplexed call took its arguments from, 0 when it took none
    (`tracer.syscalls.multiplexers`)."""
    return Expr("block")


def fdset_bytes(nfds: str) -> Expr:
    """Bytes of one fd_set: min(nfds, FDSize) bits, rounded up to whole longs (FDS_BYTES, fs/select.c; for 32-bit
    programs to 4 bytes, `compat_get_bitmap`, kernel/compat.c).

    FDSize is the size of the process's descriptor table, captured as an item of no argument when nfds > 64 (it
    is never smaller than 64)."""
    return Expr("fdset", (nfds,))


def object_is(*objects: Object) -> Expr:
    """Whether the descriptor in the first argument is known to be one of `objects`."""
    return Expr("object", tuple(int(each) for each in objects))


def pieces_of(piece: int) -> Expr:
    """How many pieces of kind `piece` (an item's `arg`, such as `tracer.wire.RING_SUBMISSION`) were captured."""
    return Expr("pieces", (piece,))


SUCCEEDED: Final = more(RESULT, -1)
POSITIVE: Final = more(RESULT, 0)
INTERRUPTED: Final = Expr("among", (RESULT, -errno.EINTR, -512, -513, -514, -516))
"""EINTR, or one of the kernel's restart codes that only a tracer sees (include/linux/errno.h)."""


_WITHOUT_ARGUMENTS: Final = frozenset({"const", "sizeof", "offsetof", "short", "block"})
_CLOSED: Final = frozenset(map(id, (RESULT, ALWAYS, NEVER, SUCCEEDED, POSITIVE, INTERRUPTED)))


def resolve(expr: Expr, names: tuple[str, ...]) -> Expr:
    """The same expression with argument names replaced by their positions.

    Raises ValueError when a name is not an argument of the call."""
    if id(expr) in _CLOSED or expr.op in _WITHOUT_ARGUMENTS:
        return expr
    if expr.op == "member":
        when, name, at, *field = expr.operands
        assert isinstance(name, str)
        assert isinstance(at, Expr)
        return Expr("member", (when, names.index(name), resolve(at, names), *field))
    operands: list[Operand] = []
    for each in expr.operands:
        if isinstance(each, Expr):
            operands.append(resolve(each, names))
        else:
            operands.append(names.index(each) if isinstance(each, str) else each)
    return Expr(expr.op, tuple(operands))
