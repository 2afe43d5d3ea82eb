"""Everything the recording knows about one row, for the details pane."""

from __future__ import annotations

import errno
from typing import Final

import pyarrow as pa

from tracer.account.times import column
from tracer.account.transfers import transfers
from tracer.analyze.columns import Columns
from tracer.analyze.stacks.naming import Stack
from tracer.analyze.stacks.pieces import PIECES as STACK_PIECES
from tracer.analyze.stacks.pieces import stack_of
from tracer.decode.call import call_text
from tracer.decode.sentence import sentence
from tracer.decode.tree import call_tree
from tracer.recording.captured import captured
from tracer.syscalls.names import name_of
from tracer.syscalls.objects import Object
from tracer.syscalls.table import declaration_of
from tracer.wire import RING_COMPLETION, RING_SUBMISSION, Kind, Reason, When
from tui.snapshot import Copied, Details, Piece, RowKind, RowText
from tui.surroundings import Around

MOST: Final = 500
"""Transfers shown of one call: a pane is not the place for the 1,024 of a large writev, nor for more."""

_LAST_ARGUMENT: Final = 6
"""Pieces with this number or a higher one belong to no argument (`tracer.wire`)."""
_SPECIAL: Final = {RING_SUBMISSION: "submission", RING_COMPLETION: "completion"}

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


def details_of(row: RowText, batch: pa.RecordBatch, offset: int, columns: Columns, around: Around) -> Details:
    """Everything about row `offset` of `batch`, whose line is `row`."""
    call = columns.kind[offset] in (Kind.CALL, Kind.ENTERED)
    times = columns.times
    tree = call_tree(batch, offset, around.watched)
    return Details(
        row=row,
        result=call_text(batch, offset, around.watched).result,
        sentence=sentence(batch, offset, around.naming),
        tree=tree,
        story=around.story,
        start_ns=int(columns.at_ns[offset]) - row.since_start_ns,
        raw=tuple((name, int(column(batch, name)[offset])) for name in RAW) if call else (),
        switches=int(column(batch, "switches")[offset]),
        before_blocked_ns=int(times.before_blocked[offset]),
        before_runnable_ns=int(times.before_runnable[offset]),
        copied=copied_of(batch, offset, Object(int(columns.things[offset])), around)
        if columns.kind[offset] == Kind.CALL
        else (),
        pieces=pieces_of(batch, offset, around) if row.kind is not RowKind.EVENT else (),
        ip=int(batch.column("ip")[offset].as_py()),
        stack=_stack(batch, offset, around),
    )


def copied_of(batch: pa.RecordBatch, offset: int, thing: Object, around: Around) -> tuple[Copied, ...]:
    """The transfers of one call, the first hundreds of them; `thing` = what its descriptor is."""
    found = transfers(batch, offset, thing)[:MOST]
    place = _other_image if _execs(batch, offset) else around.place
    return tuple(
        Copied(
            each.direction, each.kind, each.bytes, f"{each.what}{' (zeros)' * each.zero_fill}", each.address,
            place(each.address),
        )
        for each in found
    )  # fmt: skip


def pieces_of(batch: pa.RecordBatch, offset: int, around: Around) -> tuple[Piece, ...]:
    """The pieces of user memory recorded with one row."""
    names = argument_names(batch, offset)
    place = _other_image if _execs(batch, offset) else around.place
    return tuple(
        Piece(
            arg=None if piece["arg"] >= _LAST_ARGUMENT else piece["arg"],
            when="entry" if piece["when"] == When.ENTRY else "exit",
            address=piece["address"],
            content=piece["bytes"],
            missing=reason_text(piece["reason"]),
            name=_SPECIAL.get(piece["arg"]) or (names[piece["arg"]] if piece["arg"] < len(names) else ""),
            where=place(piece["address"]) if piece["arg"] < _LAST_ARGUMENT else "",
        )
        for piece in batch.column("memory")[offset].as_py()
        if piece["arg"] not in STACK_PIECES
    )


def _stack(batch: pa.RecordBatch, offset: int, around: Around) -> Stack | None:
    kept = stack_of(captured(batch).pieces(offset))
    return around.stack(kept) if kept is not None else None


def argument_names(batch: pa.RecordBatch, offset: int) -> tuple[str, ...]:
    """The names of the call's arguments as the manual page has them; none for a call without declaration."""
    declared = declaration_of(batch.column("abi")[offset].as_py(), batch.column("nr")[offset].as_py())
    return tuple(each.name for each in declared.args) if declared is not None else ()


def _execs(batch: pa.RecordBatch, offset: int) -> bool:
    """Whether the row is an exec that succeeded: its arguments lay in memory that is gone by now."""
    name = name_of(batch.column("abi")[offset].as_py(), batch.column("nr")[offset].as_py())
    return name in ("execve", "execveat") and batch.column("result")[offset].as_py() == 0


def _other_image(_address: int) -> str:
    return "of the former program"


def reason_text(reason: int) -> str | None:
    """Why a piece of memory is missing, in words; None when it is there."""
    if reason == 0:
        return None
    words: dict[int, str] = {Reason.REDACTED: "redacted", Reason.NOT_CAPTURED: "beyond --capture-bytes"}
    return words.get(reason) or errno.errorcode.get(reason, f"error {reason}")
