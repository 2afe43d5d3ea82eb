"""One capture from beginning to end: calibrate, start or attach, run the loop, say how it ended."""

from __future__ import annotations

import errno
import fcntl
import os
import signal
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

from tracer.capture import ptrace_binding as ptrace
from tracer.capture.calibrate import Constants, Recalibration, calibrate
from tracer.capture.calls import CallTables
from tracer.capture.clocks import SOURCES, best_source
from tracer.capture.inherited import inherited, sockets_of
from tracer.capture.maps import maps_of
from tracer.capture.outbox import Outbox
from tracer.capture.placement import CoScheduling
from tracer.capture.plan import PlanOptions
from tracer.capture.ptrace_loop import CaptureLoop
from tracer.capture.seccomp_filter import Wanted, filter_program
from tracer.capture.seccomp_install import gives_up_privileges, install, obstacle
from tracer.capture.snapshot import Snapshots
from tracer.capture.spawn import (
    RECORDER_DIED,
    FoundState,
    Program,
    Waiting,
    becoming,
    close_inherited,
    die_with_parent,
    fork_waiting,
    make_ready,
    send_signal,
)
from tracer.capture.threads import threads_of
from tracer.capture.tracees import Tracees
from tracer.wire import Placement, Spawn

_PIPE_BYTES: Final = 1 << 20
CANNOT_TRACE: Final = 125


@dataclass(frozen=True, slots=True)
class CaptureOptions:
    """What the recorder asked for."""

    wire: int
    control: int
    pin: str
    capture_bytes: int
    redact: bool
    clock: str
    program: Program | None
    attach: int | None
    hold: bool = False
    """Hold the program at its first call."""
    follow: bool = True
    """Trace new processes too."""
    trace: Wanted | None = None
    """Only these calls, by a seccomp filter; None = all."""
    backend: str = "ptrace"
    """ptrace, ebpf, or auto: ebpf when it can be had."""


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


def capture(options: CaptureOptions) -> int:
    """Run one capture; returns the process's exit status."""
    found = make_ready()
    os.set_blocking(options.control, False)
    _widen(options.wire)
    if options.backend != "ptrace":
        from tracer.capture.ebpf.bpf import BpfRefused
        from tracer.capture.ebpf.capture import capture_by_bpf

        try:
            return capture_by_bpf(options, found)
        except BpfRefused as refused:
            if options.backend == "ebpf":
                return _failed(Capture(options), "ebpf", refused.number, 0)
    state = Capture(options)
    _listen_to_signals(state)
    if state.loop.filtered and (refused_with := obstacle(os.uname().machine)):
        return _failed(state, "filter", refused_with, 0)
    try:
        constants = {
            each.name.lower(): calibrate(each, state.tables, state.source, state.calibration_filter())
            if options.pin != without
            else {}
            for each, without in ((Placement.SHARED, "off"), (Placement.APART, "all"))
        }
        if options.program is not None:
            return _capture_program(state, options.program, constants, found)
        return _capture_process(state, options.attach or 0, constants)
    except ptrace.PtraceRefused as refused:
        return _failed(state, refused.stage, refused.number, refused.tid)
    except BrokenPipeError:
        return CANNOT_TRACE
    except Exception as error:
        return _broken(state, error)


def _capture_program(state: Capture, program: Program, constants: dict[str, Constants], found: FoundState) -> int:
    if state.options.trace is not None:
        program = replace(program, filtering=state.filtering(state.options.trace))
    child = fork_waiting(becoming(program, found))
    close_inherited()
    try:
        ptrace.seize(child.pid, state.seize_options | ptrace.EXITKILL)
    except ptrace.PtraceRefused:
        send_signal(child.pid, signal.SIGKILL)
        os.waitpid(child.pid, 0)
        raise
    state.tracees.root = child.pid
    # What the child does before its exec is our own doing: it goes to an outbox nobody reads.
    state.tracees.adopt(child.pid, time.monotonic_ns(), Spawn.START, Outbox(-1))
    ptrace.request(ptrace.INTERRUPT, child.pid, 0, 0)
    _hello(state, constants, child.pid)
    child.release()
    state.run_loop()
    return _ended(state, child)


def _ended(state: Capture, child: Waiting) -> int:
    status = state.loop.statuses.get(child.pid)
    if status is None and state.wait_for_program:
        status = os.waitpid(child.pid, 0)[1]
    if status is not None:
        number = child.exec_error()
        if number:
            return _failed(state, "exec", number, child.pid)
    _end(state, status)
    return 0


def _capture_process(state: Capture, pid: int, constants: dict[str, Constants]) -> int:
    tids = threads_of(pid)
    if not tids:
        return _failed(state, "attach", errno.ESRCH, pid)
    seized: set[int] = set()
    while fresh := [tid for tid in threads_of(pid) if tid not in seized]:
        for tid in fresh:
            try:
                ptrace.seize(tid, state.seize_options)
            except ptrace.PtraceRefused as refused:
                # A thread may end while we come; anything else goes for the whole process.
                if refused.number != errno.ESRCH:
                    raise
            seized.add(tid)
    state.tracees.root = pid
    state.loop.may_leave = True
    _hello(state, constants, pid)
    sockets = sockets_of(pid)
    # Its descriptors are read while it is stopped, or what it opened and closed meanwhile would be missed. Lives
    # begin afterwards: what it did before its first stop was not seen, and would be taken for user time.
    for tid in seized:
        ptrace.request(ptrace.INTERRUPT, tid, 0, 0)
    found = (inherited(pid, sockets), maps_of(pid))
    now = time.monotonic_ns()
    for tid in sorted(seized):
        state.tracees.adopt(tid, now, Spawn.ATTACH, found=found if tid == pid else ())
    state.run_loop()
    _end(state, state.loop.statuses.get(pid))
    return 0


def _hello(state: Capture, constants: dict[str, Constants], program: int) -> None:
    hello = {
        "backend": "ptrace",
        "pid": os.getpid(),
        "program": program,
        "source": state.source.name.lower().replace("_", "-"),
        "calibration": constants,
        "began_ns": time.monotonic_ns(),
        "no_new_privs": state.no_new_privs,
    }
    state.outbox.document({"hello": hello})
    state.loop.between = Recalibration(state.loop, constants, state.calibration_filter())


def _end(state: Capture, status: int | None) -> None:
    if state.let_run:
        state.outbox.resume_at(state.options.wire)
    ended = status is not None and not state.loop.detaching and not state.let_run
    reason = "exited" if ended else "detached"
    _tell(state, {"end": {"reason": reason, "status": status}})


def _failed(state: Capture, stage: str, number: int, pid: int) -> int:
    name = errno.errorcode.get(number, str(number))
    _tell(state, {"failed": {"stage": stage, "errno": name, "pid": pid}})
    return CANNOT_TRACE


def _broken(state: Capture, error: Exception) -> int:
    """A fault of ours: the recording ends before the frame at hand, and says where it happened."""
    signal.setitimer(signal.ITIMER_REAL, 0)
    if os.environ.get("IOTRACE_DEBUG"):
        traceback.print_exc()
    *_, place = traceback.extract_tb(error.__traceback__)
    where = f"{os.path.basename(place.filename)}:{place.lineno}"
    state.outbox.drop()
    text = f"{type(error).__name__}: {error}, {where}"
    begun = bool(state.tracees.root)
    failed: dict[str, Any] = {"failed": {"stage": "hello", "errno": text, "pid": 0}}
    _tell(state, {"end": {"reason": "failed", "text": text}} if begun else failed)
    return CANNOT_TRACE


def _tell(state: Capture, content: dict[str, Any]) -> None:
    if not state.abandoned:
        state.outbox.document(content)


def _listen_to_signals(state: Capture) -> None:
    """Ctrl-C is for the program, not for us; RECORDER_DIED comes from the kernel.

    So is SIGTERM: timeout(1), and whoever else ends a whole process group, means the program. It gets the signal
    itself, and its end is what we are here to record.
    """

    def on_control(_number: int, _frame: object) -> None:
        try:
            lines = os.read(state.options.control, 4096).decode(errors="replace").splitlines()
        except BlockingIOError:
            return
        for line in lines:
            state.obey(line)

    handlers: dict[int, Callable[[int, object], None] | signal.Handlers] = {
        signal.SIGINT: signal.SIG_IGN,
        signal.SIGQUIT: signal.SIG_IGN,
        signal.SIGHUP: signal.SIG_IGN,
        signal.SIGTERM: signal.SIG_IGN,
        signal.SIGUSR1: on_control,
        RECORDER_DIED: lambda _number, _frame: state.abandon(),
        signal.SIGALRM: lambda _number, _frame: state.loop.tick(),
    }
    for number, handler in handlers.items():
        signal.signal(number, handler)
    die_with_parent(RECORDER_DIED)


def _widen(pipe: int) -> None:
    try:
        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
    except OSError:  # over the user's limit (pipe(7), pipe-max-size): the default size works too
        pass
