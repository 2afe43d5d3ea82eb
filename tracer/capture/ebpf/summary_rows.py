"""What was added to the sums in the kernel, as wire records of kind SUMS."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tracer.capture.ebpf.summary_layout import SUMS
from tracer.wire import ITEM_FIELDS, RECORD_FIELDS, SUMMED, Kind, Placement, Source

_WIRE: Final = np.dtype(list(RECORD_FIELDS))
_ITEM: Final = np.dtype(list(ITEM_FIELDS))
_CLOCKS: Final = ("wall", "run", "delay", "user_wall", "user_run", "user_delay")
_BODY: Final = 7 * 8 + SUMS["kernel"].itemsize + SUMS["whole"].itemsize
"""Bytes of the item that each row has."""


def sums_rows(keys: NDArray[Any], growth: NDArray[Any], began: NDArray[np.uint64], now: int) -> NDArray[Any]:
    """Rows for `growth` (of `layout.SUMS`, its counts less what they were) of `keys` (of `layout.KEY`).

    `began`: when the era of each began. `now`: when they were read, CLOCK_MONOTONIC ns."""
    wire = np.zeros(len(keys), _WIRE)
    for name in ("abi", "nr", "pid", "tid"):
        wire[name] = keys[name]
    wire["kind"], wire["placement"], wire["source"] = Kind.SUMS, Placement.APART, Source.SWITCHES
    wire["items"] = 1
    # Of an era, all of whose calls were entered behind the mark; the one that made it is told of by itself.
    wire["at_ns"] = began + np.uint64(1)
    wire["span_ns"] = growth["wall"] + growth["user_wall"]
    wire["args"][:, 0] = growth["calls"]
    wire["args"][:, 1], wire["args"][:, 2] = keys["error"], keys["how"]
    wire["args"][:, 3] = now
    seen = [growth[name].astype(np.uint64) for name in ("varies", "zeros", "others")]
    wire["args"][:, 4] = seen[0] | seen[1] << np.uint64(8) | seen[2] << np.uint64(16)
    wire["result"] = growth["result"].view(np.int64)
    for name in _CLOCKS:
        wire[f"{name}_ns"] = growth[name]
    # A thread is never stopped here: each part of its life counts as one resume.
    wire["stops"] = wire["user_stops"] = growth["calls"]
    wire["switches"] = growth["calls"] + growth["switches"]
    wire["user_switches"] = growth["calls"] + growth["user_switches"]
    return wire


def items_of(growth: NDArray[Any]) -> tuple[bytes, bytes]:
    """The items of these rows, and their bytes."""
    items = np.zeros(len(growth), _ITEM)
    items["arg"], items["length"] = SUMMED, _BODY
    body = np.zeros(len(growth), [("args", "<u8", (6,)), ("first", "<i8"), ("kernel", SUMS["kernel"]),
                                  ("whole", SUMS["whole"])])  # fmt: skip
    for name in ("args", "first", "kernel", "whole"):
        body[name] = growth[name]
    return items.tobytes(), body.tobytes()
