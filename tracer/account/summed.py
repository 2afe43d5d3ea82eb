"""The SUMS rows of a batch: calls that were summed up in the kernel, so many with one outcome."""

from __future__ import annotations

import errno
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tracer.account.summed_copies import FIELDS, Case, linear
from tracer.recording.captured import captured
from tracer.wire import BUCKETS, Kind, Outcome

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]

BODY: Final = np.dtype([
    ("args", "<i8", (6,)), ("first", "<i8"), ("kernel", "<u4", (BUCKETS,)), ("whole", "<u4", (BUCKETS,)),
])  # fmt: skip
_RESTARTS: Final = range(512, 517)
"""ERESTARTSYS ... ERESTART_RESTARTBLOCK (include/linux/errno.h): interrupted, not failed."""


@dataclass(frozen=True, slots=True)
class Summed:
    """Them; one entry a row (`tracer.wire.Kind.SUMS`)."""

    rows: Ints
    """Where they are in their batch."""
    calls: Ints
    error: Ints
    """Their errno, 0 for calls that did not fail."""
    empty: Mask
    """They returned 0."""
    asked: Mask
    """It was the 0 of a wait with a timeout of 0."""
    completions: Mask
    """io_uring_enter, which was to wait."""
    result: Ints
    """The sum."""
    until_ns: Ints
    """When they were read."""
    kernel: Ints
    """Counts by powers of two ns on a CPU: rows × `BUCKETS`."""
    whole: Ints
    """The same of their times in all."""
    body: NDArray[Any]
    """Arguments and result of the first of them."""
    varying: Ints
    """`args[4]` of the rows."""
    interrupted: Mask
    """They were interrupted, and are to begin anew."""

    @property
    def wasted(self) -> Mask:
        """EAGAIN, or a wait that only asked and found nothing."""
        wasted: Mask = (self.error == errno.EAGAIN) | self.asked
        return wasted

    @property
    def failed(self) -> Mask:
        """Their result is an errno."""
        failed: Mask = self.error > 0
        return failed


def summed_of(batch: pa.RecordBatch) -> Summed | None:
    """The SUMS rows of `batch`, None when there are none. Damaged ones are left out."""
    flat = captured(batch)
    rows = np.flatnonzero(flat.kind == Kind.SUMS)
    if not len(rows):
        return None
    piece = flat.first[rows]
    rows = rows[flat.first[rows + 1] > piece]
    begin = flat.start[flat.first[rows]].astype(np.int64)
    whole = flat.start[flat.first[rows] + 1] - begin == BODY.itemsize
    rows, begin = rows[whole], begin[whole]
    body = flat.data[begin[:, None] + np.arange(BODY.itemsize)].view(BODY)[:, 0] if len(rows) else np.zeros(0, BODY)
    args = flat.args[rows]
    error, outcome = args[:, 1], args[:, 2]
    interrupted = np.isin(error, list(_RESTARTS))
    return Summed(
        rows=rows,
        calls=args[:, 0].copy(),
        error=np.where(interrupted, 0, error),
        empty=outcome & Outcome.EMPTY != 0,
        asked=outcome & Outcome.ASKED != 0,
        completions=outcome & Outcome.COMPLETIONS != 0,
        result=flat.result[rows].astype(np.int64),
        until_ns=args[:, 3].copy(),
        kernel=body["kernel"].astype(np.int64),
        whole=body["whole"].astype(np.int64),
        body=body,
        varying=args[:, 4].copy(),
        interrupted=interrupted,
    )


def summed_copies(batch: pa.RecordBatch, summed: Summed) -> Ints:
    """What they copied: a line for each of `FIELDS`, then one for the calls that may have copied more than that."""
    flat = captured(batch)
    counts = np.zeros((len(FIELDS) + 1, len(summed.rows)), np.int64)
    for place, row in enumerate(summed.rows.tolist()):
        first = summed.body[place]
        case = Case.of(
            int(flat.abi[row]), int(flat.nr[row]), int(flat.args[row, 1]), bool(summed.empty[place]),
            int(summed.varying[place]), first["args"].tolist(), int(first["first"]),
        )  # fmt: skip
        found = linear(case)
        calls, result = int(summed.calls[place]), int(summed.result[place])
        counts[:-1, place] = [calls * each + result * per for each, per in found.amounts]
        counts[-1, place] = calls if found.unknown else 0
    return counts
