"""Counting the map of latencies in a worker; a newer request ends an older one."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event, Lock
from typing import Final

from tracer.analyze.filter.known import Known
from tracer.analyze.timeline.latency_map import Latencies, LatencyMap, Wanted

_SLICE: Final = 1 << 20
"""Lines counted between two pictures."""


class LatencyCounting:
    """The maps of one recording. `ask` and `find` are for the screen's thread."""

    def __init__(self, known: Known) -> None:
        self._lines = known.lines
        self._latencies = Latencies(known.lines, lambda code: known.facts[code].name)
        self._asked: tuple[Wanted, int] | None = None
        self._stop = Event()
        self._turn = Lock()
        """One worker counts at a time; the one before ends soon after it is told to."""

    def ask(self, wanted: Wanted, tell: Callable[[LatencyMap], object]) -> Callable[[], None] | None:
        """The work of counting `wanted`, for a worker, which tells of every map on the way; what was counted before
        is given up. None when it was asked for already, and no line has come since."""
        asked = wanted, self._lines.count
        if asked == self._asked:
            return None
        self._asked = asked
        self._stop.set()
        stop = self._stop = Event()
        return lambda: self._count(wanted, stop, tell)

    def find(self, wanted: Wanted, cell: int, octaves: range, after: int) -> int | None:
        """The first line behind line `after` of a cell and its `octaves`; behind the last comes the first again."""
        line = self._latencies.find(wanted, cell, octaves, after=after) if after >= 0 else None
        return self._latencies.find(wanted, cell, octaves) if line is None else line

    def end(self) -> None:
        """Let the worker go."""
        self._stop.set()

    def _count(self, wanted: Wanted, stop: Event, tell: Callable[[LatencyMap], object]) -> None:
        with self._turn:
            done = 0.0
            while done < 1 and not stop.is_set():
                latencies = self._latencies.count(wanted, stop.is_set, _SLICE)
                done = latencies.done
                tell(latencies)
