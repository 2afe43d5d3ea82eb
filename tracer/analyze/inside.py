"""What threads are still amid: ENTERED and LEFT rows that a later row of the same thread supersedes.

Capture writes an ENTERED row for a call that lasts, and a LEFT row for a thread that computes and makes no call, so
that a live reader sees them. What such a row says is provisional: the thread's next row (the CALL, an ENTERED row
with flag FINAL, the EXIT, or another provisional one) covers the same time again, from the thread's previous
return. So a provisional row counts only while it is its thread's last.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tracer.wire import Flag, Kind

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]


def provisional(kind: Ints, flags: Ints) -> Mask:
    """Which rows are provisional."""
    answer: Mask = ((kind == Kind.ENTERED) & ((flags & Flag.FINAL) == 0)) | (kind == Kind.LEFT)
    return answer


def lasting(kind: Ints, tid: Ints, waiting: Mask) -> Mask:
    """Which of the `waiting` (provisional) rows are the last row of their thread in this batch."""
    answer = np.zeros(len(kind), dtype=np.bool_)
    if not waiting.any():
        return answer
    timed = np.flatnonzero(is_timed(kind))[::-1]
    _, latest = np.unique(tid[timed], return_index=True)
    answer[timed[latest]] = True
    return answer & waiting


def is_timed(kind: Ints) -> Mask:
    """Which rows carry a stretch of their thread's life."""
    answer: Mask = (kind == Kind.CALL) | (kind == Kind.ENTERED) | (kind == Kind.EXIT)
    answer |= (kind == Kind.SUMS) | (kind == Kind.LEFT)
    return answer
