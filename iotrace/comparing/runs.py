"""Running what is to be compared: every model under a recorder of its own, quietly, and once more without one."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from iotrace.failures import USAGE, Failure
from iotrace.target import Target
from tracer.analyze.compare.comparison import Alone, Run, absent, run_of
from tracer.analyze.compare.job import job_of
from tracer.analyze.compare.parts import parts_of
from tracer.analyze.whole import tally_of
from tracer.recording.capture_process import python
from tracer.recording.errors import RecordingError
from tracer.recording.reader import Recording
from workloads import launch
from workloads.errors import WorkloadError

_OURS: Final = "iotrace: "
_CONTINUED: Final = "         "


def recorded(name: str, path: Path) -> Run:
    """The run in the recording at `path`. Raises RecordingError when it cannot be opened."""
    with Recording.open(path) as recording:
        tally = tally_of(recording)
        job = job_of(recording.batches)
        lost = "" if recording.ended else "its recording is cut off"
        report = tally.report(tally.default_phase)
        run = run_of(name, report, job, model=recording.header.model, lost=lost)
        return replace(run, parts=parts_of(report))


def traced(name: str, target: Target, path: Path, pin: str) -> Run:
    """Run a model or a program under a recorder that writes to `path`; what it prints is thrown away."""
    clients = target.options.clients if target.options is not None else None
    status, complaints = _record(target, path, pin)
    reason = complaint(complaints, target.model) or f"it ended with exit status {status}"
    if not path.exists() or (target.model and status == USAGE):
        return absent(name, reason, model=target.model, clients=clients)
    try:
        run = recorded(name, path)
    except RecordingError as error:
        return absent(name, str(error).splitlines()[0], model=target.model, clients=clients)
    if status and run.figures.ok:
        return absent(name, reason, model=target.model, clients=clients)
    return run


def alone(target: Target) -> Alone | None:
    """Run a model or a program without tracing; None when it does not do its job."""
    if target.options is None:
        return _program_alone(target)
    try:
        with launch.start_feeder() as feeder:
            command = launch.command(target.model, target.options, feeder.address)
            done = subprocess.run(command, check=False, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    except WorkloadError as error:
        raise Failure(f"{error}.\nTry again; if it stays so, please report it.", USAGE) from error
    with contextlib.suppress(ValueError, KeyError, TypeError):
        said: dict[str, Any] = json.loads(done.stdout)
        return Alone(*(int(said[name]) for name in ("rusage_user_ns", "rusage_system_ns", "wall_ns")))
    return None


def _program_alone(target: Target) -> Alone | None:
    began = time.monotonic_ns()
    process = subprocess.Popen(
        target.command, executable=target.path,
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        _, status, usage = os.wait4(process.pid, 0)
    except BaseException:  # Ctrl-C, or SIGTERM as an exception: nothing is left behind
        process.kill()
        process.wait()
        raise
    process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.monotonic_ns() - began
    if process.returncode:
        return None
    return Alone(round(usage.ru_utime * 1e9), round(usage.ru_stime * 1e9), wall)


def _record(target: Target, path: Path, pin: str) -> tuple[int, str]:
    """Exit status and what was written to stderr. When we die the recorder ends the program: its commands end."""
    with _lifeline() as commands:
        options = ["-o", str(path), "--pin", pin, "--commands", str(commands)]
        done = subprocess.run(
            [*python(), "iotrace.main", "record", *options, *target.as_arguments()],
            check=False, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
            errors="replace", pass_fds=[commands],
        )  # fmt: skip
    return done.returncode, done.stderr


@contextlib.contextmanager
def _lifeline() -> Iterator[int]:
    """The read end of a pipe whose write end only this process has."""
    theirs, ours = os.pipe()
    try:
        yield theirs
    finally:
        os.close(theirs)
        os.close(ours)


def complaint(text: str, model: str) -> str:
    """The line that says why a run went wrong: the workload's own, or else ours."""
    lines = [line for line in text.splitlines() if line.strip()]
    own = [line for line in lines if not line.startswith((_OURS, _CONTINUED))]
    ours = [line.removeprefix(_OURS) for line in lines if line.startswith(_OURS) and "calls written to" not in line]
    return _last(own).removeprefix(f"{model}: ") or _last(ours[:1])


def _last(lines: Sequence[str]) -> str:
    return lines[-1].strip() if lines else ""
