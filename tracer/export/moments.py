"""The rows of a recording as moments in the order of time: where calls begin, where they end, and other events.

Rows come in the order events *ended*; a call that blocks for long is written late, though it began early. What
is still to come cannot have begun before a certain time, which is known for every batch, so only the moments
after that time are held back.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import IntEnum
from heapq import heappop, heappush
from itertools import accumulate
from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa

from tracer.account.times import column
from tracer.export.accounted import Call, calls_at, told_again
from tracer.wire import Flag, Kind

_CALLS: Final = (int(Kind.CALL), int(Kind.ENTERED))
_NEVER: Final = (1 << 63) - 1


class Step(IntEnum):
    """What happens at a moment."""

    BEGIN = 0
    END = 1
    EVENT = 2


class Moment(NamedTuple):
    """`step` of the row `row` of batch number `batch`, at `at_ns`."""

    at_ns: int
    order: int
    """Breaks ties: the order in which the rows came."""
    step: Step
    call: Call
    batch: int
    row: int


def moments(batches: Sequence[pa.RecordBatch]) -> Iterator[Moment]:
    """All moments in order. A call has one BEGIN, and one END unless the recording stops before it returned."""
    again = told_again(batches).calls
    horizon = _horizons(batches, again)
    waiting: list[Moment] = []
    begun: set[Call] = set()
    ended_ns = 0
    for number, batch in enumerate(batches):
        for moment in _moments_of(number, batch, again, begun, ended_ns):
            heappush(waiting, moment)
            if moment.step != Step.BEGIN:
                ended_ns = moment.at_ns
        while waiting and waiting[0].at_ns < horizon[number + 1]:
            yield heappop(waiting)
    while waiting:
        yield heappop(waiting)


def _horizons(batches: Sequence[pa.RecordBatch], again: frozenset[Call]) -> list[int]:
    """For every batch, and for the end: nothing that is first told in it or later happened before this, ns."""
    known: set[Call] = set()
    first = [_first_told(batch, again, known) for batch in batches] + [_NEVER]
    return list(accumulate(reversed(first), min))[::-1]


def _first_told(batch: pa.RecordBatch, again: frozenset[Call], known: set[Call]) -> int:
    at_ns, kind = column(batch, "at_ns"), column(batch, "kind")
    if not len(at_ns):
        return _NEVER
    calls = np.isin(kind, _CALLS)
    told = np.zeros(len(kind), np.bool_)
    if known:
        told[calls] = [call in known for call in calls_at(batch, calls)]
    known.update(again.intersection(calls_at(batch, calls)))
    return int(at_ns[~told].min(initial=_NEVER))


def _moments_of(
    number: int, batch: pa.RecordBatch, again: frozenset[Call], begun: set[Call], ended_ns: int
) -> Iterator[Moment]:
    kind, flags = column(batch, "kind").tolist(), column(batch, "flags").tolist()
    at_ns, wall_ns = column(batch, "at_ns").tolist(), column(batch, "wall_ns").tolist()
    tid = column(batch, "tid").tolist()
    for row in range(batch.num_rows):
        at, call, order = at_ns[row], (tid[row], at_ns[row]), number << 32 | row
        if kind[row] not in _CALLS:
            ended_ns = max(ended_ns, at)
            yield Moment(ended_ns, order, Step.EVENT, call, number, row)
            continue
        if call not in begun:
            yield Moment(at, order, Step.BEGIN, call, number, row)
        if call in again:
            begun.add(call)
        if kind[row] == Kind.CALL or flags[row] & Flag.FINAL:
            # Rows are in the order of their ends, whatever the clock readings of two threads say.
            ended_ns = max(ended_ns, at + wall_ns[row])
            yield Moment(ended_ns, order, Step.END, call, number, row)
