"""What the rings held, as wire records: calls column by column, the few other events one by one.

Few calls at a time travel as records, like everything else; many as columns, which they are already, so that nobody
has to take records apart again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tracer.capture.ebpf.layout import RECORD
from tracer.capture.ebpf.machines import here
from tracer.capture.ebpf.pieces import Belonging, Pieces
from tracer.capture.outbox import Outbox
from tracer.syscalls.names import numbers
from tracer.wire import RECORD_FIELDS, Flag, Kind, Placement, Source

_WIRE: Final = np.dtype(list(RECORD_FIELDS))
_SAME: Final = ("kind", "abi", "nr", "pid", "tid", "args", "result", "ip")
_NARROW: Final = here().narrow
_WRITE, _NARROW_WRITE = (numbers(abi).get("write", -1) for abi in here())
_MARK: Final = b"iotrace:"
_OURS: Final = Flag.NO_ENTRY | Flag.FIRST | Flag.FINAL
_MANY: Final = 1 << 10

Records = NDArray[Any]
"""Of `layout.RECORD`."""
Column = NDArray[Any]
Columns = dict[str, Column]
Lives = Callable[[Any], None]
"""Takes one record that is not a call."""


def as_records(items: NDArray[np.uint8]) -> Records:
    """Rows of bytes as records, where they lie."""
    return items.view(RECORD)[:, 0]


def send(
    records: Records,
    pieces: Pieces,
    outbox: Outbox,
    other: Lives,
    marked: Callable[[bytes], None] = lambda _label: None,
    arrivals: Callable[[Records, Belonging], Belonging] = lambda _calls, found: found,
) -> None:
    """Put `records` into `outbox`, in order; those that are no calls are for `other`, which may put in its own.

    `marked` is told of marks; `arrivals` adds to the pieces of calls that brought descriptors."""
    kinds = records["kind"].copy()
    kinds[_may_mark(records) & (kinds <= Kind.ENTERED)] = Kind.MARK
    for run in np.split(records, np.flatnonzero(kinds[1:] != kinds[:-1]) + 1) if len(records) else ():
        if run["kind"][0] > Kind.ENTERED:
            for record in run:
                other(record)
        elif _may_mark(run[:1])[0]:
            for record in run:
                _send_mark(record, pieces, outbox, marked)
        else:
            _send_calls(run, pieces, outbox, arrivals)


def _may_mark(records: Records) -> NDArray[np.bool_]:
    """Writes to descriptor -1."""
    number = records["nr"]
    found: NDArray[np.bool_] = (number == _WRITE) | (number == _NARROW_WRITE)
    if found.any():
        wanted = np.where(records["abi"] == _NARROW, _NARROW_WRITE, _WRITE)
        found &= (number == wanted) & (records["args"][:, 0] & 0xFFFFFFFF == 0xFFFFFFFF)
    return found


def _send_mark(record: Any, pieces: Pieces, outbox: Outbox, marked: Callable[[bytes], None]) -> None:
    """The mark, if it is one, then the call."""
    call = record[None]
    found = pieces.belonging(call["tid"], call["seq"])
    memory = found.memory.tobytes()
    if memory.startswith(_MARK):
        label = memory.removeprefix(_MARK).strip(b"\n\0 ")
        at, pid, tid = (int(record[name]) for name in ("at", "pid", "tid"))
        outbox.event(Kind.MARK, at, pid, tid, texts=(label,), source=Source.SWITCHES)
        marked(label)
    _put(call, found, outbox)


def _send_calls(
    calls: Records, pieces: Pieces, outbox: Outbox, arrivals: Callable[[Records, Belonging], Belonging]
) -> None:
    """A run of one kind. Of a call that lasts, the row that follows when it returns has everything again."""
    lasts = calls["kind"][0] == Kind.ENTERED and not calls["flags"][0] & Flag.FINAL
    tids, seqs = calls["tid"].copy(), calls["seq"].copy()
    found = pieces.belonging(tids, seqs, int(calls["items"].sum()), keep=bool(lasts))
    found = arrivals(calls, found)
    if len(calls) < _MANY:
        _put(calls, found, outbox)
        return
    columns = wire_columns(calls) | {"tid": tids} | _memory_columns(found)
    outbox.columns(len(calls), len(found.heads), {name: _bytes(each) for name, each in columns.items()})


def _put(calls: Records, found: Belonging, outbox: Outbox) -> None:
    outbox.records += wire_calls(calls, found.counts).tobytes()
    outbox.items += found.items()
    outbox.memory += found.memory.tobytes()
    outbox.pieces += len(found.heads)


def wire_calls(calls: Records, items: NDArray[np.int64]) -> NDArray[Any]:
    """Calls as wire records (`tracer.wire.RECORD`)."""
    wire = np.zeros(len(calls), _WIRE)
    wire["items"] = items
    for name, column in wire_columns(calls).items():
        wire[name] = column
    return wire


def wire_columns(calls: Records) -> Columns:
    """Calls as the columns of a wire record, but `items`.

    A thread is never stopped here, so each part of its life counts as one resume, and it was switched onto a CPU
    once more than the kernel says it came back to one."""
    columns: Columns = {name: np.ascontiguousarray(calls[name]) for name in _SAME}
    at, end, since = (np.ascontiguousarray(calls[name]) for name in ("at", "end", "since"))
    blocked, delay, user_blocked, user_delay = (
        np.ascontiguousarray(calls[name]) for name in ("blocked", "delay", "user_blocked", "user_delay")
    )
    # What keeping memory took is in the span and in neither part, as the time a thread is held at a stop.
    own, user_own = (calls[name].astype(np.uint64) for name in ("own", "user_own"))
    wall, before = _less(end - at, own), _less(at - since, user_own)
    return columns | _constants(len(calls)) | {
        "flags": (calls["flags"] & _OURS).astype(np.uint32),
        "at_ns": at, "span_ns": end - since,
        "wall_ns": wall, "run_ns": _less(wall, blocked + delay), "delay_ns": delay,
        "user_wall_ns": before, "user_run_ns": _less(before, user_blocked + user_delay),
        "user_delay_ns": user_delay,
        "switches": calls["switches"] + np.uint32(1), "user_switches": calls["user_switches"] + np.uint32(1),
    }  # fmt: skip


def _less(stretch: Column, away: Column) -> Column:
    """What is left of each stretch, never below 0."""
    left: Column = np.minimum(stretch, away)
    np.subtract(stretch, left, out=left)
    return left


def _constants(rows: int) -> Columns:
    """Columns that are the same in every row; they must not be written to."""
    return {name: column[:rows] for name, column in _longest(1 << rows.bit_length()).items()}


@cache
def _longest(rows: int) -> Mapping[str, Column]:
    values = {"placement": Placement.APART, "source": Source.SWITCHES}
    ones = np.ones(rows, np.uint32)
    return {name: np.full(rows, value, np.uint8) for name, value in values.items()} | {
        "stops": ones,
        "user_stops": ones,
    }


def _memory_columns(found: Belonging) -> Columns:
    return {
        "first": _offsets(found.counts),
        **{name: np.ascontiguousarray(found.heads[name]) for name in ("arg", "when", "reason", "address")},
        "start": _offsets(found.heads["length"]),
        "memory": found.memory,
    }


def _offsets(counts: Column) -> Column:
    offsets = np.zeros(len(counts) + 1, np.int32)
    np.cumsum(counts, out=offsets[1:])
    return offsets


def _bytes(column: Column) -> memoryview:
    return column.data.cast("B") if column.size else memoryview(b"")
