"""`iotrace export`: a recording in a format that other tools read."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

import click

from iotrace import stack_export
from iotrace.export_target import folder_at, is_recording, local_path, stream_to
from iotrace.failures import USAGE, Failure
from iotrace.stderr import tell

if TYPE_CHECKING:
    from tracer.recording.reader import Recording

Writer = Callable[["Recording", BinaryIO], None]

PARTITIONS: Final = ("host", "date")


@click.command("export")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option(
    "--to",
    "form",
    type=click.Choice(["strace", "perfetto", "speedscope", "folded", "jsonl", "csv", "parquet", "flamegraph"]),
    help="strace: text as strace writes it. perfetto: a timeline for ui.perfetto.dev. speedscope, folded: flame "
    "graphs. flamegraph: by user stack, as SVG. jsonl: an object an event. csv, parquet: accounted columns.",
)
@click.option(
    "-o",
    "--output",
    "out",
    metavar="FILE|URI",
    help="Write here; replaces what is there. s3://, gs://, ... go to object stores, NAME.gz is compressed. "
    "[default: - for stdout]",
)
@click.option(
    "--partition",
    metavar="host,date",
    help="With parquet: -o is a folder that many recordings share, with folders in it by host and date.",
)
@click.option(
    "--stacks",
    type=click.Choice(["blocked", "wasted", "calls"]),
    help="With flamegraph, folded, speedscope: by user stack (record with --stacks). blocked: ns asleep in calls. "
    "wasted: ns of user and kernel CPU of wasted calls. calls: how many.",
)
def command(file: Path | None, form: str | None, out: str | None, partition: str | None, stacks: str | None) -> int:
    """Write FILE (by default the newest recording) in another format.

    Times are corrected: what the program would take untraced, in ns (in strace's text: seconds).

    strace's text names descriptors like strace -yy: paths, devices, pipes, sockets with their addresses. Names are
    those of the moment a descriptor was made, with what the traced programs renamed and removed since; "?" stands
    for what no call told (the peer of a unix socket that another program accepted).

    \b
    iotrace export --to strace | less
    iotrace export run.iotrace --to jsonl | jq 'select(.errno == "EAGAIN")'
    iotrace export --to perfetto -o trace.json.gz      open it at ui.perfetto.dev
    iotrace export --to folded | flamegraph.pl --countname ns > flame.svg
    iotrace export --to flamegraph --stacks blocked -o blocked.svg
    iotrace export --to parquet -o run.parquet
    iotrace export --to parquet --partition host,date -o s3://bucket/traces
    """
    from iotrace.report import newest
    from tracer.recording.reader import Recording

    if form is None:
        raise Failure(
            "say which format, for example: iotrace export --to strace\nFormats: "
            + ", ".join((*WRITERS, "flamegraph")),
            USAGE,
        )
    out = None if out == "-" else out
    by = _partition(partition, form, out)
    if form == "flamegraph":
        stacks = stacks or "blocked"
    if stacks is not None:
        stack_export.check(form)
    if form == "parquet" and out is None and sys.stdout.isatty():
        raise Failure(
            "Parquet is not for terminals.\nWrite it to a file: iotrace export --to parquet -o FILE", USAGE
        )
    path = file or newest()
    with Recording.open(path) as recording:
        _spare(path, out)
        _check_sums(recording, form, stacks)
        if by and out is not None:
            _dataset(recording, out, by)
        elif stacks is not None:  # flamegraph as well
            stack_export.write(recording, form, stacks, out)
        else:
            with stream_to(out, text=form != "parquet") as stream:
                WRITERS[form](recording, stream)
        if not recording.ended:
            tell(f"{path} is incomplete: it is still written, or was cut off. What is there was exported.")
    return 0


def _partition(partition: str | None, form: str, out: str | None) -> tuple[str, ...]:
    """The columns to make folders by; empty for a single file. Raises Failure."""
    if partition is None:
        return ()
    by = tuple(name.strip() for name in partition.split(","))
    if not set(by) <= set(PARTITIONS) or len(set(by)) < len(by):
        problem = f"cannot make folders by {partition!r}.\nPossible: --partition host,date (or one of them)"
    elif form != "parquet":
        problem = f"--partition makes a dataset of Parquet files: it goes with --to parquet, not {form}."
    elif out is None:
        problem = "--partition writes into a folder.\nName it: -o FOLDER, or a URI such as s3://bucket/path"
    else:
        return by
    raise Failure(problem, USAGE)


_OF_SUMS: Final = ("folded", "speedscope")
"""Forms that show sums of times."""


def _check_sums(recording: Recording, form: str, stacks: str | None) -> None:
    """Raises Failure when there are no single calls to export."""
    from tracer.analyze.scope import SUMS_ONLY, scope_of

    if scope_of(recording.header).summary and (form not in _OF_SUMS or stacks is not None):
        raise Failure(
            f"nothing to export as {form}{' with stacks' if stacks else ''}: {SUMS_ONLY}.\n"
            f"Of sums: --to {' or '.join(_OF_SUMS)}, or iotrace report --json",
            USAGE,
        )


def _spare(recording: Path, out: str | None) -> None:
    """Raises Failure when `out` is the recording, or another."""
    place = None if out is None else local_path(out)
    if place is None or not os.path.exists(place):
        return
    what = "the recording itself" if place.samefile(recording) else "a recording" if is_recording(place) else ""
    if what:
        raise Failure(f"{out} is {what}; export does not overwrite it.\nName another -o FILE.", USAGE)


def _dataset(recording: Recording, out: str, by: tuple[str, ...]) -> None:
    from tracer.export.dataset import write_dataset

    with folder_at(out) as (filesystem, folder):
        write_dataset(recording, folder, filesystem, by)


def _strace(recording: Recording, stream: BinaryIO) -> None:
    from tracer.export.strace import lines

    _write_text(lines(recording), stream)


def _perfetto(recording: Recording, stream: BinaryIO) -> None:
    from tracer.export.perfetto import chunks

    _write(chunks(recording), stream)


def _speedscope(recording: Recording, stream: BinaryIO) -> None:
    from tracer.export.speedscope import chunks

    _write(chunks(recording), stream)


def _folded(recording: Recording, stream: BinaryIO) -> None:
    from tracer.export.folded import lines

    _write_text(lines(recording), stream)


def _json_lines(recording: Recording, stream: BinaryIO) -> None:
    from tracer.export.json_lines import lines

    _write_text(lines(recording), stream)


def _csv(recording: Recording, stream: BinaryIO) -> None:
    from tracer.export.tables import write_csv

    write_csv(recording, stream)


def _parquet(recording: Recording, stream: BinaryIO) -> None:
    from tracer.export.tables import write_parquet

    write_parquet(recording, stream)


WRITERS: Final[dict[str, Writer]] = {
    "strace": _strace, "perfetto": _perfetto, "speedscope": _speedscope, "folded": _folded, "jsonl": _json_lines,
    "csv": _csv, "parquet": _parquet,
}  # fmt: skip


def _write(pieces: Iterable[bytes | memoryview], stream: BinaryIO) -> None:
    for piece in pieces:
        stream.write(piece)


def _write_text(lines: Iterable[str], stream: BinaryIO) -> None:
    _write((line.encode(errors="surrogateescape") for line in lines), stream)
