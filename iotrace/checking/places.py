"""Where a figure comes from: the calls and threads that made the most of it, with rows of the recording.

Read in a second pass, and only for budgets that are broken.
"""

from __future__ import annotations

import errno
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from iotrace.checking.names import Measured
from tracer.account.distinct import distinct
from tracer.analyze import whole
from tracer.analyze.columns import Columns
from tracer.analyze.sums import INDEX, values_of
from tracer.analyze.tally import Tally
from tracer.recording.reader import Recording
from tracer.wire import Kind

Ints = NDArray[np.int64]
PLACES: Final = 3
ROWS: Final = 3
_SUMS: Final[Mapping[str, tuple[str, ...]]] = {
    **{name: (name,) for name in ("calls", "failed", "wasted", "wakeups", "copies_in", "copies_out", "payload_in",
                                  "payload_out", "control_in", "control_out")},
    **{f"{name}_ns": (name,) for name in ("kernel", "tracer")},
    "user_ns": ("user",),
    "blocked_ns": ("blocked", "before_blocked"),
    "runnable_ns": ("runnable", "before_runnable"),
    "cpu_percent": ("user", "kernel"),
    "copies": ("copies_in", "copies_out"),
    "payload": ("payload_in", "payload_out"),
    "payload_copied": ("payload_in", "payload_out"),
    "control": ("control_in", "control_out"),
    "control_copied": ("control_in", "control_out"),
    "copied": ("payload_in", "payload_out", "control_in", "control_out"),
    **{f"{what}_p{percent}_ns": parts for percent in (50, 99)
       for what, parts in (("kernel", ("kernel",)), ("wall", ("kernel", "blocked", "runnable")))},
}  # fmt: skip
"""Figures that are sums over calls (or, for percentiles, figures of single calls), by what they are the sum of."""


@dataclass(frozen=True, slots=True)
class Place:
    """What one thread's calls of one name contributed."""

    syscall: str
    """Empty for what is no call."""
    pid: int
    tid: int
    thread: str
    """The thread's name."""
    amount: int
    """ns, bytes or pieces; of a percentile: the longest of these calls."""
    rows: tuple[int, ...]
    """Rows of the recording with the most of it, in their order."""


def places(path: Path, tally: Tally, phase: str | None, wanted: Iterable[Measured]) -> dict[str, list[Place]]:
    """For every figure in `wanted` (by name) the places with the most of it; none for figures of other kinds.

    `tally` has the whole recording. Raises RecordingError.
    """
    searches = {each.name: _Search(each) for each in wanted if _known(each.figure)}
    if not searches:
        return {}
    sets = None if phase is None else list(tally.phases.sets_with(phase))
    with Recording.open(path) as recording:
        again = Tally(recording.header)
        first = 0

        def add(batch: pa.RecordBatch) -> None:
            nonlocal first
            counted = again.add(batch)
            if counted is not None:
                kept = np.ones(batch.num_rows, np.bool_) if sets is None else np.isin(counted.within, sets)
                for search in searches.values():
                    search.add(counted.columns, counted.thread, kept, first, again)
                first += batch.num_rows

        whole.take_in(recording, add)
    return {name: search.best(again) for name, search in searches.items()}


def _known(figure: str) -> bool:
    return figure in _SUMS or figure in ("signals", "lost") or figure.startswith("errors.")


class _Search:
    """The sums of one figure by call and thread."""

    def __init__(self, measured: Measured) -> None:
        self._measured = measured
        self._longest = "_p50_" in measured.figure or "_p99_" in measured.figure
        self._amounts: dict[int, int] = defaultdict(int)
        self._rows: dict[int, list[tuple[int, int]]] = defaultdict(list)

    def add(self, columns: Columns, thread: Ints, kept: NDArray[np.bool_], first: int, tally: Tally) -> None:
        """Take in a batch whose first row is `first`."""
        amounts = np.where(kept, self._of(columns), 0)
        if self._measured.syscall:
            named = np.array([fact.name == self._measured.syscall for fact in tally.codes.facts])
            amounts = np.where(named[columns.code], amounts, 0)
        rows = np.flatnonzero(amounts)
        if not len(rows):
            return
        found, where = distinct(columns.code[rows] << 32 | thread[rows])
        for place, key in enumerate(found.tolist()):
            mine = rows[where == place] if len(found) > 1 else rows
            self._take(key, mine, amounts[mine], first)

    def _take(self, key: int, rows: Ints, amounts: Ints, first: int) -> None:
        total, most = int(amounts.sum()), int(amounts.max())
        self._amounts[key] = max(self._amounts[key], most) if self._longest else self._amounts[key] + total
        order = np.argsort(-amounts, kind="stable")[:ROWS]
        fresh = [(-int(amounts[each]), first + int(rows[each])) for each in order]
        self._rows[key] = sorted([*self._rows[key], *fresh])[:ROWS]

    def _of(self, columns: Columns) -> Ints:
        figure = self._measured.figure
        if figure in ("signals", "lost"):
            kind = Kind.SIGNAL if figure == "signals" else Kind.LOST
            amount = columns.args[:, 0].astype(np.int64) if kind is Kind.LOST else 1
            return np.where(columns.kind == kind, amount, 0)
        if figure.startswith("errors."):
            number = next((n for n, word in errno.errorcode.items() if word == figure[len("errors.") :]), 0)
            matching: Ints = (columns.failed & (columns.result == -number)).astype(np.int64)
            return matching
        values = values_of(columns)
        parts = [values[INDEX[part]].astype(np.int64) for part in _SUMS[figure]]
        total: Ints = np.sum(parts, axis=0)
        return np.where(columns.returned, total, 0) if self._longest else total

    def best(self, tally: Tally) -> list[Place]:
        """The places with the most."""
        keys = sorted(self._amounts, key=lambda key: -self._amounts[key])[:PLACES]
        return [self._place(key, tally) for key in keys]

    def _place(self, key: int, tally: Tally) -> Place:
        life = tally.threads.lives[key & 0xFFFFFFFF]
        rows = tuple(sorted(row for _, row in self._rows[key]))
        return Place(tally.codes.facts[key >> 32].name, life.pid, life.tid, life.name, self._amounts[key], rows)
