"""Record a target and watch it live, or report on it at the end: what `run` and `attach` have in common."""

from __future__ import annotations

import sys
from pathlib import Path

from iotrace import session
from iotrace.kept import newest, settings
from iotrace.live import RecorderRun, pass_on
from iotrace.record import tell_outcome
from iotrace.recording_options import RecordingOptions
from iotrace.report import show as show_report
from iotrace.target import Target


def report_at_the_end(
    target: Target, recording: RecordingOptions, *, phase: str | None = None, duration: float | None = None
) -> int:
    """Record, then print the report of `phase`. The exit status."""
    path = session.output_path(recording, target)
    outcome = session.record(target, recording, path, session.Channels(duration=duration))
    tell_outcome(outcome, path, recording, attached=target.attach)
    show_report(newest(path, recording), phase=phase, by=None, as_json=False)
    return session.exit_status(outcome)


def show(target: Target, recording: RecordingOptions, *, duration: float | None = None, step: bool = False) -> int:
    """Record in a process of its own and show its recording while it grows. The exit status.

    `step`: the program is held at its first call."""
    settings(recording, step)  # what is wrong with it is told before there is a screen
    path = session.output_path(recording, target)
    words = [*recording.as_arguments(), *(["--force"] if recording.force else [])]
    words += ["--duration", str(duration)] if duration is not None else []
    words += ["--hold"] * step
    live = RecorderRun(path, [*words, *target.as_arguments()], attached=target.attach is not None)
    interrupted = False
    try:
        if live.wait_for_recording():
            _show(path, live)
        if live.let_go and not live.attached:
            pass_on(live)
    except KeyboardInterrupt:  # before there was a screen: the recorder got it too, wherever it was at that moment
        interrupted = True
        raise
    finally:
        status = live.close()
        complaints = live.complaints()
        if not interrupted:
            sys.stderr.write(complaints)  # what the recorder said while the screen was ours
    return status


def _show(path: Path, live: RecorderRun) -> None:
    from tui.app import run

    run(path, live)
