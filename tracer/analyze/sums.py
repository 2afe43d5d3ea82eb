"""The numbers that are summed for every set of phases, call and thread, and their order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tracer.analyze.columns import Columns
from tracer.analyze.results import Copies, Times
from tracer.analyze.summed import SummedCalls

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]
Column = NDArray[Any]

COPIES: Final = (
    "copies_in",
    "copies_out",
    "payload_in",
    "payload_out",
    "control_in",
    "control_out",
    "unknown",
)
BEFORE: Final = ("user", "before_blocked", "before_runnable")
"""What happened before the call was entered."""
INSIDE: Final = ("calls", "failed", "wasted", "wakeups", "kernel", "blocked", "runnable", "tracer",
                 "failed_kernel", "spread", *COPIES)  # fmt: skip
ALL: Final = (*BEFORE, *INSIDE)
UNTIL_COPIES: Final = len(ALL) - len(COPIES)
"""From here on `ALL` are copies."""
INDEX: Final = {name: position for position, name in enumerate(ALL)}


def values_of(columns: Columns) -> tuple[Column, ...]:
    """All numbers of every row, one column for each of `ALL`."""
    times, copies = columns.times, columns.copies
    values = (
        times.user, times.before_blocked, times.before_runnable,
        columns.returned, columns.failed, columns.wasted, columns.wakeup,
        times.kernel, times.blocked, times.runnable, times.tracer,
        np.where(columns.failed, times.kernel, 0), columns.spread,
        *(getattr(copies, name) for name in COPIES),
    )  # fmt: skip
    return values if columns.summed is None else _with_summed(values, columns.summed)


def _with_summed(values: tuple[Column, ...], summed: SummedCalls) -> tuple[Column, ...]:
    """The numbers, with those of rows that stand for many calls; their times are there already."""
    numbers = [np.asarray(column, np.int64).copy() for column in values]
    rows = summed.rows
    for name in ("calls", "failed", "wasted", "wakeups"):
        numbers[INDEX[name]][rows] = getattr(summed, name)
    numbers[INDEX["failed_kernel"]][rows] = numbers[INDEX["kernel"]][rows] * (summed.failed > 0)
    for name, amounts in zip(COPIES, summed.copies, strict=True):
        numbers[INDEX[name]][rows] = amounts
    return tuple(numbers)


def one_row(values: Sequence[Column], row: int) -> Ints:
    """The numbers of one row."""
    return np.array([column[row] for column in values], dtype=np.int64)


class Sum:
    """One row of sums, by name."""

    def __init__(self) -> None:
        self._values = np.zeros(len(ALL), dtype=np.int64)

    def add(self, values: Sequence[int]) -> None:
        """Add one cell."""
        self._values += np.array(values, dtype=np.int64)

    def __getitem__(self, name: str) -> int:
        return int(self._values[INDEX[name]])

    def times(self, *, between: bool = True) -> Times:
        """The five times; `between`: also what was blocked and runnable between calls."""
        return Times(
            user_ns=self["user"],
            kernel_ns=self["kernel"],
            blocked_ns=self["blocked"] + (self["before_blocked"] if between else 0),
            runnable_ns=self["runnable"] + (self["before_runnable"] if between else 0),
            tracer_ns=self["tracer"],
        )

    def copies(self) -> Copies:
        """The copies."""
        return Copies(*(self[name] for name in COPIES))
