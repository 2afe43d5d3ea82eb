"""Opens a recording, finished, cut off or still being written, and follows it while it grows.

Large stretches are mapped, so opening costs no memory and no copy. What was written in the last moments is
read into memory instead: a writer whose disk is full may cut its last batch off again, and touching a mapped
page beyond the end of a file kills the process (SIGBUS, mmap(2)). When what was read adds up, it is mapped.

A file that begins in the middle of a run is cut to its beginning (`cut`). Of a run of which only the tail is kept
(`tail`), the file is replaced by a younger one now and then: a reader that follows goes on there, behind the last
batch it has, and keeps what it has seen.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final, Self

import pyarrow as pa

from tracer.recording.cut import Cut
from tracer.recording.errors import RecordingError
from tracer.recording.header import Header
from tracer.recording.messages import read_header, whole_batches
from tracer.recording.opening import map_file, open_file, read_file
from tracer.recording.rows import Ended, ended_of, lost_batch

_MAP_FROM: Final = 16 << 20
"""Stretches of at least this many bytes are mapped."""
_KEEP_UNMAPPED: Final = 4 << 20
"""This much at the end of the file is read, not mapped."""
_REMAP_AT: Final = 64 << 20
"""When this much has been read, it is mapped and the memory given back."""


class Recording:
    """A recording open for reading. `batches` only ever grows; a batch never changes."""

    def __init__(self, path: Path, fd: int, header: Header, begin: int) -> None:
        self.path = path
        self.header = header
        self.batches: list[pa.RecordBatch] = []
        self.rows = 0
        """Rows in `batches`."""
        self.end: Ended | None = None
        """How it ended; None while it is written, or when the file is cut off or damaged."""
        self._fd = fd
        self._at = begin
        self._read_from = begin
        self._read_first: int | None = 0
        self._seen_size = -1
        self._cut: Cut | None = None
        self._trimmed: dict[int, pa.RecordBatch] = {}
        """Batches that are not as they are in the file, by their place."""
        self._next = int(header.earlier.get("batches", 0))
        """Number in the run of the next batch; a snapshot has none."""
        self._snapshot_next = bool(header.earlier.get("snapshot"))
        self._skip_snapshot = False
        self._skip = 0
        """Batches that come and were seen in another file."""
        self._rows_passed = int(header.earlier.get("rows", 0))
        """Rows of the run up to here."""

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> Self:
        """Open the recording at `path` with all whole batches it has now.

        Raises MissingRecording, NotARecording or NewerRecording.
        """
        fd = open_file(Path(path))
        try:
            header, begin = read_header(os.fspath(path), map_file(fd, 0, os.fstat(fd).st_size))
            recording = cls(Path(path), fd, header, begin)
            recording.poll()
        except BaseException:
            os.close(fd)
            raise
        return recording

    def poll(self) -> list[pa.RecordBatch]:
        """Batches that became whole since the last call; they are in `batches` as well."""
        first = len(self.batches)
        younger = self._younger() if self.end is None else None
        self._poll_file()
        if younger is not None:
            self._go_on_in(*younger)
            self._poll_file()
        return self.batches[first:]

    def _poll_file(self) -> None:
        size = self.bytes
        if self.end is not None or size == self._seen_size:
            return
        self._seen_size = size
        while self.end is None and self._advance(size):
            pass
        self._give_memory_back()

    @property
    def bytes(self) -> int:
        """Size of the file."""
        return os.fstat(self._fd).st_size

    @property
    def ended(self) -> bool:
        """True when the recording says how it ended: nothing more will come."""
        return self.end is not None

    @property
    def unread(self) -> int:
        """Bytes at the end of the file that are not a whole batch (yet): cut off, damaged or unfinished."""
        return 0 if self.ended else max(0, self.bytes - self._at)

    def close(self) -> None:
        """Close the file. Batches already handed out stay usable."""
        os.close(self._fd)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _advance(self, size: int) -> bool:
        if size - self._at >= _MAP_FROM:
            mapped = map_file(self._fd, self._at, size - _KEEP_UNMAPPED)
            if self._take(mapped):
                self._read_from = self._at
                self._read_first = None if self._skip else len(self.batches)
                return True
        return self._take(pa.py_buffer(read_file(self._fd, self._at, size)))

    def _take(self, data: pa.Buffer) -> bool:
        batches, used, _ = whole_batches(data)
        for batch in batches:
            self._add(batch)
        self._at += used
        return bool(batches)

    def _add(self, batch: pa.RecordBatch) -> None:
        if self._snapshot_next:
            self._snapshot_next = False
            if self._skip_snapshot:
                return
            self._cut = Cut(batch)
            trimmed = self._cut.snapshot
        else:
            self._next += 1
            self._rows_passed += 0 if self._skip else batch.num_rows
            if self._skip:
                self._skip -= 1
                return
            trimmed = batch if self._cut is None else self._cut.apply(batch)
        if trimmed is not batch:
            self._trimmed[len(self.batches)] = trimmed
        self.batches.append(trimmed)
        self.rows += trimmed.num_rows
        self.end = ended_of(trimmed) or self.end

    def _younger(self) -> tuple[int, Header, int] | None:
        """The file of the same run that has taken this one's place: descriptor, header, where its batches begin."""
        try:
            there, ours = os.stat(self.path), os.fstat(self._fd)
            if (there.st_dev, there.st_ino) == (ours.st_dev, ours.st_ino):
                return None
            fd = open_file(self.path)
        except (OSError, RecordingError):
            return None
        try:
            header, begin = read_header(os.fspath(self.path), map_file(fd, 0, os.fstat(fd).st_size))
        except (OSError, RecordingError):
            os.close(fd)
            return None
        if _run_of(header) != _run_of(self.header) or not header.earlier or header.earlier.get("part"):
            os.close(fd)
            return None
        return fd, header, begin

    def _go_on_in(self, fd: int, header: Header, begin: int) -> None:
        """Continue in a younger file of the same run, whose writer has finished with the one we have."""
        os.close(self._fd)
        first = int(header.earlier.get("batches", 0))
        missed = first - self._next
        self._fd, self._at, self._seen_size = fd, begin, -1
        self._read_from, self._read_first = begin, None
        self._snapshot_next = bool(header.earlier.get("snapshot"))
        self._skip_snapshot, self._skip = missed <= 0, max(0, -missed)
        self._next = first
        if missed > 0:  # we were too slow: begin anew, and say that something is missing
            rows = int(header.earlier.get("rows", 0))
            self.batches.append(lost_batch(max(1, rows - self._rows_passed), max(0, header.began_ns)))
            self.rows += 1
            self._rows_passed = rows
            self._cut = None

    def _give_memory_back(self) -> None:
        upto = self._at - _KEEP_UNMAPPED
        if self._read_first is None:  # a file gone on in: its batches are not one for one those we have
            return
        if upto - self._read_from < _REMAP_AT:
            return
        batches, used, _ = whole_batches(map_file(self._fd, self._read_from, upto))
        self.batches[self._read_first : self._read_first + len(batches)] = batches
        for place, trimmed in self._trimmed.items():
            self.batches[place] = trimmed
        self._read_from += used
        self._read_first += len(batches)


def _run_of(header: Header) -> tuple[int, int]:
    """What tells one run from another."""
    return header.capture_pid, int(header.earlier.get("began_ns", header.began_ns))
