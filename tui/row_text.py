"""One row of a recording as a line of the list."""

from __future__ import annotations

import pyarrow as pa

from tracer.analyze.columns import FIRST_RESTART, LAST_RESTART, Columns
from tracer.analyze.results import Times
from tracer.decode.call import CallText, call_text
from tracer.decode.look import Watched, nothing_watched
from tracer.wire import Flag, Kind
from tui.snapshot import RowKind, RowText, Snapshot


def row_text(
    index: int,
    batch: pa.RecordBatch,
    row: int,
    columns: Columns,
    snapshot: Snapshot,
    *,
    running: bool,
    watched: Watched = nothing_watched,
) -> RowText:
    """Row `row` of `batch` as line `index`. `running`: its thread is inside the call at this moment; `watched`
    tells which descriptors epoll events are about."""
    text = call_text(batch, row, watched)
    kind = kind_of(columns, row, running=running)
    at_ns = int(columns.at_ns[row])
    copies = columns.copies
    return RowText(
        index=index,
        kind=kind,
        since_start_ns=max(0, at_ns - snapshot.start_ns),
        pid=int(columns.pid[row]),
        tid=int(columns.tid[row]),
        name=text.name,
        args=text.args,
        result=short_result(text) if columns.kind[row] != Kind.ENTERED else "",
        times=times_of(columns, row, running=running),
        bytes_in=int(copies.payload_in[row] + copies.control_in[row]),
        bytes_out=int(copies.payload_out[row] + copies.control_out[row]),
        copies_unknown=bool(copies.unknown[row]),
        inside_ns=max(0, snapshot.now_ns - at_ns) if running else 0,
        older=bool(columns.flags[row] & Flag.NO_ENTRY),
    )


def kind_of(columns: Columns, row: int, *, running: bool) -> RowKind:
    """How the row is marked. A wasted call is marked as wasted whether it failed or not."""
    kind = columns.kind[row]
    if kind == Kind.ENTERED:
        return RowKind.RUNNING if running else RowKind.UNFINISHED
    if kind != Kind.CALL:
        return RowKind.EVENT
    if columns.wasted[row]:
        return RowKind.WASTED
    if -LAST_RESTART <= columns.result[row] <= -FIRST_RESTART:
        return RowKind.INTERRUPTED
    return RowKind.FAILED if columns.failed[row] else RowKind.CALL


def times_of(columns: Columns, row: int, *, running: bool) -> Times:
    """The five times of the row. Of a call still running only the user time before it is known."""
    times = columns.times
    if running:
        return Times(user_ns=int(times.user[row]))
    return Times(
        user_ns=int(times.user[row]),
        kernel_ns=int(times.kernel[row]),
        blocked_ns=int(times.blocked[row]),
        runnable_ns=int(times.runnable[row]),
        tracer_ns=int(times.tracer[row]),
    )


def short_result(text: CallText) -> str:
    """The result for a narrow column: an errno's name alone, a word for interruptions, else as decoded."""
    if text.interrupted:
        return "restart"
    return text.errno or text.result
