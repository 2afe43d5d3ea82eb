"""How many bytes every process has copied across the boundary so far, as counters.

A counter for each direction and purpose: payload_in, payload_out, control_in, control_out. There is a value every
so often (`POINTS` in a recording), at the end of the call that made it, and the last one is the total.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from tracer.analyze.columns import Columns
from tracer.export.perfetto_slices import AFTER, SLOTS, Events
from tracer.export.placing import Placed
from tracer.export.text_columns import Texts, glued, looked_up, microseconds, numbers

Ints = NDArray[np.int64]

POINTS: Final = 4096
_NAMES: Final = ("payload_in", "payload_out", "control_in", "control_out")


class Copied:
    """The bytes copied so far, by process."""

    def __init__(self, origin_ns: int, duration_ns: int) -> None:
        self._origin_ns = origin_ns
        self._every_ns = max(1, duration_ns // POINTS)
        self._sums: dict[int, Ints] = {}
        self._latest: dict[int, int] = {}

    def events(self, columns: Columns, placed: Placed) -> Events | None:
        """The values of the next batch; None when nothing was copied in it."""
        rows = placed.row
        moved = np.stack([getattr(columns.copies, name)[rows] for name in _NAMES], axis=1)
        copied = moved.any(axis=1)
        if not copied.any():
            return None
        rows, moved, ends = rows[copied], moved[copied], placed.call.end[copied]
        chosen, sums, moments = [], [], []
        pids = columns.pid[rows]
        for pid in np.unique(pids).tolist():
            mine = np.flatnonzero(pids == pid)
            upto = np.cumsum(moved[mine], axis=0) + self._sums.get(pid, 0)
            at = np.maximum.accumulate(np.maximum(ends[mine], self._latest.get(pid, self._origin_ns)))
            self._sums[pid], self._latest[pid] = upto[-1], int(at[-1])
            step = (at - self._origin_ns) // self._every_ns
            last = np.flatnonzero(np.r_[step[1:] != step[:-1], True])
            chosen.append(mine[last])
            sums.append(upto[last])
            moments.append(at[last])
        place, total, at = (np.concatenate(each).astype(np.int64) for each in (chosen, sums, moments))
        return Events(rows[place] * SLOTS + AFTER + 1, _texts(pids[place], at - self._origin_ns, total))


def _texts(pids: Ints, at: Ints, total: Ints) -> Texts:
    unique, where = np.unique(pids, return_inverse=True)
    head = [f'{{"ph":"C","name":"copied bytes","pid":{pid},"tid":{pid},"ts":' for pid in unique.tolist()]
    values = []
    for place, name in enumerate(_NAMES):
        values += [f'{"," if place else ""}"{name}":', numbers(total[:, place])]
    return glued(looked_up(head, where), microseconds(np.maximum(at, 0)), ',"args":{', *values, "}},\n")
