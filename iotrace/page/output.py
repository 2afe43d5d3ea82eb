"""`iotrace report --html`: reads the recording and writes its page, whole or not at all."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from iotrace.failures import OURS, USAGE, Failure
from iotrace.page.facts import facts_of, gather
from iotrace.page.page import page
from iotrace.report import report_of
from iotrace.stderr import tell
from tracer.analyze.scope import SUMS_ONLY, scope_of
from tracer.recording.reader import Recording

STDOUT = Path("-")


def show(path: Path, out: Path, *, phase: str | None, force: bool) -> None:
    """Write the page of the recording at `path` to `out` (`-`: stdout). Raises Failure and RecordingError."""
    writable(out, path, force=force)
    with Recording.open(path) as recording:
        if scope_of(recording.header).summary:
            raise Failure(
                f"a page is drawn from single calls: {SUMS_ONLY}.\nWhat there is: iotrace report {path}",
                USAGE,
            )
        gathered = gather(recording)
        report = report_of(gathered.diagnosis.tally, phase, gathered.diagnosis.report)
        text = page(facts_of(gathered, report))
        if not recording.ended:
            tell(f"{path} is incomplete: it is still written, or was cut off. The page shows what is there.")
    if out == STDOUT:
        sys.stdout.buffer.write(text.encode())
        sys.stdout.buffer.flush()
    else:
        write(out, text)
        tell(f"the report as a page: {out}")


def writable(out: Path, recording: Path, *, force: bool) -> None:
    """Refuse a page that could not be written, before it is made. Raises Failure."""
    if out == STDOUT:
        return
    if out.exists() and recording.exists() and out.samefile(recording):
        raise Failure(
            f"{out} is the recording itself and is not overwritten.\nName another file: --html FILE", USAGE
        )
    if out.is_dir() or not out.parent.is_dir() or not os.access(out.parent, os.W_OK):
        raise Failure(f"{out} cannot be written.\nName a file in a directory that exists: --html FILE", USAGE)
    if out.is_file() and not force:
        raise Failure(
            f"{out} exists and is not overwritten.\nChoose another name, or add --force to replace it.", USAGE
        )


def write(out: Path, text: str) -> None:
    """Write `text` to `out`, whole or not at all; into a device or pipe, or through a link (/dev/stdout), as it is.

    Raises Failure."""
    plain = not out.is_symlink() and (not out.exists() or out.is_file())
    partial = out.with_name(f".{out.name}.{os.getpid()}") if plain else out
    try:
        partial.write_text(text, encoding="utf-8")
        if plain:
            partial.replace(out)
    except BrokenPipeError:
        raise
    except OSError as error:
        if plain:
            partial.unlink(missing_ok=True)
        raise Failure(f"{out} cannot be written: {error.strerror}.", OURS) from error
