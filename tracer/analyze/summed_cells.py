"""Calls that were summed up in the kernel, by what a summary shows them by: what its lines cannot be asked for."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from tracer.account.times import Times
from tracer.analyze.cube import Cube
from tracer.analyze.summed import SummedCalls
from tracer.wire import BUCKETS

Ints = NDArray[np.int64]

NUMBERS: Final = (
    "calls", "failed", "wasted", "user", "kernel", "blocked", "runnable", "tracer", "in", "out", "unknown",
)  # fmt: skip
_WIDTH: Final = len(NUMBERS) + 2 * BUCKETS
_IN, _OUT = (2, 4), (3, 5)
"""Places of payload and control among the copies."""


class SummedCells:
    """Running sums. A key is a set of phases << 48 | what."""

    def __init__(self) -> None:
        self.by_call = Cube(_WIDTH)
        self.by_thread = Cube(_WIDTH)
        self.by_error = Cube(_WIDTH)
        self.errors_of_call = Cube(1)
        """What: the call << 16 | the errno."""
        self.errors_of_thread = Cube(1)

    def add(self, summed: SummedCalls, times: Times, sets: Ints, thread: Ints) -> None:
        """Take in the rows of a batch: `times` of all its rows, the others of those that are summed."""
        rows, copies = summed.rows, summed.copies
        numbers = (
            summed.calls, summed.failed, summed.wasted,
            times.user[rows], times.kernel[rows], times.blocked[rows], times.runnable[rows], times.tracer[rows],
            copies[_IN[0]] + copies[_IN[1]], copies[_OUT[0]] + copies[_OUT[1]], copies[6],
        )  # fmt: skip
        values = np.concatenate((np.stack(numbers), summed.kernel.T, summed.whole.T))
        self.by_call.add(sets << 48 | summed.code, values)
        self.by_thread.add(sets << 48 | thread, values)
        failed = summed.failed > 0
        error = summed.error[failed]
        self.by_error.add(sets[failed] << 48 | error, values[:, failed])
        for cube, what in ((self.errors_of_call, summed.code), (self.errors_of_thread, thread)):
            cube.add(sets[failed] << 48 | what[failed] << 16 | error, [summed.failed[failed]])


def parts(table: tuple[Ints, Ints]) -> tuple[Ints, Ints, Ints, Ints]:
    """Of a cube's table: keys, numbers, and the two histograms, each a line for every key."""
    keys, sums = table
    first, second = len(NUMBERS), len(NUMBERS) + BUCKETS
    return keys, sums[:, :first], sums[:, first:second], sums[:, second:]
