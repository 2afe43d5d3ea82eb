"""`iotrace record`: capture to a file, nothing on the screen but the program's own output."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from iotrace.recording_options import RecordingOptions, TargetCommand, recording_options
from iotrace.stderr import tell

if TYPE_CHECKING:
    from tracer.recording.output import Outcome


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

    if attach is not None:
        refuse_trace(recording)
    target = target_of(context) if attach is None else process_target(attach)

    from iotrace import session

    path = session.output_path(recording, target)
    outcome = session.record(target, recording, path, session.Channels(terminal, commands, hold, duration))
    tell_outcome(outcome, path, recording, attached=attach)
    return session.exit_status(outcome)


def tell_outcome(outcome: Outcome, path: Path, recording: RecordingOptions, *, attached: int | None = None) -> None:
    """Say on stderr how a recording went, of a program of ours or of the process `attached`."""
    from iotrace.kept import newest
    from tracer.wire import End

    newest_path = newest(path, recording)
    tell(summary(outcome.calls, newest_path, named=recording.output is not None))
    if attached is not None and outcome.reason is End.DETACHED:
        tell(f"process {attached} runs on, untraced.")
    if outcome.dropped_calls:
        tell(f"only the end of the run was kept, as asked for: {outcome.dropped_calls:,} calls before it are gone.")
    if newest_path != path:
        tell(f"all its files: {path}.*, each complete by itself")
    if outcome.complaint is not None:
        tell(incomplete(outcome.complaint, outcome.lost, str(newest_path)))


def summary(calls: int, path: Path, *, named: bool) -> str:
    """The line that ends a recording: how much there is, and the next command to type."""
    return f"{calls:,} calls written to {path}; see them: iotrace view{f' {path}' if named else ''}"


def refuse_trace(recording: RecordingOptions) -> None:
    """A process that runs already cannot be given a filter; BPF needs none. Raises Failure."""
    from iotrace.failures import USAGE, Failure

    if recording.trace is not None and recording.backend != "ebpf":
        raise Failure(
            "--trace works by a filter that is put on a program before it starts (seccomp(2)); one that runs\n"
            "already cannot be given one. Attach to all its calls and filter in the view, or: iotrace run --trace\n"
            "With --backend ebpf no filter is needed.",
            USAGE,
        )


def incomplete(complaint: str, lost: int, path: str) -> str:
    """The lines that say why a recording is not complete."""
    missing = f" {lost:,} events are missing." if lost else ""
    return f"the recording is incomplete: {complaint}.{missing}\nWhat there is: iotrace report {path}"
