"""Consecutive batches of a recording joined into longer ones, for whoever reads many rows at once.

A batch of a recording is as long as its program was quick: from a few rows up to 4,096. What accounting costs a
batch beside its rows (some hundred small numpy calls, more for every different system call in it) is then most of
the time. Longer stretches give the same results.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

import numpy as np
import pyarrow as pa

from tracer.wire import Kind

_ROWS: Final = 1 << 16
"""Rows of a stretch: beyond this the arrays no longer fit the caches and nothing is gained."""
_BYTES: Final = 64 << 20
"""Bytes of a stretch, for recordings that kept whole buffers. Arrow's offsets end at 2 GiB."""


def stretches(batches: Iterable[pa.RecordBatch], rows: int = _ROWS) -> Iterator[pa.RecordBatch]:
    """The rows of `batches` in order, in batches of about `rows`; a longer batch stays as it is."""
    return (joined(group) for group in groups(batches, rows))


def groups(batches: Iterable[pa.RecordBatch], rows: int = _ROWS) -> Iterator[list[pa.RecordBatch]]:
    """The batches that make up each stretch.

    Constants in a CALIBRATION row hold from the batch after it on, so a stretch ends with the batch that has one.
    """
    waiting: list[pa.RecordBatch] = []
    length = size = 0
    for batch in batches:
        if waiting and (length + batch.num_rows > rows or size + batch.nbytes > _BYTES):
            yield waiting
            waiting, length, size = [], 0, 0
        waiting.append(batch)
        length += batch.num_rows
        size += batch.nbytes
        if _calibrates(batch):
            yield waiting
            waiting, length, size = [], 0, 0
    if waiting:
        yield waiting


def joined(batches: list[pa.RecordBatch]) -> pa.RecordBatch:
    """One stretch of several batches, of which there must be one."""
    return batches[0] if len(batches) == 1 else pa.concat_batches(batches)


def _calibrates(batch: pa.RecordBatch) -> bool:
    return bool(np.any(batch.column("kind").to_numpy() == Kind.CALIBRATION))
