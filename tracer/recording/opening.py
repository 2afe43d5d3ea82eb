"""The operating system's side of reading a recording: opening, mapping and reading its file."""

from __future__ import annotations

import mmap
import os
from pathlib import Path

import pyarrow as pa

from tracer.recording.errors import MissingRecording, NotARecording
from tracer.recording.parts import parts_of


def open_file(path: Path) -> int:
    """A descriptor of the file at `path`. Raises MissingRecording and NotARecording."""
    try:
        if path.is_dir():
            raise NotARecording(f"{path} is a directory, not a recording.\nName a .iotrace file inside it.")
        if path.exists() and not path.is_file():
            raise NotARecording(f"{path} is not a regular file; a recording must be one.")
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        several = parts_of(path)
        if several:
            names = several[0].name if len(several) == 1 else f"{several[0].name} to {several[-1].name}"
            raise MissingRecording(
                f"{path} was recorded in several files, each complete by itself: {names}.\nName one of them."
            ) from error
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


def map_file(fd: int, begin: int, end: int) -> pa.Buffer:
    """Bytes `begin` up to `end`, mapped: touching them kills the process if they are cut off (SIGBUS, mmap(2))."""
    aligned = begin - begin % mmap.ALLOCATIONGRANULARITY
    mapped = mmap.mmap(fd, end - aligned, offset=aligned, access=mmap.ACCESS_READ)
    return pa.py_buffer(mapped).slice(begin - aligned)


def read_file(fd: int, begin: int, end: int) -> bytes:
    """Bytes `begin` up to `end`, as many of them as there are."""
    pieces = []
    while begin < end and (piece := os.pread(fd, end - begin, begin)):
        pieces.append(piece)
        begin += len(piece)
    return b"".join(pieces)
