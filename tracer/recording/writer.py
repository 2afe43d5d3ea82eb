"""Writes a recording: an Arrow IPC stream, batch by batch, each with one write so that readers see it whole.

A batch goes from the memory its columns lie in to the file, without being put together first.

A full disk must neither stop the traced program nor leave a half-written batch behind: the file is cut back
to its last whole batch and ends with an END row that says so.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pyarrow as pa

from tracer.recording.cache import Passing
from tracer.recording.errors import OutputExists, OutputFailed
from tracer.recording.header import Header
from tracer.recording.rows import Ended, calls_in, last_batch
from tracer.recording.schema import METADATA_KEY, schema
from tracer.recording.unjoined import Unjoined
from tracer.wire import End, write_parts

_END_OF_STREAM: Final = b"\xff\xff\xff\xff\x00\x00\x00\x00"
"""Arrow's own end marker: a message of length 0."""


def create(path: Path, *, overwrite: bool = False) -> int:
    """A descriptor open for writing a new file at `path`, readable by its owner only.

    An existing file is removed, not emptied, so that whoever has it open (mapped) keeps the old one; devices
    and pipes, and what is reached by a link, are opened as they are. Raises OutputExists without `overwrite`,
    and OutputFailed.
    """
    try:
        if path.is_dir():
            raise OutputFailed(f"{path} is a directory, not a file.\nName a file in it with -o FILE.")
        if path.exists():
            if not overwrite:
                raise OutputExists(
                    f"{path} exists and is not overwritten.\nChoose another name, or add --force to replace it."
                )
            if path.is_file() and not path.is_symlink():
                path.unlink()
            else:
                return os.open(path, os.O_WRONLY | os.O_TRUNC | os.O_CLOEXEC)
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise OutputFailed(f"cannot write {path}: {error.strerror}.\nChoose another place with -o FILE.") from error


def schema_of(header: Header) -> pa.Schema:
    """What a recording with this header begins with."""
    return schema({METADATA_KEY: header.to_json()})


class Writer:
    """One recording being written to the descriptor `fd` (which it owns)."""

    def __init__(self, fd: int, header: Header) -> None:
        """Write the header. Raises OutputFailed when not even that fits."""
        self._fd = fd
        self._ends: list[int] = [0]
        self._last_rows = 0
        self._last_calls = 0
        self.rows = 0
        """Events in the file, without the recorder's own last rows."""
        self.calls = 0
        """Calls among them that returned."""
        self.lost = 0
        """Events that did not fit."""
        self.full: str | None = None
        """Why nothing more is written ("No space left on device"), None as long as all is well."""
        self._unjoined = Unjoined()
        self._passing = Passing(fd)
        if not self._append([schema_of(header).serialize()]):
            os.close(fd)
            raise OutputFailed(
                f"cannot write the recording: {self.full}.\nFree some space or choose another place with -o FILE."
            )

    def write(self, batch: pa.RecordBatch) -> bool:
        """Append `batch`; False (and its rows are counted as lost) when the disk is full."""
        if self.full is not None or not self._append(self._unjoined.message(batch)):
            self.lost += batch.num_rows
            return False
        self._last_rows = batch.num_rows
        self._last_calls = calls_in(batch)
        self.rows += self._last_rows
        self.calls += self._last_calls
        return True

    @property
    def size(self) -> int:
        """Bytes in the file."""
        return self._ends[-1]

    @property
    def dropped_calls(self) -> int:
        """None of its calls is gone again."""
        return 0

    def wants_cut(self) -> bool:
        """Whether capture is to say how things stand, so that another file can begin."""
        return False

    def cut(self, snapshot: pa.RecordBatch) -> None:
        """How things stand, asked for by `wants_cut`."""

    def end(self, reason: End, status: int | None, text: str) -> None:
        """Write how the recording ended, and close the file. Never raises for a full disk."""
        self._write_end(reason, status, text)
        if self.full is not None and self._last_rows:
            self._drop_last_batch()
            self._write_end(reason, status, text)
        os.close(self._fd)

    def abandon(self) -> None:
        """Close the file as it is: there is nothing to record."""
        os.close(self._fd)

    def _write_end(self, reason: End, status: int | None, text: str) -> None:
        self.full = None
        batch = last_batch(Ended(reason, status, text, time.monotonic_ns()), self.lost)
        self._append([*self._unjoined.message(batch), _END_OF_STREAM])

    def _drop_last_batch(self) -> None:
        """Make room for the END row: a recording that says how it ended is worth more than its last batch."""
        self._ends.pop()
        self.rows -= self._last_rows
        self.calls -= self._last_calls
        self.lost += self._last_rows
        self._last_rows = self._last_calls = 0
        self._cut_back()

    def _append(self, parts: Sequence[pa.Buffer | bytes]) -> bool:
        views = [memoryview(part) for part in parts if len(part)]
        end = self._ends[-1] + sum(map(len, views))
        try:
            write_parts(self._fd, views)
        except OSError as error:
            self.full = error.strerror or str(error)
            self._cut_back()
            return False
        self._ends = [self._ends[-1], end]
        self._passing.grown(end)
        return True

    def _cut_back(self) -> None:
        with contextlib.suppress(OSError):  # a pipe or a device cannot be cut
            os.ftruncate(self._fd, self._ends[-1])
            os.lseek(self._fd, self._ends[-1], os.SEEK_SET)
