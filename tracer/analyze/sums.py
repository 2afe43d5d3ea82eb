"""The numbers that are summed for every set of phases, call and thread, and their order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tracer.analyze.columns import Columns
from tracer.analyze.results import Copies, Times

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]

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
INDEX: Final = {name: position for position, name in enumerate(ALL)}


def values_of(columns: Columns) -> Ints:
    """All numbers of every row: len(ALL) x rows."""
    times, copies = columns.times, columns.copies
    return np.stack(
        [
            times.user, times.before_blocked, times.before_runnable,
            columns.returned, columns.failed, columns.wasted, columns.wakeup,
            times.kernel, times.blocked, times.runnable, times.tracer,
            np.where(columns.failed, times.kernel, 0), columns.spread,
            *(np.where(columns.returned, getattr(copies, name), 0) for name in COPIES),
        ]
    ).astype(np.int64, copy=False)  # fmt: skip


def halves(values: Ints) -> tuple[Ints, Ints]:
    """The same numbers split: what came before the call, and what happened inside.

    For the row of a mark that ends a phase. The write to fd -1 copies nothing itself, so copies on its row are of
    io_uring completions that came since the call before it: they belong to the phase.
    """
    before, inside = values.copy(), values.copy()
    before[len(BEFORE) : -len(COPIES)] = 0
    inside[: len(BEFORE)] = 0
    inside[-len(COPIES) :] = 0
    return before, inside


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
