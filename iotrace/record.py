"""`iotrace record`: capture to a file, nothing on the screen but the program's own output."""

from __future__ import annotations

from pathlib import Path

import click

from iotrace.recording_options import RecordingOptions, TargetCommand, recording_options
from iotrace.stderr import tell


@click.command("record", cls=TargetCommand)
@recording_options
@click.option("--terminal", type=int, hidden=True)
@click.option("--commands", type=int, hidden=True)
@click.option("--attach", type=int, hidden=True)
@click.option("--duration", type=float, hidden=True)
@click.option("--hold", is_flag=True, hidden=True)
@click.pass_context
def command(
    context: click.Context,
    terminal: int | None,
    commands: int | None,
    attach: int | None,
    duration: float | None,
    hold: bool,
    recording: RecordingOptions,
) -> int:
    """Record a bundled workload or any program to a file; the program keeps the terminal.

    The exit status is the program's; 128 + n if signal n ended it, 125 if iotrace itself failed.

    \b
    iotrace record -o run.iotrace -- make -j4
    iotrace record blocking --messages 5
    """
    from iotrace.target import process_target, target_of

    target = target_of(context) if attach is None else process_target(attach)

    from iotrace import session

    path = session.output_path(recording, target)
    outcome = session.record(target, recording, path, session.Channels(terminal, commands, hold, duration))
    tell(summary(outcome.calls, path, named=recording.output is not None))
    if outcome.complaint is not None:
        tell(incomplete(outcome.complaint, outcome.lost, str(path)))
    return session.exit_status(outcome)


def summary(calls: int, path: Path, *, named: bool) -> str:
    """The line that ends a recording: how much there is, and the next command to type."""
    return f"{calls:,} calls written to {path}; see them: iotrace view{f' {path}' if named else ''}"


def incomplete(complaint: str, lost: int, path: str) -> str:
    """The lines that say why a recording is not complete."""
    missing = f" {lost:,} events are missing." if lost else ""
    return f"the recording is incomplete: {complaint}.{missing}\nWhat there is: iotrace report {path}"
