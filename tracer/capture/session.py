"""One capture from beginning to end: calibrate, start or attach, run the loop, say how it ended."""

from __future__ import annotations

import errno
import fcntl
import os
import signal
import time
from dataclasses import replace
from typing import Final

from tracer.capture import ptrace_binding as ptrace
from tracer.capture.calibrate import Recalibration, calibrate
from tracer.capture.inherited import inherited, sockets_of
from tracer.capture.maps import maps_of
from tracer.capture.options import CaptureOptions
from tracer.capture.outbox import Outbox
from tracer.capture.seccomp_install import obstacle
from tracer.capture.spawn import (
    FoundState,
    Program,
    Waiting,
    becoming,
    close_inherited,
    fork_waiting,
    make_ready,
    send_signal,
)
from tracer.capture.state import Capture
from tracer.capture.subject import Constants
from tracer.capture.telling import CANNOT_TRACE, broken, failed, listen
from tracer.capture.threads import threads_of
from tracer.wire import Placement, Spawn

_PIPE_BYTES: Final = 1 << 20


def capture(options: CaptureOptions) -> int:
    """Run one capture; returns the process's exit status."""
    found = make_ready(options.shielded)
    _widen(options.wire)
    if options.backend != "ptrace":
        from tracer.capture.ebpf.bpf import BpfRefused
        from tracer.capture.ebpf.capture import capture_by_bpf

        try:
            return capture_by_bpf(options, found)
        except BpfRefused as refused:
            if options.backend == "ebpf":
                return failed(Outbox(options.wire), "ebpf", refused.number, 0)
    state = Capture(options)
    listen(options.control, state.obey, state.abandon, state.loop.tick)
    if state.loop.filtered and (refused_with := obstacle(os.uname().machine)):
        return failed(state.outbox, "filter", refused_with, 0)
    try:
        constants = {
            each.name.lower(): calibrate(each, state.tables, state.source, state.calibration_filter())
            if options.pin != "all" or each is Placement.SHARED  # a thread left alone may come to our CPU as well
            else {}
            for each in Placement
        }
        if options.program is not None:
            return _capture_program(state, options.program, constants, found)
        return _capture_process(state, options.attach or 0, constants)
    except ptrace.PtraceRefused as refused:
        return failed(state.outbox, refused.stage, refused.number, refused.tid)
    except BrokenPipeError:
        return CANNOT_TRACE
    except Exception as error:
        return broken(state.outbox, error, begun=bool(state.tracees.root))


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
            return failed(state.outbox, "exec", number, child.pid)
    _end(state, status)
    return 0


def _capture_process(state: Capture, pid: int, constants: dict[str, Constants]) -> int:
    tids = threads_of(pid)
    if not tids:
        return failed(state.outbox, "attach", errno.ESRCH, pid)
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
    state.outbox.document({"end": {"reason": reason, "status": status}})


def _widen(pipe: int) -> None:
    try:
        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
    except OSError:  # over the user's limit (pipe(7), pipe-max-size): the default size works too
        pass
