"""`iotrace view`: a recording in the terminal, finished or still growing."""

from __future__ import annotations

from pathlib import Path

import click

from iotrace.failures import USAGE, Failure


@click.command("view")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--follow", is_flag=True, help="Keep reading while the recording grows.")
def command(file: Path | None, follow: bool) -> int:
    """Open FILE (by default the newest recording) in the terminal.

    \b
    iotrace view
    iotrace view run.iotrace --follow
    """
    from iotrace.report import newest
    from iotrace.run import no_terminal
    from tracer.recording.reader import Recording

    path = file or newest()
    with Recording.open(path):
        obstacle = no_terminal()
    if obstacle is not None:
        raise Failure(f"{obstacle}, so the view cannot be shown.\nAs text: iotrace report {path}", USAGE)

    from tui.app import run

    return run(path, None, follow=follow)
