"""A traced process is killed between two steps of the capture loop: at moments that chance seldom finds."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.live.recorded import record
from tests.live.test_violent_ends import eventually
from tracer.capture import ptrace_binding as ptrace
from tracer.capture.calls import CallTables
from tracer.capture.outbox import Outbox
from tracer.capture.placement import CoScheduling
from tracer.capture.plan import PlanOptions
from tracer.capture.ptrace_loop import CaptureLoop
from tracer.capture.spawn import fork_waiting
from tracer.capture.tracees import Tracees
from tracer.wire import RECORD, Kind


class Murderous(CaptureLoop):
    """Kills everybody after having taken note of a stop that is not yet handled."""

    noticed = 0

    def _notice_others(self) -> None:
        self.noticed += 1
        if self.noticed == 101:
            tids = list(self.tracees.threads)
            for tid in tids:
                os.kill(tid, signal.SIGKILL)
            assert eventually(lambda: all(map(is_exiting, tids)))
        super()._notice_others()


def is_exiting(tid: int) -> bool:
    """It stands in its exit event: stopped, and the signal is taken (SigPnd of proc_pid_status(5) is empty)."""
    status = Path(f"/proc/{tid}/status").read_text()
    return "State:\tt" in status and "SigPnd:\t0000000000000000" in status


def busy() -> None:
    while True:
        os.getppid()


@pytest.mark.parametrize("turn", range(3))
def test_killed_after_its_stop_was_noticed(turn: int) -> None:
    """The stop is void, the exit that comes next is not; no call is made up of it."""
    outbox = Outbox(os.open(os.devnull, os.O_WRONLY))
    tracees = Tracees(outbox, CoScheduling("off"))
    loop = Murderous(tracees, CallTables(PlanOptions(64, False)), flushing=False)
    children = [started(tracees, busy) for _ in range(2)]
    loop.run()
    assert loop.noticed > 100
    for pid in children:
        assert os.WTERMSIG(loop.statuses[pid]) == signal.SIGKILL
    rows = list(RECORD.iter_unpack(outbox.records))
    exits = [row for row in rows if row[0] == Kind.EXIT]
    assert sorted(row[6] for row in exits) == sorted(children)
    assert all(row[10] < 1 << 62 for row in rows)  # spans
    ppid = os.getpid()
    assert {row[17] for row in rows if row[0] == Kind.CALL and row[5] == 110} == {ppid}  # getppid


def started(tracees: Tracees, body: Callable[[], None]) -> int:
    """A child that runs `body` under trace."""
    child = fork_waiting(body)
    ptrace.seize(child.pid, ptrace.OPTIONS | ptrace.EXITKILL)
    tracees.adopt(child.pid, 0)
    ptrace.request(ptrace.INTERRUPT, child.pid, 0, 0)
    child.release()
    child.forget()
    return child.pid


def test_a_fault_of_ours_is_told_in_a_line(tmp_path: Path) -> None:
    """No traceback: what was recorded is kept, the complaint names the place, 125."""
    (tmp_path / "sitecustomize.py").write_text(
        "import sys\nif 'tracer.capture' in sys.orig_argv:\n    from tracer.capture.tracees import Tracees\n"
        "    real = Tracees.exiting\n    def fault(self, *rest):\n"
        "        if not self.root: return real(self, *rest)\n"
        "        raise ValueError('made up')\n    Tracees.exiting = fault\n"
    )
    recorded = record(["sh", "-c", "sleep 0.3"], tmp_path, env={"PYTHONPATH": f"{tmp_path}:{os.getcwd()}"})
    assert recorded.status == 125
    assert "Traceback" not in recorded.errors
    assert "a fault of iotrace (ValueError: made up, sitecustomize.py:7)" in recorded.errors
    assert len(recorded.errors.splitlines()) <= 3
    assert "execve" in recorded.counts()
