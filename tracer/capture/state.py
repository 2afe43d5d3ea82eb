"""One ptrace capture: the state that outlives single steps, and what the recorder may order."""

from __future__ import annotations

import os
from collections.abc import Callable

from tracer.capture import ptrace_binding as ptrace
from tracer.capture.calls import CallTables
from tracer.capture.clocks import SOURCES, best_source
from tracer.capture.options import CaptureOptions
from tracer.capture.outbox import Outbox
from tracer.capture.placement import CoScheduling
from tracer.capture.plan import PlanOptions
from tracer.capture.ptrace_loop import CaptureLoop
from tracer.capture.seccomp_filter import Wanted, filter_program
from tracer.capture.seccomp_install import gives_up_privileges, install
from tracer.capture.snapshot import Snapshots
from tracer.capture.spawn import send_signal
from tracer.capture.stacks import Stacks
from tracer.capture.tracees import Tracees


class Capture:
    """The state that outlives single steps: the loop, and who asked for what."""

    def __init__(self, options: CaptureOptions) -> None:
        self.options = options
        self.outbox = Outbox(options.wire)
        self.source = SOURCES.get(options.clock) or best_source()
        self.tables = CallTables(PlanOptions(options.capture_bytes, options.redact))
        self.tracees = Tracees(self.outbox, CoScheduling(options.pin), self.source)
        self.tracees.following = options.follow
        self.loop = CaptureLoop(self.tracees, self.tables, filtered=options.trace is not None)
        if options.stacks is not None:
            self.loop.stacks = Stacks(options.stacks, redact=options.redact)
        self.snapshots = Snapshots(self.loop, options.wire)
        self.no_new_privs = options.trace is not None and gives_up_privileges()
        self.let_run = False
        """Nobody wants to know any more, but the program cannot do without a tracer: its filter stays."""
        if options.hold:
            self.loop.hold()
        self.wait_for_program = False
        self.abandoned = False

    def obey(self, line: str) -> None:
        """Carry out one line of the control pipe."""
        word, _, rest = line.partition(" ")
        if word == "detach" and self.loop.filtered:
            self._stop_telling()
        elif word == "detach":
            self.wait_for_program = rest == "wait"
            self.loop.detach()
        elif word == "snapshot":
            self.snapshots.ask()
        elif word == "kill":
            self.loop.kill()
        elif word == "signal" and rest.isdigit():
            self._signal_program(int(rest))
        elif word in ("hold", "step", "until", "release"):
            self.loop.order(line)

    @property
    def seize_options(self) -> int:
        """What is asked of the kernel for the program's threads."""
        chosen = ptrace.OPTIONS if self.options.follow else ptrace.OPTIONS & ~ptrace.FOLLOW_PROCESSES
        return chosen | ptrace.TRACESECCOMP * self.loop.filtered

    def filtering(self, wanted: Wanted) -> Callable[[], None]:
        """What puts the filter for `wanted` on the process that calls it. Raises ValueError."""
        program, no_new_privs = filter_program(os.uname().machine, wanted), self.no_new_privs
        return lambda: install(program, no_new_privs=no_new_privs)

    def calibration_filter(self) -> Callable[[], None] | None:
        """The filter for a child that only measures."""
        return self.filtering(Wanted(frozenset({"getppid"}))) if self.loop.filtered else None

    def _stop_telling(self) -> None:
        """Instead of a detach: stops go on being answered, and what they tell goes nowhere."""
        self.let_run = True
        self.loop.soon(lambda _now: self.outbox.discard())
        self.loop.order("release")

    def abandon(self) -> None:
        """The recorder is gone: end what we started, let go what we attached to."""
        self.abandoned = True
        self.outbox.discard()
        if self.options.program is not None:
            self.loop.kill()
        else:
            self.loop.detach()

    def _signal_program(self, number: int) -> None:
        """Signal the program's first process; when that is gone, what it left behind (a daemon, a job)."""
        pids = self.tracees.own_processes()
        for pid in pids & {self.tracees.root} or pids:
            send_signal(pid, number)

    def run_loop(self) -> None:
        """The capture loop, carried to its end even when the recorder dies in the middle."""
        try:
            self.loop.run()
        except BrokenPipeError:
            self.abandon()
            self.loop.run()
