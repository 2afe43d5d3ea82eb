"""`iotrace export`: a recording in a format that other tools read."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

import click

from iotrace.failures import OURS, USAGE, Failure
from iotrace.stderr import tell

if TYPE_CHECKING:
    from tracer.recording.reader import Recording

Writer = Callable[["Recording", BinaryIO], None]


@click.command("export")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option(
    "--to",
    "form",
    type=click.Choice(["strace", "jsonl", "csv", "parquet"]),
    help="strace: text as strace writes it. jsonl: an object an event. csv, parquet: accounted columns.",
)
@click.option("-o", "--output", "out", type=click.Path(path_type=Path), help="Write here. [default: stdout]")
def command(file: Path | None, form: str | None, out: Path | None) -> int:
    """Write FILE (by default the newest recording) in another format.

    Times are corrected: what the program would take untraced, in ns (in strace's text: seconds).

    strace's text names descriptors like strace -yy: paths, devices, pipes, sockets with their addresses. Names are
    those of the moment a descriptor was made, with what the traced programs renamed and removed since; "?" stands
    for what no call told (the peer of a unix socket that another program accepted).

    \b
    iotrace export --to strace | less
    iotrace export run.iotrace --to jsonl | jq 'select(.errno == "EAGAIN")'
    iotrace export --to parquet -o run.parquet
    """
    from iotrace.report import newest
    from tracer.recording.reader import Recording

    if form is None:
        raise Failure(
            "say which format, for example: iotrace export --to strace\nFormats: " + ", ".join(WRITERS), USAGE
        )
    if form == "parquet" and out is None and sys.stdout.isatty():
        raise Failure(
            "Parquet is not for terminals.\nWrite it to a file: iotrace export --to parquet -o FILE", USAGE
        )
    path = file or newest()
    with Recording.open(path) as recording:
        if out is not None and out.exists() and out.samefile(path):
            raise Failure(
                f"{out} is the recording itself; export does not overwrite it.\nName another -o FILE.", USAGE
            )
        with _destination(out) as stream:
            WRITERS[form](recording, stream)
        if not recording.ended:
            tell(f"{path} is incomplete: it is still written, or was cut off. What is there was exported.")
    return 0


def _strace(recording: Recording, stream: BinaryIO) -> None:
    from tracer.export.strace import lines

    _write(lines(recording), stream)


def _json_lines(recording: Recording, stream: BinaryIO) -> None:
    from tracer.export.json_lines import lines

    _write(lines(recording), stream)


def _csv(recording: Recording, stream: BinaryIO) -> None:
    from tracer.export.tables import write_csv

    write_csv(recording, stream)


def _parquet(recording: Recording, stream: BinaryIO) -> None:
    from tracer.export.tables import write_parquet

    write_parquet(recording, stream)


WRITERS: Final[dict[str, Writer]] = {"strace": _strace, "jsonl": _json_lines, "csv": _csv, "parquet": _parquet}


def _write(lines: Iterator[str], stream: BinaryIO) -> None:
    for line in lines:
        stream.write(line.encode(errors="surrogateescape"))


@contextlib.contextmanager
def _destination(out: Path | None) -> Iterator[BinaryIO]:
    """The file to write, or stdout. Raises Failure when it cannot be written."""
    if out is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    try:
        with out.open("wb") as stream:
            yield stream
    except BrokenPipeError:
        raise
    except OSError as error:
        what = os.strerror(error.errno) if error.errno else str(error)
        status = OURS if error.errno == errno.ENOSPC else USAGE
        raise Failure(f"cannot write {out}: {what}.\nName another place with -o FILE.", status) from error
