"""`iotrace run`: record a workload or a program and watch it live; without a terminal, report at the end."""

from __future__ import annotations

import os
import sys

import click

from iotrace.recording_options import RecordingOptions, TargetCommand, recording_options
from iotrace.stderr import tell


@click.command("run", cls=TargetCommand)
@recording_options
@click.option("--no-tui", is_flag=True, help="No live view: a report at the end.")
@click.option("--step", is_flag=True, help="Hold the program at its first call; s goes on to the next.")
@click.option("--phase", metavar="NAME", help="Report this phase; `all` = everything. Default: measure.")
@click.pass_context
def command(
    context: click.Context, no_tui: bool, step: bool, phase: str | None, recording: RecordingOptions
) -> int:
    """Run a bundled workload or any program and see its system calls live.

    The exit status is the program's; 128 + n if signal n ended it, 125 if iotrace itself failed.

    \b
    iotrace run nonblocking
    iotrace run epoll --clients 100 --no-tui
    iotrace run -- python3 server.py
    """
    from iotrace import live_view
    from iotrace.failures import cannot_step
    from iotrace.target import target_of

    target = target_of(context)
    obstacle = None if no_tui else no_terminal()
    if step and (no_tui or obstacle is not None):
        raise cannot_step("there is no live view with --no-tui" if no_tui else obstacle or "")
    if obstacle is not None:
        tell(f"{obstacle}, so there is no live view; the report follows when the program has ended.")
    if no_tui or obstacle is not None:
        return live_view.report_at_the_end(target, recording, phase=phase)
    refuse_several_files(recording)
    return live_view.show(target, recording, step=step)


def refuse_several_files(recording: RecordingOptions) -> None:
    """The live view shows one file. Raises Failure."""
    from iotrace.failures import USAGE, Failure

    if recording.output_every is not None:
        raise Failure(
            "--output-every writes many files, and the live view shows one.\nAdd --no-tui, or use: iotrace record",
            USAGE,
        )


def no_terminal() -> str | None:
    """Why the live view cannot be shown here, None when it can."""
    if not sys.stdin.isatty() or not sys.stdout.isatty():
        return "stdin or stdout is not a terminal"
    if os.environ.get("TERM", "dumb") in ("dumb", "unknown", ""):
        return "the terminal cannot move its cursor (TERM)"
    return None
