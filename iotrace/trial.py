"""Whether tracing works here, found out by doing it: a real recording of `true`, thrown away afterwards."""

from __future__ import annotations

import tempfile
from pathlib import Path

from iotrace.doctor_check import Check, limited, missing, ok
from iotrace.failures import OURS, Failure
from tracer.recording.errors import RecordingError
from tracer.recording.header import Header


def tracing() -> list[Check]:
    """Ptrace, the clock that on-CPU times come from, and how exact they are."""
    with tempfile.TemporaryDirectory(prefix="iotrace-") as folder:
        try:
            return _trace(Path(folder) / "trial.iotrace")
        except (Failure, RecordingError) as error:
            first, *rest = str(error).splitlines()
            return [missing("ptrace", first, " ".join(rest))]


def _trace(path: Path) -> list[Check]:
    calls, header = _recorded(path, "ptrace")
    return [
        ok("ptrace", f"traced a program: {calls} calls"),
        _clock(header.source),
        _exactness(header.calibration),
    ]


def _recorded(path: Path, backend: str) -> tuple[int, Header]:
    """How many calls a recording of `true` has, and its header. Raises Failure and RecordingError."""
    from iotrace import session
    from iotrace.recording_options import RecordingOptions
    from iotrace.target import program_target
    from tracer.recording.reader import Recording

    options = RecordingOptions(path, True, "auto", 0, False, "auto", backend=backend)
    outcome = session.record(program_target(["true"]), options, path, session.Channels())
    if outcome.complaint is not None:
        raise Failure(f"{outcome.complaint}\nTry again; if it stays so, please report it.", OURS)
    with Recording.open(path) as recording:
        return outcome.calls, recording.header


def kernel() -> Check:
    """Capture from inside the kernel, tried out as well."""
    with tempfile.TemporaryDirectory(prefix="iotrace-") as folder:
        try:
            calls = _recorded(Path(folder) / "trial.iotrace", "ebpf")[0]
        except (Failure, RecordingError) as error:
            first, *rest = str(error).splitlines()
            return limited("ebpf", first, " ".join(rest))
    return ok("ebpf", f"--backend ebpf works: {calls} calls")


def _clock(source: str) -> Check:
    if source == "schedstat":
        return ok("clock", "schedstat: CPU and run-queue time of single threads in ns")
    if source == "none":
        return missing("clock", "no clock of CPU time: only wall times", "Use a kernel with CONFIG_SCHED_INFO.")
    return limited(
        "clock",
        f"{source} instead of schedstat: CPU times are coarse",
        "Use a kernel with CONFIG_SCHED_INFO; gVisor and some containers hide it.",
    )


def _exactness(calibration: object) -> Check:
    from tracer.account.calibration import Calibration
    from tui.drawing.units import duration

    constants = Calibration.from_json(calibration if isinstance(calibration, dict) else {})
    words = [
        f"± {duration(round(each.run_spread_ns))} a call {where}"
        for each, where in ((constants.shared, "on one CPU"), (constants.apart, "across CPUs"))
        if each.samples
    ]
    if not words:
        return limited(
            "calibration", "not measured: times include the tracer's cost", "Try again on a quiet machine."
        )
    return ok("calibration", ", ".join(words))
