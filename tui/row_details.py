"""Everything the recording knows about one row, for the details pane."""

from __future__ import annotations

import errno
from typing import Final

import pyarrow as pa

from tracer.account.times import column
from tracer.account.transfers import transfers
from tracer.analyze.columns import Columns
from tracer.decode.call import call_text
from tracer.syscalls.objects import Object
from tracer.syscalls.table import declaration_of
from tracer.wire import NO_ARG, RING_COMPLETION, RING_SUBMISSION, Kind, Reason, When
from tui.snapshot import Copied, Details, Piece, RowKind, RowText

MOST: Final = 500
"""Transfers shown of one call: a pane is not the place for the 1,024 of a large writev, nor for more."""

RAW: Final = (
    "wall_ns",
    "run_ns",
    "delay_ns",
    "user_wall_ns",
    "user_run_ns",
    "user_delay_ns",
    "span_ns",
)
"""The raw clocks, before any correction, by column name."""


def details_of(row: RowText, batch: pa.RecordBatch, offset: int, columns: Columns) -> Details:
    """Everything about row `offset` of `batch`, whose line is `row`."""
    call = columns.kind[offset] in (Kind.CALL, Kind.ENTERED)
    times = columns.times
    return Details(
        row=row,
        result=call_text(batch, offset).result,
        names=names_of(batch, offset, len(row.args)) if call else (),
        raw=tuple((name, int(column(batch, name)[offset])) for name in RAW) if call else (),
        switches=int(column(batch, "switches")[offset]),
        before_blocked_ns=int(times.before_blocked[offset]),
        before_runnable_ns=int(times.before_runnable[offset]),
        copied=copied_of(batch, offset, Object(int(columns.things[offset])))
        if columns.kind[offset] == Kind.CALL
        else (),
        pieces=pieces_of(batch, offset) if row.kind is not RowKind.EVENT else (),
        ip=int(batch.column("ip")[offset].as_py()),
    )


def names_of(batch: pa.RecordBatch, offset: int, shown: int) -> tuple[str, ...]:
    """Names of the `shown` arguments; none when the declaration has another number of them."""
    declared = declaration_of(batch.column("abi")[offset].as_py(), batch.column("nr")[offset].as_py())
    names = tuple(each.name for each in declared.args) if declared is not None else ()
    return names if len(names) == shown else ()


def copied_of(batch: pa.RecordBatch, offset: int, thing: Object) -> tuple[Copied, ...]:
    """The transfers of one call, the first hundreds of them; `thing` = what its descriptor is."""
    found = transfers(batch, offset, thing)[:MOST]
    return tuple(
        Copied(each.direction, each.kind, each.bytes, f"{each.what}{' (zeros)' * each.zero_fill}", each.address)
        for each in found
    )


def pieces_of(batch: pa.RecordBatch, offset: int) -> tuple[Piece, ...]:
    """The pieces of user memory recorded with one row."""
    return tuple(
        Piece(
            arg=None if piece["arg"] in (NO_ARG, RING_SUBMISSION, RING_COMPLETION) else piece["arg"],
            when="entry" if piece["when"] == When.ENTRY else "exit",
            address=piece["address"],
            content=piece["bytes"],
            missing=reason_text(piece["reason"]),
        )
        for piece in batch.column("memory")[offset].as_py()
    )


def reason_text(reason: int) -> str | None:
    """Why a piece of memory is missing, in words; None when it is there."""
    if reason == 0:
        return None
    words: dict[int, str] = {Reason.REDACTED: "redacted", Reason.NOT_CAPTURED: "beyond --capture-bytes"}
    return words.get(reason) or errno.errorcode.get(reason, f"error {reason}")
