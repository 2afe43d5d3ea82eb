"""What epoll_ctl calls registered, read from the rows of a batch."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tracer.account.times import column
from tracer.analyze.memory import Memory
from tracer.analyze.ready import ALIGNED, PACKED
from tracer.wire import When

ADD: Final = 1
DEL: Final = 2
MOD: Final = 3
THERE: Final = 4
FOUND: Final = 5
"""The operations (epoll_ctl(2)). THERE stands for an ADD that failed with EEXIST: it had been added unseen. FOUND
stands for an entry that capture found in the list when the trace began."""


def controls_in(batch: pa.RecordBatch, wanted: NDArray[np.bool_]) -> dict[str, NDArray[Any]]:
    """fd, op, events, data and pid of the epoll_ctl calls in the `wanted` rows, which succeeded or gave EEXIST."""
    rows = np.flatnonzero(wanted)
    args = batch.column("args")
    registers = args.values.to_numpy().reshape(-1, 6)[args.offset :][rows]
    op = (registers[:, 1] & np.uint64(0xFF)).astype(np.int8)
    op[column(batch, "result")[rows] != 0] = THERE
    events, data = _events(batch, wanted, rows)
    return {
        "fd": registers[:, 2].astype(np.uint32).view(np.int32),
        "op": op,
        "events": events,
        "data": data,
        "pid": column(batch, "pid")[rows],
    }


def _events(
    batch: pa.RecordBatch, wanted: NDArray[np.bool_], rows: NDArray[np.int64]
) -> tuple[NDArray[np.uint32], NDArray[np.uint64]]:
    """Events and data of the struct epoll_event (argument 3) of each of `rows`; 0 where it was not captured."""
    number = np.full(batch.num_rows, -1)
    number[rows] = np.arange(len(rows))
    pieces = Memory(batch).pieces(wanted, (3,), When.ENTRY)
    whole = (pieces.size == PACKED) | (pieces.size == ALIGNED)
    at, start, size = number[pieces.row[whole]], pieces.start[whole], pieces.size[whole]
    events, data = np.zeros(len(rows), np.uint32), np.zeros(len(rows), np.uint64)
    content = pieces.content
    events[at] = np.ascontiguousarray(content[start[:, None] + np.arange(4)]).view("<u4").reshape(-1)
    data[at] = np.ascontiguousarray(content[(start + size - 8)[:, None] + np.arange(8)]).view("<u8").reshape(-1)
    return events, data


def joined(parts: list[dict[str, NDArray[Any]]]) -> dict[str, NDArray[Any]]:
    """Columns of several stretches, one after the other; empty when there are none."""
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]} if parts else {}
