"""Rows that the recorder or a reader itself adds to a recording: how it ended, and what was lost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa

from tracer.recording.frames import Events, batch_of
from tracer.wire import ITEM, NO_ARG, RECORD, End, Kind, When

_NO_STATUS: Final = -1
"""Stored as `result` of an END row when the program's wait status is not known."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a recording ended."""

    reason: End
    status: int | None
    """Wait status of the program (wait(2)), None when it is not known: detached, or capture died."""
    text: str
    """A sentence for the user."""
    at_ns: int


def last_batch(ended: Ended, lost: int) -> pa.RecordBatch:
    """The last batch of a recording: a LOST row when events were lost, then the END row."""
    status = _NO_STATUS if ended.status is None else ended.status
    text = ended.text.encode()
    records = [_record(Kind.LOST, 0, ended.at_ns, argument=lost)] if lost else []
    records.append(_record(Kind.END, ended.reason, ended.at_ns, result=status, items=1))
    item = ITEM.pack(NO_ARG, When.EXIT, 0, len(text), 0)
    return batch_of([Events(len(records), b"".join(records), item, text)])


def lost_batch(lost: int, at_ns: int) -> pa.RecordBatch:
    """A LOST row by itself: a reader could not keep up with a recording of which only the tail is kept."""
    return batch_of([Events(1, _record(Kind.LOST, 0, at_ns, argument=lost), b"", b"")])


def calls_in(batch: pa.RecordBatch) -> int:
    """How many calls that returned the rows of `batch` tell of, each by itself or summed up."""
    kind = batch.column("kind").to_numpy()
    calls = int(np.count_nonzero(kind == Kind.CALL))
    summed = np.flatnonzero(kind == Kind.SUMS)
    if len(summed):
        args = batch.column("args").flatten().to_numpy().reshape(-1, 6)
        calls += int(args[summed, 0].sum())
    return calls


def ended_of(batch: pa.RecordBatch) -> Ended | None:
    """How the recording ended, when the last row of `batch` is an END row."""
    last = batch.num_rows - 1
    if last < 0 or batch.column("kind")[last].as_py() != Kind.END:
        return None
    reason = batch.column("nr")[last].as_py()
    status = batch.column("result")[last].as_py()
    return Ended(
        reason=End(reason) if reason in tuple(End) else End.NOT_STARTED,
        status=status if 0 <= status <= 0xFFFF else None,
        text=b"".join(piece["bytes"] for piece in batch.column("memory")[last].as_py()).decode(errors="replace"),
        at_ns=batch.column("at_ns")[last].as_py(),
    )


def _record(kind: Kind, nr: int, at_ns: int, *, argument: int = 0, result: int = 0, items: int = 0) -> bytes:
    clocks = (0,) * 6
    return RECORD.pack(
        kind, 0, 0, 0, 0, nr, 0, 0, items, at_ns, 0, argument, 0, 0, 0, 0, 0, result, *clocks, 0, 0, 0, 0, 0
    )
