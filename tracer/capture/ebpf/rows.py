"""What the rings held, as wire records: calls column by column, the few other events one by one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tracer.capture.ebpf.layout import RECORD
from tracer.capture.ebpf.pieces import Pieces
from tracer.capture.outbox import Outbox
from tracer.wire import RECORD_FIELDS, Flag, Kind, Placement, Source

_WIRE: Final = np.dtype(list(RECORD_FIELDS))
_SAME: Final = ("kind", "abi", "nr", "pid", "tid", "args", "result", "ip")
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
    borders = np.flatnonzero(np.diff(calls)) + 1
    for run in np.split(records, borders):
        if not len(run):
            continue
        if run["kind"][0] <= Kind.ENTERED:
            _send_calls(run, pieces, outbox)
        else:
            for record in run:
                other(record)


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
