"""From raw clocks to the five times: user, kernel, blocked, runnable and tracer, vectorised over a batch.

Every row covers the span from the end of its thread's previous row to its own end: first a part in user space
("before"), then, for calls, a part inside the kernel. The parts of the span:

    user    = on CPU before the call        - cost of one resume        (never below 0)
    kernel  = on CPU inside the call        - cost of one resume
    runnable = run-queue wait, blocked = the rest of the wall time, both less the cost of a hand-over
    tracer  = what is left of the span: held at stops, plus everything subtracted above

so the five always add up to the span, whatever the constants are. A constant may be below 0 (by BPF, the clock is
read a little late at the entry); what it adds comes out of the row's tracer time, and is no more than there is: a
thread that slept all the while did not run for 20 ns.

Two sets of constants apply, for a hand-over on one CPU and for one between two. Rows of a shared placement are on
one CPU; of a thread that ran where it wanted, its time on the CPU and the length of the hand-over tell
(`_Part.near`).

A thread is switched onto a CPU once per resume by the tracer's doing. When it was switched in no more often
than that, it neither slept nor was preempted, and whatever wait the clocks show is the hand-over: blocked and
runnable are exactly 0 there, not a small residue of noise. Only calls that really slept pay the subtraction. But a
thread that then waited for a CPU for longer than the tracer ever keeps one (`_COMPETED_NS`) had to wait for others.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tracer.account.calibration import Calibration
from tracer.wire import Kind, Placement, Source

Ns = NDArray[np.int64]
_COMPETED_NS: Final = 200_000
_FAR: Final = 3.0
"""By how many times a thread must have run for less than a hand-over between two CPUs costs, to have been near."""


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


def column(batch: pa.RecordBatch, name: str) -> Ns:
    """A fixed-width column as int64."""
    values = batch.column(name).to_numpy(zero_copy_only=False)
    if values.dtype == np.uint64:  # the same bits: no copy
        values = values.view(np.int64)
    numbers: Ns = values.astype(np.int64, copy=False)
    return numbers


def account_times(batch: pa.RecordBatch, calibration: Calibration) -> Times:
    """Apply `calibration` to the raw clocks of `batch`. Rows that carry no stretch of a thread's life get zeros."""
    kind = column(batch, "kind")
    timed = (kind == Kind.CALL) | (kind == Kind.ENTERED) | (kind == Kind.EXIT)
    timed |= (kind == Kind.SUMS) | (kind == Kind.LEFT)
    shared = column(batch, "placement") == Placement.SHARED
    source = column(batch, "source")
    counted = (source == Source.SCHEDSTAT) | (source == Source.SWITCHES)
    user_part, call_part = _Part(batch, "user_", counted), _Part(batch, "", counted)
    near = shared if shared.all() else shared | user_part.near(calibration) | call_part.near(calibration)
    all_near, none_near = bool(near.all()), not near.any()

    def part(clocks: _Part) -> tuple[Ns, Ns, Ns]:
        def cost(name: str) -> Any:
            on_one, between_two = (float(getattr(each, name)) for each in (calibration.shared, calibration.apart))
            if all_near or none_near or on_one == between_two:
                return clocks.resumes * (between_two if none_near else on_one)
            return clocks.resumes * np.where(near, on_one, between_two)

        on_cpu = _positive(clocks.run - cost(f"{clocks.prefix}run_ns"))
        waiting = _positive(clocks.delay - cost(f"{clocks.prefix}delay_ns"))
        asleep = _positive(clocks.rest - cost(f"{clocks.prefix}wall_ns"))
        slept = timed & clocks.switched_away
        competed = timed & (slept | (clocks.delay > _COMPETED_NS))
        return on_cpu * timed, waiting * competed, asleep * slept  # a product costs a third of `where`

    user, before_runnable, before_blocked = part(user_part)
    kernel, runnable, blocked = part(call_part)
    span = column(batch, "span_ns") * timed
    tracer = span - user - kernel - blocked - runnable - before_blocked - before_runnable
    if (tracer < 0).any():
        inside = ((kernel, call_part.run), (runnable, call_part.delay), (blocked, call_part.rest))
        before = (user, user_part.run), (before_runnable, user_part.delay), (before_blocked, user_part.rest)
        for times, raw in (*inside, *before):
            back = np.clip(times - _positive(raw), 0, _positive(-tracer))
            times -= back
            tracer += back
    return Times(user, kernel, blocked, runnable, before_blocked, before_runnable, tracer)


class _Part:
    """One part of every row: between the calls ("user_") or inside the call ("")."""

    def __init__(self, batch: pa.RecordBatch, prefix: str, counted: NDArray[np.bool_]) -> None:
        self.prefix = prefix
        self.run = column(batch, f"{prefix}run_ns")
        self.delay = column(batch, f"{prefix}delay_ns")
        self.resumes = column(batch, f"{prefix}stops")
        self.rest = column(batch, f"{prefix}wall_ns") - self.run - self.delay
        """Wall time neither running nor queued: asleep, or the hand-over."""
        self.switched_away = ~counted | (column(batch, f"{prefix}switches") > self.resumes)

    def near(self, calibration: Calibration) -> NDArray[np.bool_]:
        """Whether the hand-over was surely one on the same CPU, of a thread that ran where it wanted.

        Between two CPUs it costs the thread many times more CPU time, so one that ran for far less was near. And it
        takes many times longer: where the thread did not sleep the hand-over is all of `rest`, so a short one was
        near. A long one may be either: with several threads the tracer may just have been busy with another. Then
        the row's other part tells, which is a moment away: after one that was surely near 0 to 3 in 100 were not,
        after others 64 to 94 (two threads on two CPUs, getppid, six runs under load).
        """
        shared, apart = calibration.shared, calibration.apart
        sure = np.zeros(len(self.rest), bool)
        if shared.samples == 0:
            return sure
        name = f"{self.prefix}run_ns"
        cost, least = getattr(apart, name), getattr(shared, name)
        if cost >= _FAR * max(least, 0.0):
            sure |= self.run < cost / _FAR * self.resumes
        if apart.wall_ns >= 2 * shared.wall_ns:
            border = float(np.sqrt(max(shared.wall_ns, 1.0) * max(apart.wall_ns, 1.0)))
            sure |= ~self.switched_away & (self.rest < border * self.resumes)
        return sure


def _positive(values: NDArray[Any]) -> Ns:
    found: Ns = np.maximum(values, 0).astype(np.int64)
    return found
