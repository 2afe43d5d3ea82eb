"""A child of our own that measures what its calls cost it untraced, and then makes them traced.

The child first times some thousand `getppid` calls by itself, and as many calls of a function that does not enter
the kernel: their difference is what one call costs in the kernel, untraced. Then it makes the same calls under this
very capture loop. The median of each raw clock less the untraced truth is the cost of one resume, and half the
interquartile range its spread. `getppid` is the shortest call there is, so what is left is the hand-over.

Between two calls there must be next to nothing, or what it costs to run it with cold caches is taken for the
hand-over: a loop in Python said 0.15 us more than one in C. So the loop is libc's: `lfind` (lsearch(3)) calls the
function it is given until that returns 0, which a process whose parent lives never gets from getppid(2).
"""

from __future__ import annotations

import ctypes
import json
import os
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from tracer.capture.outbox import Outbox
from tracer.capture.spawn import Waiting, die_with_parent, fork_waiting
from tracer.syscalls.names import name_of
from tracer.wire import RECORD, Kind, Placement

SAMPLES: Final = {Placement.SHARED: 307, Placement.APART: 101}
"""Calls to measure in each placement."""
_WARM_UP: Final = 17
_CHUNKS, _CHUNK = 23, 1001
_FIRST_CLOCK: Final = 18
"""Position of wall_ns in a wire record; run, delay, user_wall, user_run and user_delay follow."""
_libc: Final = ctypes.CDLL(None)

Constants = dict[str, float]


@dataclass(frozen=True, slots=True)
class Untraced:
    """What one iteration costs the child when nobody watches, in ns."""

    kernel: float
    user: float


class Subject:
    """A child that measures itself, waits to be traced, and then makes its calls."""

    def __init__(self, samples: int, filtering: Callable[[], None] | None = None) -> None:
        self.outbox = Outbox(-1)
        """Its rows are kept here, apart from the program's."""
        read, write = os.pipe()
        go, self._go = os.pipe()
        child: Waiting = fork_waiting(lambda: _behave(write, go, samples, filtering))
        self.pid = child.pid
        os.close(write)
        os.close(go)
        child.release()
        child.forget()
        self.truth = Untraced(**json.loads(os.read(read, 256) or b'{"kernel": 0, "user": 0}'))
        os.close(read)

    def release(self) -> None:
        """Let it make its calls; it must be traced by now."""
        os.write(self._go, b"\n")
        os.close(self._go)

    def constants(self) -> Constants:
        """What its traced calls cost above its untraced ones (the fields of account's `Constants`), in ns."""
        rows = list(RECORD.iter_unpack(self.outbox.records))
        calls = [row for row in rows if row[0] == Kind.CALL and name_of(row[1], row[5]) == "getppid"]
        return _constants(calls[_WARM_UP:], self.truth) if len(calls) > 2 * _WARM_UP else {}


def _behave(report: int, go: int, samples: int, filtering: Callable[[], None] | None) -> None:
    die_with_parent()
    call, nothing = _cost(_libc.getppid), _cost(_libc.labs)
    os.write(report, json.dumps({"kernel": max(call - nothing, 0.0), "user": nothing}).encode())
    os.read(go, 1)
    if filtering is not None:
        filtering()
    _call(_libc.getppid, samples + _WARM_UP)
    os._exit(0)


def _call(function: Any, times: int) -> None:
    """Call a function of libc's that returns no 0, `times` times. Its first argument is 1."""
    one = ctypes.c_void_p(1)
    _libc.lfind(one, one, ctypes.byref(ctypes.c_size_t(times)), ctypes.c_size_t(0), function)


def _cost(function: Any) -> float:
    """ns of one iteration of the loop the traced child runs, the least disturbed of many chunks."""
    chunks = []
    for _ in range(_CHUNKS):
        begin = time.perf_counter_ns()
        _call(function, _CHUNK)
        chunks.append((time.perf_counter_ns() - begin) / _CHUNK)
    return statistics.median(chunks)


def _constants(rows: Sequence[tuple[int, ...]], truth: Untraced) -> Constants:
    columns = [[row[_FIRST_CLOCK + i] for row in rows] for i in range(6)]
    wall, run, delay, user_wall, user_run, user_delay = columns
    run_median, run_spread = _middle(run)
    user_median, user_spread = _middle(user_run)
    rest, rest_spread = _middle(_remainder(wall, run, delay))
    return {
        "run_ns": run_median - truth.kernel,
        "delay_ns": _middle(delay)[0],
        "wall_ns": rest,
        "user_run_ns": user_median - truth.user,
        "user_delay_ns": _middle(user_delay)[0],
        "user_wall_ns": _middle(_remainder(user_wall, user_run, user_delay))[0],
        "run_spread_ns": run_spread,
        "user_run_spread_ns": user_spread,
        "wall_spread_ns": rest_spread,
        "samples": len(rows),
    }


def _middle(values: Sequence[int]) -> tuple[float, float]:
    """The median and half the interquartile range."""
    low, median, high = statistics.quantiles(values, n=4)
    return median, (high - low) / 2


def _remainder(wall: Sequence[int], run: Sequence[int], delay: Sequence[int]) -> list[int]:
    return [max(w - r - d, 0) for w, r, d in zip(wall, run, delay, strict=True)]
