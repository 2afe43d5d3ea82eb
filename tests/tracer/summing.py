"""Rows of calls summed up as the programs in the kernel do it (`programs/sums.h`), written down a second time."""

from __future__ import annotations

import struct
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from tests.tracer.rows import TestRow
from tracer.wire import BUCKETS, RESULT_VARIES, SUMMED, Kind, Outcome, Placement, Source

_CLOCKS = ("span_ns", "wall_ns", "run_ns", "delay_ns", "user_wall_ns", "user_run_ns", "user_delay_ns", "switches",
           "user_switches")  # fmt: skip
_MASK = 0xFFFFFFFFFFFFFFFF


def octave(ns: int) -> int:
    """Which bucket of a histogram a time is in."""
    return min(max(ns, 1).bit_length() - 1, BUCKETS - 1)


def summed_up(rows: Sequence[TestRow], until_ns: int = 1 << 20, asked: Sequence[int] = ()) -> list[TestRow]:
    """SUMS rows of calls, in the order of their first ones. `asked`: places of waits with a timeout of 0."""
    groups: dict[tuple[int, ...], list[dict[str, Any]]] = defaultdict(list)
    for place, row in enumerate(rows):
        one = row.columns
        result = one["result"]
        error = -result if -4095 <= result < 0 else 0
        how = 0 if result else Outcome.EMPTY | (Outcome.ASKED if place in asked else 0)
        groups[one.get("tid", 4241), one["abi"], one["nr"], error, how].append(one)
    return [_row(key, group, until_ns) for key, group in groups.items()]


def _row(key: tuple[int, ...], group: Sequence[dict[str, Any]], until_ns: int) -> TestRow:
    tid, abi, nr, error, how = key
    first = group[0]
    varies = sum(1 << place for place in range(6) if len({one["args"][place] for one in group}) > 1)
    varies |= RESULT_VARIES if len({one["result"] for one in group}) > 1 else 0
    zeros = sum(1 << place for place in range(6) if any(not one["args"][place] for one in group))
    others = sum(1 << place for place in range(6) if any(one["args"][place] for one in group))
    histograms = [[0] * BUCKETS, [0] * BUCKETS]
    for one in group:
        histograms[0][octave(one.get("run_ns", 0))] += 1
        histograms[1][octave(one.get("wall_ns", 0))] += 1
    body = struct.pack(
        "<6Qq", *first["args"], first["result"] & _MASK if first["result"] > 2**63 else first["result"]
    )
    body += struct.pack(f"<{2 * BUCKETS}I", *histograms[0], *histograms[1])
    calls = len(group)
    clocks = {name: sum(one.get(name, 0) for one in group) for name in _CLOCKS}
    return TestRow(
        {
            "kind": int(Kind.SUMS), "abi": abi, "nr": nr, "pid": first.get("pid", 4241), "tid": tid,
            "at_ns": 1, "placement": int(Placement.APART), "source": int(Source.SWITCHES),
            "args": [calls, error, how, until_ns, varies | zeros << 8 | others << 16, 0],
            "result": 0 if error else sum(one["result"] for one in group),
            "stops": calls, "user_stops": calls, **clocks,
            "memory": [{"arg": SUMMED, "when": 0, "reason": 0, "address": 0, "bytes": body}],
        }
    )  # fmt: skip
