"""From raw clocks to the five times: user, kernel, blocked, runnable and tracer, vectorised over a batch.

Every row covers the span from the end of its thread's previous row to its own end: first a part in user space
("before"), then, for calls, a part inside the kernel. The parts of the span:

    user    = on CPU before the call        - cost of one resume        (never below 0)
    kernel  = on CPU inside the call        - cost of one resume
    runnable = run-queue wait, blocked = the rest of the wall time, both less the cost of a hand-over
    tracer  = what is left of the span: held at stops, plus everything subtracted above

so the five always add up to the span, whatever the constants are.

A thread is switched onto a CPU once per resume by the tracer's doing. When it was switched in no more often
than that, it neither slept nor was preempted, and whatever wait the clocks show is the hand-over: blocked and
runnable are exactly 0 there, not a small residue of noise. Only calls that really slept pay the subtraction.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tracer.account.calibration import Calibration
from tracer.wire import Kind, Placement, Source

Ns = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Times:
    """Corrected times of every row of a batch, int64 ns."""

    user: Ns
    """On CPU in user space since the thread's previous call returned."""
    kernel: Ns
    """On CPU inside the call."""
    blocked: Ns
    """Asleep inside the call."""
    runnable: Ns
    """Waiting for a CPU inside the call."""
    before_blocked: Ns
    """Asleep between the calls: a page fault that waits for the disk, or stopped by job control."""
    before_runnable: Ns
    """Waiting for a CPU between the calls."""
    tracer: Ns
    """Held by the tracer, and the cost of being traced."""


_TIMED = (Kind.CALL, Kind.ENTERED, Kind.EXIT)


def column(batch: pa.RecordBatch, name: str) -> Ns:
    """A fixed-width column as int64."""
    values: Ns = batch.column(name).to_numpy(zero_copy_only=False).astype(np.int64, copy=False)
    return values


def account_times(batch: pa.RecordBatch, calibration: Calibration) -> Times:
    """Apply `calibration` to the raw clocks of `batch`. Rows that are not calls or exits get zeros."""
    timed = np.isin(column(batch, "kind"), _TIMED)
    shared = column(batch, "placement") == Placement.SHARED
    counted = column(batch, "source") == Source.SCHEDSTAT

    def constant(name: str) -> NDArray[np.float64]:
        chosen: NDArray[np.float64] = np.where(
            shared, float(getattr(calibration.shared, name)), float(getattr(calibration.apart, name))
        )
        return chosen

    def part(prefix: str) -> tuple[Ns, Ns, Ns]:
        run = column(batch, f"{prefix}run_ns")
        delay = column(batch, f"{prefix}delay_ns")
        wall = column(batch, f"{prefix}wall_ns")
        resumes = column(batch, f"{prefix}stops")
        switched_away = ~counted | (column(batch, f"{prefix}switches") > resumes)
        on_cpu = _positive(run - resumes * constant(f"{prefix}run_ns"))
        waiting = _positive(delay - resumes * constant(f"{prefix}delay_ns"))
        asleep = _positive(wall - run - delay - resumes * constant(f"{prefix}wall_ns"))
        return (
            np.where(timed, on_cpu, 0),
            np.where(timed & switched_away, waiting, 0),
            np.where(timed & switched_away, asleep, 0),
        )

    user, before_runnable, before_blocked = part("user_")
    kernel, runnable, blocked = part("")
    span = np.where(timed, column(batch, "span_ns"), 0)
    tracer = span - user - kernel - blocked - runnable - before_blocked - before_runnable
    return Times(user, kernel, blocked, runnable, before_blocked, before_runnable, tracer)


def _positive(values: NDArray[np.float64]) -> Ns:
    return np.maximum(values, 0.0).astype(np.int64)
