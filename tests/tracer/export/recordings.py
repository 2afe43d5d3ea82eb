"""Recordings for the exporters: rows, batch by batch, written to a file and opened."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tests.tracer.rows import TestRow, batch
from tracer.recording.header import Header
from tracer.recording.reader import Recording
from tracer.recording.writer import Writer, create
from tracer.wire import End

BEGAN_NS, BEGAN_UNIX_NS = 1_000_000, 1_700_000_000_000_000_000


def recording_of(folder: Path, *batches: Sequence[TestRow]) -> Recording:
    """A finished recording with these batches."""
    path = folder / "made.iotrace"
    writer = Writer(create(path, overwrite=True), Header(began_ns=BEGAN_NS, began_unix_ns=BEGAN_UNIX_NS))
    for rows in batches:
        writer.write(batch(rows))
    writer.end(End.EXITED, 0, "the program ended")
    return Recording.open(path)
