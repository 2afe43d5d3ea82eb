"""`iotrace attach`: trace a process that runs already, and leave it as it was."""

from __future__ import annotations

import click

from iotrace.amounts import A_YEAR_S, Seconds
from iotrace.recording_options import RecordingCommand, RecordingOptions, recording_options
from iotrace.stderr import tell


@click.command("attach", cls=RecordingCommand)
@click.argument("pid", type=click.IntRange(1))
@recording_options
@click.option("--no-tui", is_flag=True, help="No live view: a report at the end.")
@click.option("--duration", type=Seconds(0, A_YEAR_S, min_open=True), metavar="S", help="Detach after S seconds.")
def command(pid: int, no_tui: bool, duration: float | None, recording: RecordingOptions) -> int:
    """Watch the running process PID, all its threads, and what they start.

    q, Ctrl-C, a signal to iotrace or --duration end the watching; the process runs on untraced, as it was. A call
    it sleeps in when iotrace comes is shown from that moment on: since when it sleeps is not known. Being
    stopped makes a few calls with a timeout return early with EINTR, as any stop and continue would (signal(7)).

    \b
    iotrace attach 4242
    iotrace attach 4242 --no-tui --duration 5
    """
    from iotrace import live_view
    from iotrace.record import refuse_trace
    from iotrace.run import no_terminal, refuse_several_files
    from iotrace.target import process_target

    refuse_trace(recording)
    target = process_target(pid)
    obstacle = None if no_tui else no_terminal()
    if obstacle is not None:
        tell(f"{obstacle}, so there is no live view; the report follows at the end. Ctrl-C detaches.")
    if no_tui or obstacle is not None:
        return live_view.report_at_the_end(target, recording, duration=duration)
    refuse_several_files(recording)
    return live_view.show(target, recording, duration=duration)
