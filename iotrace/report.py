"""`iotrace report`: what a recording says, as tables for people or as JSON for programs."""

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rich.console import RenderableType

    from iotrace.text_report import By
    from tracer.analyze.diagnosis import Diagnosis
    from tracer.analyze.results import Report
    from tracer.analyze.tally import Tally
    from tui.drawing.palette import Palette


@click.command("report")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option(
    "--by",
    type=click.Choice(["syscall", "fd", "thread", "phase", "operation"]),
    help="Only this table. [default: syscall, thread]",
)
@click.option(
    "--phase", metavar="NAME", help="Only this phase; `all` = everything. [default: measure if there is one]"
)
@click.option(
    "--limit", metavar="N", type=click.IntRange(min=0), help="With --by operation: list N single operations."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON document: times in ns, sizes in bytes.")
@click.option(
    "--html",
    "html",
    type=click.Path(path_type=Path, allow_dash=True),
    metavar="OUT",
    help="Write one self-contained page instead; - for stdout.",
)
@click.option("--force", is_flag=True, help="Replace OUT when it exists.")
def command(
    file: Path | None,
    by: str | None,
    phase: str | None,
    limit: int | None,
    as_json: bool,
    html: Path | None,
    force: bool,
) -> int:
    """Print what FILE (by default the newest recording) says.

    user, kernel, blocked and runnable are what the program would take untraced; the tracer's own time is
    left out. wasted: calls that failed with EAGAIN, and waits with timeout 0 that found nothing.
    --by operation: io_uring, POSIX and native AIO and signal-driven I/O, from submission to completion.

    \b
    iotrace report
    iotrace report run.iotrace --by fd
    iotrace report --json | jq .totals
    iotrace report run.iotrace --html run.html
    """
    if force and html is None:
        raise click.UsageError("--force is for --html")
    if html is not None:
        if as_json or by is not None or limit is not None:
            raise click.UsageError("--html has all tables; it goes without --json, --by and --limit")
        from iotrace.page import output

        output.show(file or newest(), html, phase=phase, force=force)
    elif by == "operation":
        from iotrace import operations_report

        operations_report.show(file or newest(), phase=phase, limit=limit, as_json=as_json)
    elif limit is not None:
        raise click.UsageError("--limit is for the list of --by operation")
    else:
        show(file or newest(), phase=phase, by=cast("By | None", by), as_json=as_json)
    return 0


def newest() -> Path:
    """The newest recording without a name of its own."""
    from tracer.recording import store

    return store.newest(store.directory(os.environ))


def show(path: Path, *, phase: str | None, by: By | None, as_json: bool) -> None:
    """Write the report of the recording at `path` to stdout."""
    from tracer.analyze.whole import uncollected

    with uncollected():
        diagnosis = diagnosis_of(path)
        tally = diagnosis.tally
        report = report_of(tally, phase, diagnosis.report)
        if as_json:
            from iotrace.json_text import text_of

            sys.stdout.writelines(text_of(report))
            print()
        else:
            _print(tally, report, by)
        gc.freeze()  # else all that was read is searched once more when the process ends


def tally_of(path: Path) -> Tally:
    """The totals of the recording at `path`."""
    from tracer.analyze import whole
    from tracer.recording.reader import Recording

    with Recording.open(path) as recording:
        return whole.tally_of(recording)


def diagnosis_of(path: Path) -> Diagnosis:
    """The totals of the recording at `path`, and what the rules need to know."""
    from tracer.analyze.diagnosis import Diagnosis
    from tracer.recording.reader import Recording

    with Recording.open(path) as recording:
        diagnosis = Diagnosis(recording.header)
        diagnosis.take_in(recording)
        return diagnosis


def report_of(tally: Tally, phase: str | None, make: Callable[[str | None], Report] | None = None) -> Report:
    """The report of the phase asked for, made by `make` (default: of the tally alone). Raises Failure when there is
    no such phase."""
    from iotrace.failures import USAGE, Failure
    from tracer.analyze.phases import UnknownPhase

    wanted = tally.default_phase if phase is None else None if phase == "all" else phase
    try:
        return (make or tally.report)(wanted)
    except UnknownPhase as error:
        known = ", ".join(tally.phases.names()) or "none"
        raise Failure(
            f"the recording has no phase {phase!r}.\nIts phases: {known}. Everything: --phase all", USAGE
        ) from error


def _print(tally: Tally, report: Report, by: By | None) -> None:
    from iotrace.text_report import lines

    corrected = any(constants.samples for constants in (tally.calibration.shared, tally.calibration.apart))
    print_lines(lambda width, palette: lines(report, by=by, corrected=corrected, width=width, palette=palette))


def print_lines(lines: Callable[[int, Palette], Sequence[RenderableType]]) -> None:
    """Write lines to stdout; `lines` is told the width and the colours there are."""
    from iotrace.console import TextConsole
    from tui.drawing.palette import DARK, PLAIN

    console = TextConsole()
    if not console.is_terminal:
        console.width = 80
    width = max(80, min(console.width, 120))
    palette = DARK if console.color_system and not console.no_color else PLAIN
    for line in lines(width, palette):
        console.print(line, width=width, soft_wrap=False)
    sys.stdout.flush()
