"""Measuring what being traced costs the traced thread, before there is a program and now and then while one is
traced: a child of our own (`tracer.capture.subject`), traced like any other.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Final

from tracer.capture import ptrace_binding as ptrace
from tracer.capture.calls import CallTables
from tracer.capture.placement import CoScheduling
from tracer.capture.ptrace_loop import CaptureLoop
from tracer.capture.subject import SAMPLES, Constants, Subject
from tracer.capture.tracees import Tracees
from tracer.wire import Kind, Placement, Source

RECALIBRATE_NS: Final = 10_000_000_000


def calibrate(
    placement: Placement, tables: CallTables, source: Source, filtering: Callable[[], None] | None = None
) -> Constants:
    """Measure one placement now, before there is a program.

    `filtering`: puts a seccomp filter on the child, for stops that are of that kind.

    Raises:
        PtraceRefused: this process may not trace even its own child.
    """
    scheduling = CoScheduling("all" if placement is Placement.SHARED else "off")
    subject = Subject(SAMPLES[placement], filtering)
    tracees = Tracees(subject.outbox, scheduling, source)
    loop = CaptureLoop(tracees, tables, flushing=False, filtered=filtering is not None)
    ptrace.seize(subject.pid, ptrace.OPTIONS | ptrace.TRACESECCOMP * loop.filtered | ptrace.EXITKILL)
    thread = tracees.adopt(subject.pid, time.monotonic_ns())
    if placement is Placement.SHARED:
        scheduling.settle([thread])
    else:
        scheduling.step_aside(subject.pid)
    ptrace.request(ptrace.INTERRUPT, subject.pid, 0, 0)
    subject.release()
    loop.run()
    scheduling.part([])
    scheduling.step_back()
    return subject.constants()


class Recalibration:
    """Measures again while a program is traced: one more subject now and then, in the current placement.

    Called by the loop between flushes. Costs the capture process some 15 ms each time; skipped while nothing
    much is traced.
    """

    def __init__(
        self,
        loop: CaptureLoop,
        constants: dict[str, Constants],
        filtering: Callable[[], None] | None = None,
    ) -> None:
        self._loop = loop
        self._filtering = filtering
        self._constants = constants
        self._subject: Subject | None = None
        self._placement = Placement.SHARED
        self._next_ns = time.monotonic_ns() + RECALIBRATE_NS

    def __call__(self, now: int) -> None:
        """Begin a measurement when one is due, and report one that has ended."""
        if self._subject is not None and self._subject.pid in self._loop.statuses:
            self._report(self._subject, now)
        elif self._subject is None and now >= self._next_ns and not self._loop.detaching:
            self._next_ns = now + RECALIBRATE_NS
            self._begin(now)

    def _begin(self, now: int) -> None:
        tracees = self._loop.tracees
        self._placement = tracees.scheduling.placement
        subject = Subject(SAMPLES[self._placement] // 3, self._filtering)
        self._loop.statuses.pop(subject.pid, None)  # of an earlier thread that had this number
        try:
            options = ptrace.OPTIONS | ptrace.TRACESECCOMP * self._loop.filtered
            ptrace.seize(subject.pid, options | ptrace.EXITKILL)
        except ptrace.PtraceRefused:
            subject.release()
            return
        self._subject = subject
        thread = tracees.adopt(subject.pid, now, outbox=subject.outbox)
        if self._placement is Placement.SHARED:
            tracees.scheduling.hold(thread)
        else:
            tracees.scheduling.step_aside(subject.pid)
        ptrace.request(ptrace.INTERRUPT, subject.pid, 0, 0)
        subject.release()

    def _report(self, subject: Subject, now: int) -> None:
        del self._loop.statuses[subject.pid]
        self._subject = None
        self._loop.tracees.scheduling.step_back()
        measured = subject.constants()
        if measured:
            self._constants = {**self._constants, self._placement.name.lower(): measured}
            text = json.dumps(self._constants).encode()
            self._loop.tracees.outbox.event(Kind.CALIBRATION, now, 0, 0, texts=(text,))
