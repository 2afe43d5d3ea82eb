"""What the capture process does when it captures by BPF: load, start or attach, read, say how it ended."""

from __future__ import annotations

import errno
import os
import time
from dataclasses import replace

from tracer.capture.ebpf.bpf import BpfRefused
from tracer.capture.ebpf.session import KernelCapture
from tracer.capture.ebpf.summary_session import SummaryCapture
from tracer.capture.invoker import invoker
from tracer.capture.options import CaptureOptions
from tracer.capture.outbox import Outbox
from tracer.capture.priority import be_heard
from tracer.capture.spawn import FoundState, becoming, close_inherited, fork_waiting
from tracer.capture.telling import CANNOT_TRACE, broken, failed, listen
from tracer.capture.threads import threads_of


def capture_by_bpf(options: CaptureOptions, found: FoundState) -> int:
    """Run one capture; returns the process's exit status. Raises BpfRefused when the programs cannot be loaded:
    nothing was said to the recorder then, and nothing started."""
    outbox = Outbox(options.wire)
    try:
        state = (SummaryCapture if options.summary else KernelCapture)(outbox, options)
    except (OSError, ValueError) as error:
        raise BpfRefused(str(error), getattr(error, "errno", None) or errno.ENOSYS) from error
    try:
        listen(options.control, state.obey, lambda: state.abandon(options.program is not None))
        return _capture(state, options, found)
    except BrokenPipeError:
        return CANNOT_TRACE
    except Exception as error:
        return broken(outbox, error, begun=state.root > 0)
    finally:
        state.close()


def _capture(state: KernelCapture, options: CaptureOptions, found: FoundState) -> int:
    constants = state.calibrate()
    if options.program is None:
        return _capture_process(state, options.attach or 0, constants)
    child = fork_waiting(becoming(replace(options.program, owner=invoker(os.environ)), found))
    close_inherited()
    be_heard()
    state.start(child)
    _hello(state, constants, child.pid)
    child.release()
    _run(state, started=True)
    status = state.statuses.get(child.pid)
    if status is None and state.wait_for_program:
        status = os.waitpid(child.pid, 0)[1]
    if status is not None and (number := child.exec_error()):
        return failed(state.outbox, "exec", number, child.pid)
    _end(state, status)
    return 0


def _capture_process(state: KernelCapture, pid: int, constants: dict[str, float]) -> int:
    if not threads_of(pid):
        return failed(state.outbox, "attach", errno.ESRCH, pid)
    be_heard()
    _hello(state, constants, pid)
    state.attach(pid)
    _run(state, started=False)
    _end(state, None)
    return 0


def _run(state: KernelCapture, *, started: bool) -> None:
    try:
        state.run(begun=not started)
    except BrokenPipeError:
        state.abandon(started)


def _hello(state: KernelCapture, constants: dict[str, float], program: int) -> None:
    hello = {
        "backend": "ebpf",
        "pid": os.getpid(),
        "program": program,
        "source": "switches",
        "calibration": {"apart": constants},
        "began_ns": time.monotonic_ns(),
    }
    state.outbox.document({"hello": hello})


def _end(state: KernelCapture, status: int | None) -> None:
    ended = not state.detaching and (status is not None or not os.path.exists(f"/proc/{state.root}"))
    state.outbox.document({"end": {"reason": "exited" if ended else "detached", "status": status}})
