"""What calls copied of which only sums are known: so much for each, and so much for each unit of their results.

A declaration's rules say what one call copies, by its arguments and its result. Of calls that were summed up it is
known which arguments were the same in all of them, which pointers were never NULL, and the sum of the results.
Where a rule needs no more than that, its sums are exact; where it does, the calls count as ones of which more may
have been copied.
"""

from __future__ import annotations

import errno
from collections.abc import Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from tracer.account.summed_terms import PerResult, Value, evaluate, truth
from tracer.account.transfers import LARGEST
from tracer.syscalls.model import CONTROL, FLAT, IN, SEGMENTS, Copy
from tracer.syscalls.table import declaration_of

FIELDS: Final = ("copies_in", "copies_out", "payload_in", "payload_out", "control_in", "control_out")

Pair = tuple[int, int]
"""For each call, and for each unit of its result."""


class Case(NamedTuple):
    """Calls that are alike as far as their copies are concerned."""

    abi: int
    nr: int
    error: int
    """Errno, or the code of a restart; 0: none."""
    empty: bool
    """The result is 0."""
    args: tuple[int | None, ...]
    """None where they vary."""
    never_null: int
    """Bits of arguments that never were 0."""
    result: int | None
    """None where it varies; it is above 0 then."""

    @classmethod
    def of(cls, abi: int, nr: int, error: int, empty: bool, varying: int, args: Sequence[int], first: int) -> Case:
        """By what a SUMS row has; `varying`: its args[4], `args` and `first`: arguments and result of the first."""
        same = tuple(None if varying >> place & 1 else value for place, value in enumerate(args))
        never_null = ~(varying >> 8) & 0x3F
        if error:
            result: int | None = -error
        elif empty:
            result = 0
        else:
            result = None if varying >> 7 & 1 else first
        # Values of pointers do not matter, only whether they are NULL: fewer cases to remember.
        return cls(abi, nr, error, empty, same, never_null, result)


class Linear(NamedTuple):
    """What they copied; the amounts in the order of `FIELDS`."""

    amounts: tuple[Pair, ...]
    unknown: bool
    """Each may have copied more."""


_NOTHING: Final = Linear(((0, 0),) * len(FIELDS), unknown=False)


@lru_cache(maxsize=1 << 14)
def linear(case: Case) -> Linear:
    """What calls of this case copied."""
    declared = declaration_of(case.abi, case.nr)
    if case.error == errno.ENOSYS:
        return _NOTHING
    if declared is None:
        return _NOTHING._replace(unknown=True)
    if case.error == errno.EFAULT:
        return _NOTHING._replace(unknown=bool(declared.copies))
    if declared.returns == "restored":
        case = case._replace(result=0)
    totals = [[0, 0] for _ in FIELDS]
    unknown = truth(evaluate(declared.unknown, case)) is not False
    for copy in declared.copies:
        if copy.counted:
            unknown |= _add(totals, copy, case)
    return Linear(tuple((each, per) for each, per in totals), unknown)


def _add(totals: list[list[int]], copy: Copy, case: Case) -> bool:
    """Add what one rule gives; whether there may be more."""
    holds = [truth(evaluate(condition, case)) for condition in (copy.given, copy.on, copy.at)]
    if any(each is False for each in holds):
        return False
    if None in holds or copy.shape not in (FLAT, SEGMENTS):
        return True
    size = _bytes(evaluate(copy.size, case))
    if size is None:
        return True
    if size == (0, 0):
        return False
    way = "in" if copy.way == IN else "out"
    kind = "control" if copy.kind == CONTROL else "payload"
    transfers, unknown = _transfers(copy, size, case)
    for name, amount in ((f"{kind}_{way}", size), (f"copies_{way}", transfers)):
        place = FIELDS.index(name)
        totals[place][0] += amount[0]
        totals[place][1] += amount[1]
    return unknown


def _bytes(size: Value) -> Pair | None:
    if isinstance(size, PerResult):
        return (size.offset, size.factor) if size.factor > 0 and size.least > 0 else None
    if isinstance(size, int):
        return min(max(size, 0), LARGEST), 0
    return None


def _transfers(copy: Copy, size: Pair, case: Case) -> tuple[Pair, bool]:
    each, per = size
    if copy.shape == SEGMENTS:  # how much moved is known, into how many pieces is not
        return (1, 0), evaluate(copy.entries, case) != 1
    if not copy.unit:
        return (1, 0), False
    if per == 0:
        return (-(-each // copy.unit), 0), False
    if each % copy.unit or per % copy.unit:
        return (1, 0), True
    return (each // copy.unit, per // copy.unit), False
