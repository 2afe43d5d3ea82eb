"""Calls that were summed up in the kernel (`--summary`), as numbers that the totals are made of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tracer.account.summed import summed_copies, summed_of
from tracer.analyze.calls import CallCodes

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class SummedCalls:
    """One entry for each row that stands for many calls."""

    rows: Ints
    """Where they are in their batch."""
    code: Ints
    """`CallCodes` of the call."""
    calls: Ints
    failed: Ints
    error: Ints
    """Their errno, 0 where they did not fail."""
    wasted: Ints
    wakeups: Ints
    ready: Ints
    """What the wake-ups reported: the sum of their results."""
    counted_wakeups: Ints
    """Wake-ups that `ready` is the sum of."""
    copies: Ints
    """A line for each of `sums.COPIES`."""
    kernel: Ints
    """Calls by their time on a CPU: those of 2^i ns or more in column i."""
    whole: Ints
    """The same of kernel + blocked + runnable."""
    until_ns: Ints
    """When they were read from the kernel, CLOCK_MONOTONIC."""


def summed_calls(batch: pa.RecordBatch, code: Ints, codes: CallCodes) -> SummedCalls | None:
    """Those of a batch, None when there are none. `code`: of every row."""
    found = summed_of(batch)
    if found is None:
        return None
    mine = code[found.rows]
    woken = codes.waits(mine) & (found.error == 0) & ~found.empty & ~found.interrupted
    woken_by_rings = found.completions & (found.error == 0) & ~found.interrupted
    # The result of a wait for signals is one's number: each brought one.
    by_signal = np.array([fact.name.startswith("rt_sigtimedwait") for fact in codes.facts])[mine]
    return SummedCalls(
        rows=found.rows,
        code=mine,
        calls=found.calls,
        failed=found.calls * found.failed,
        error=found.error,
        wasted=found.calls * found.wasted,
        wakeups=found.calls * (woken | woken_by_rings),
        ready=np.where(by_signal, found.calls, found.result) * woken,
        counted_wakeups=found.calls * woken,
        copies=summed_copies(batch, found),
        kernel=found.kernel,
        whole=found.whole,
        until_ns=found.until_ns,
    )
