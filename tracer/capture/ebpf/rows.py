"""What the rings held, as wire records: calls column by column, the few other events one by one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tracer.capture.ebpf.layout import RECORD
from tracer.capture.ebpf.pieces import Pieces
from tracer.capture.outbox import Outbox
from tracer.syscalls.names import numbers
from tracer.wire import RECORD_FIELDS, Abi, Flag, Kind, Placement, Source

_WIRE: Final = np.dtype(list(RECORD_FIELDS))
_SAME: Final = ("kind", "abi", "nr", "pid", "tid", "args", "result", "ip")
_WRITE, _I386_WRITE = (numbers(abi)["write"] for abi in (Abi.X86_64, Abi.I386))
_MARK: Final = b"iotrace:"
_OURS: Final = Flag.NO_ENTRY | Flag.FIRST | Flag.FINAL

Records = NDArray[Any]
"""Of `layout.RECORD`."""
Lives = Callable[[Any], None]
"""Takes one record that is not a call."""


def as_records(items: NDArray[np.uint8]) -> Records:
    """Rows of bytes as records."""
    return np.ascontiguousarray(items).view(RECORD).ravel()


def send(records: Records, pieces: Pieces, outbox: Outbox, other: Lives) -> None:
    """Put `records` into `outbox`, in order; those that are no calls are for `other`, which may put in its own."""
    calls = records["kind"] <= Kind.ENTERED
    marks = calls & _may_mark(records)
    kinds = np.where(marks, 2, calls)
    for run in np.split(records, np.flatnonzero(np.diff(kinds)) + 1):
        if not len(run):
            continue
        if run["kind"][0] > Kind.ENTERED:
            for record in run:
                other(record)
        elif _may_mark(run)[0]:
            for record in run:
                _send_mark(record, pieces, outbox)
        else:
            _send_calls(run, pieces, outbox)


def _may_mark(records: Records) -> NDArray[np.bool_]:
    """Writes to descriptor -1."""
    wanted = np.where(records["abi"] == Abi.I386, _I386_WRITE, _WRITE)
    found: NDArray[np.bool_] = (records["nr"] == wanted) & (records["args"][:, 0] & 0xFFFFFFFF == 0xFFFFFFFF)
    return found


def _send_mark(record: Any, pieces: Pieces, outbox: Outbox) -> None:
    """The mark, if it is one, then the call."""
    call = record[None]
    counts, items, memory = pieces.belonging(call["tid"], call["seq"])
    if memory.startswith(_MARK):
        label = memory.removeprefix(_MARK).strip(b"\n\0 ")
        at, pid, tid = (int(record[name]) for name in ("at", "pid", "tid"))
        outbox.event(Kind.MARK, at, pid, tid, texts=(label,), source=Source.SWITCHES)
    outbox.records += wire_calls(call, counts).tobytes()
    outbox.items += items
    outbox.memory += memory
    outbox.pieces += int(counts.sum())


def _send_calls(calls: Records, pieces: Pieces, outbox: Outbox) -> None:
    counts, items, memory = pieces.belonging(calls["tid"], calls["seq"])
    outbox.records += wire_calls(calls, counts).tobytes()
    outbox.items += items
    outbox.memory += memory
    outbox.pieces += int(counts.sum())


def wire_calls(calls: Records, items: NDArray[np.int64]) -> NDArray[Any]:
    """Calls as wire records (`tracer.wire.RECORD`).

    A thread is never stopped here, so each part of its life counts as one resume, and it was switched onto a CPU
    once more than the kernel says it came back to one."""
    wire = np.zeros(len(calls), _WIRE)
    for name in _SAME:
        wire[name] = calls[name]
    wire["placement"] = Placement.APART
    wire["source"] = Source.SWITCHES
    wire["flags"] = calls["flags"] & _OURS
    wire["items"] = items
    wire["at_ns"] = calls["at"]
    wire["span_ns"] = calls["end"] - calls["since"]
    wall, before = calls["end"] - calls["at"], calls["at"] - calls["since"]
    wire["wall_ns"], wire["user_wall_ns"] = wall, before
    wire["delay_ns"], wire["user_delay_ns"] = calls["delay"], calls["user_delay"]
    wire["run_ns"] = wall - np.minimum(wall, calls["blocked"] + calls["delay"])
    wire["user_run_ns"] = before - np.minimum(before, calls["user_blocked"] + calls["user_delay"])
    wire["switches"], wire["user_switches"] = calls["switches"] + 1, calls["user_switches"] + 1
    wire["stops"] = wire["user_stops"] = 1
    return wire
