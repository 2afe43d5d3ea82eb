"""What the benchmark of a steady rate counts in a recording."""

from __future__ import annotations

from pathlib import Path

from benchmarks.sustained import Kept, kept
from tests.tracer.recording.test_reader import HEADER
from tests.tracer.recording.wires import Wired, events
from tracer.recording.frames import batch_of
from tracer.recording.writer import Writer, create
from tracer.wire import End, Kind


def test_reads_and_losses_are_counted(tmp_path: Path) -> None:
    """Only read(2) that returned one byte; a LOST row says how many events and pieces."""
    path = tmp_path / "a.iotrace"
    writer = Writer(create(path), HEADER)
    writer.write(batch_of([events([Wired(0), Wired(3), Wired(23, kind=Kind.LOST)])]))
    writer.end(End.EXITED, 0, "the program ended")
    assert kept(path) == Kept(0, 4, 23, 24, path.stat().st_size)
