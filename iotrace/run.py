"""`iotrace run`: record a workload or a program and watch it live; without a terminal, report at the end."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from iotrace.recording_options import RecordingOptions, TargetCommand, recording_options
from iotrace.stderr import tell

if TYPE_CHECKING:
    from iotrace.target import Target


@click.command("run", cls=TargetCommand)
@recording_options
@click.option("--no-tui", is_flag=True, help="No live view: a report at the end.")
@click.option("--phase", metavar="NAME", help="Report this phase; `all` = everything. Default: measure.")
@click.pass_context
def command(context: click.Context, no_tui: bool, phase: str | None, recording: RecordingOptions) -> int:
    """Run a bundled workload or any program and see its system calls live.

    The exit status is the program's; 128 + n if signal n ended it, 125 if iotrace itself failed.

    \b
    iotrace run nonblocking
    iotrace run epoll --clients 100 --no-tui
    iotrace run -- python3 server.py
    """
    from iotrace.target import target_of

    target = target_of(context)
    obstacle = None if no_tui else no_terminal()
    if obstacle is not None:
        tell(f"{obstacle}, so there is no live view; the report follows when the program has ended.")
    if no_tui or obstacle is not None:
        return _report_at_the_end(target, recording, phase)
    return _live(target, recording)


def no_terminal() -> str | None:
    """Why the live view cannot be shown here, None when it can."""
    if not sys.stdin.isatty() or not sys.stdout.isatty():
        return "stdin or stdout is not a terminal"
    if os.environ.get("TERM", "dumb") in ("dumb", "unknown", ""):
        return "the terminal cannot move its cursor (TERM)"
    return None


def _report_at_the_end(target: Target, recording: RecordingOptions, phase: str | None) -> int:
    from iotrace import session
    from iotrace.record import incomplete, summary
    from iotrace.report import show

    path = session.output_path(recording, target)
    outcome = session.record(target, recording, path, session.Channels())
    tell(summary(outcome.calls, path, named=recording.output is not None))
    if outcome.complaint is not None:
        tell(incomplete(outcome.complaint, outcome.lost, str(path)))
    show(path, phase=phase, by=None, as_json=False)
    return session.exit_status(outcome)


def _live(target: Target, recording: RecordingOptions) -> int:
    from iotrace import session
    from iotrace.live import RecorderRun, pass_on

    path = session.output_path(recording, target)
    force = ["--force"] if recording.force else []
    live = RecorderRun(path, [*recording.as_arguments(), *force, *target.as_arguments()])
    try:
        if live.wait_for_recording():
            _show(path, live)
        if live.let_go:
            pass_on(live)
    finally:
        status = live.close()
        _repeat(live.complaints())
    return status


def _show(path: Path, live: object) -> None:
    from tui.app import run

    run(path, live)  # type: ignore[arg-type]


def _repeat(complaints: str) -> None:
    """What the recorder said while the screen was ours."""
    sys.stderr.write(complaints)
