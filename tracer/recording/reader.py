"""Opens a recording, finished, cut off or still being written, and follows it while it grows.

Large stretches are mapped, so opening costs no memory and no copy. What was written in the last moments is
read into memory instead: a writer whose disk is full may cut its last batch off again, and touching a mapped
page beyond the end of a file kills the process (SIGBUS, mmap(2)). When what was read adds up, it is mapped.
"""

from __future__ import annotations

import mmap
import os
from pathlib import Path
from typing import Final, Self

import pyarrow as pa

from tracer.recording.errors import MissingRecording, NotARecording
from tracer.recording.header import Header
from tracer.recording.messages import read_header, whole_batches
from tracer.recording.rows import Ended, ended_of

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
        self._read_first = 0
        self._seen_size = -1

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> Self:
        """Open the recording at `path` with all whole batches it has now.

        Raises MissingRecording, NotARecording or NewerRecording.
        """
        fd = _open_file(Path(path))
        try:
            header, begin = read_header(os.fspath(path), _map(fd, 0, os.fstat(fd).st_size))
            recording = cls(Path(path), fd, header, begin)
            recording.poll()
        except BaseException:
            os.close(fd)
            raise
        return recording

    def poll(self) -> list[pa.RecordBatch]:
        """Batches that became whole since the last call; they are in `batches` as well."""
        size = self.bytes
        if self.end is not None or size == self._seen_size:
            return []
        self._seen_size = size
        first = len(self.batches)
        while self.end is None and self._advance(size):
            pass
        self._give_memory_back()
        return self.batches[first:]

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
            mapped = _map(self._fd, self._at, size - _KEEP_UNMAPPED)
            if self._take(mapped):
                self._read_from, self._read_first = self._at, len(self.batches)
                return True
        return self._take(pa.py_buffer(_read(self._fd, self._at, size)))

    def _take(self, data: pa.Buffer) -> bool:
        batches, used, _ = whole_batches(data)
        for batch in batches:
            self.batches.append(batch)
            self.rows += batch.num_rows
            self.end = ended_of(batch) or self.end
        self._at += used
        return bool(batches)

    def _give_memory_back(self) -> None:
        upto = self._at - _KEEP_UNMAPPED
        if upto - self._read_from < _REMAP_AT:
            return
        batches, used, _ = whole_batches(_map(self._fd, self._read_from, upto))
        self.batches[self._read_first : self._read_first + len(batches)] = batches
        self._read_from += used
        self._read_first += len(batches)


def _open_file(path: Path) -> int:
    try:
        if path.is_dir():
            raise NotARecording(f"{path} is a directory, not a recording.\nName a .iotrace file inside it.")
        if path.exists() and not path.is_file():
            raise NotARecording(f"{path} is not a regular file; a recording must be one.")
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise MissingRecording(
            f"cannot read {path}: {error.strerror}.\n"
            "Without FILE the newest recording is taken; `iotrace record -o FILE ...` makes one."
        ) from error
    if os.fstat(fd).st_size == 0:
        os.close(fd)
        raise NotARecording(
            f"{path} is empty: nothing was recorded, or the recorder was stopped before the program began."
        )
    return fd


def _map(fd: int, begin: int, end: int) -> pa.Buffer:
    aligned = begin - begin % mmap.ALLOCATIONGRANULARITY
    mapped = mmap.mmap(fd, end - aligned, offset=aligned, access=mmap.ACCESS_READ)
    return pa.py_buffer(mapped).slice(begin - aligned)


def _read(fd: int, begin: int, end: int) -> bytes:
    pieces = []
    while begin < end and (piece := os.pread(fd, end - begin, begin)):
        pieces.append(piece)
        begin += len(piece)
    return b"".join(pieces)
