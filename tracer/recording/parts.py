"""A recording in several files, FILE.000, FILE.001 and so on, a new one every so often, each complete by itself.

A file ends where capture says how things stand, and the next begins with that. Together with `Limits` the oldest
files are removed: then there are never more than those of the tail.
"""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyarrow as pa

from tracer.recording.errors import OutputExists, RecordingError
from tracer.recording.header import Header
from tracer.recording.limits import Limits, Passed, moment_of
from tracer.recording.writer import Writer, create
from tracer.wire import End

_NUMBER: Final = re.compile(r"\.(\d{3,})")
_SHARE: Final = 4
"""Of the room there is for all files, one takes no more than this part."""


@dataclass(frozen=True, slots=True)
class Every:
    """When another file begins; one of the two."""

    ns: int | None = None
    bytes: int | None = None


@dataclass(frozen=True, slots=True)
class _Done:
    path: Path
    size: int
    calls: int
    ended_ns: int


def part_path(path: Path, number: int) -> Path:
    """The name of one of the files."""
    return path.with_name(f"{path.name}.{number:03d}")


def parts_of(path: Path) -> list[Path]:
    """The files of `path` that there are, the oldest first."""
    try:
        names = [each for each in path.parent.iterdir() if each.name.startswith(path.name)]
    except OSError:
        return []
    found = {each: _NUMBER.fullmatch(each.name[len(path.name) :]) for each in names}
    numbered = [(int(match[1]), each) for each, match in found.items() if match is not None]
    return [each for _, each in sorted(numbered)]


def create_first(path: Path, *, overwrite: bool = False) -> int:
    """A descriptor for writing FILE.000. Raises OutputExists when there are files of that name, without
    `overwrite`, which removes them; and OutputFailed."""
    there = parts_of(path)
    if there and not overwrite:
        raise OutputExists(
            f"{there[0]} exists and is not overwritten.\n"
            "Choose another name, or add --force to replace all files of this one."
        )
    for each in there:
        with contextlib.suppress(OSError):
            each.unlink()
    return create(part_path(path, 0), overwrite=overwrite)


class PartsWriter:
    """Writes FILE.000 and so on. Times are of `clock`, CLOCK_MONOTONIC ns."""

    def __init__(
        self,
        path: Path,
        fd: int,
        header: Header,
        every: Every,
        limits: Limits,
        clock: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        """`fd`: of FILE.000, from `create_first`. Raises OutputFailed."""
        self._path, self._every, self._limits, self._clock = path, every, limits, clock
        self._passed = Passed(header)
        self._writer = Writer(fd, header)
        self._began_ns = clock()
        self._number = 0
        self._done: list[_Done] = []
        self._asked = False
        self._lost = 0
        self.dropped_calls = 0
        """Calls in files that were removed."""
        self.full: str | None = None
        """Why nothing more is written."""

    @property
    def newest(self) -> Path:
        """The file that is being written, or was last."""
        return part_path(self._path, self._number)

    @property
    def rows(self) -> int:
        """Events in the newest file."""
        return self._writer.rows

    @property
    def calls(self) -> int:
        """Calls that returned, in all files there are."""
        return sum(each.calls for each in self._done) + self._writer.calls

    @property
    def lost(self) -> int:
        """Events that did not fit."""
        return self._lost + self._writer.lost

    def write(self, batch: pa.RecordBatch) -> bool:
        """Append a batch to the newest file; False when the disk is full."""
        if self.full is not None:
            self._writer.lost += batch.num_rows
            return False
        if not self._writer.write(batch):
            self.full = self._writer.full
            return False
        self._passed.add(batch)
        self._prune()
        return True

    def wants_cut(self) -> bool:
        """Whether it is time for another file."""
        if self._asked or self.full is not None:
            return False
        sizes = [self._every.bytes, self._limits.max_bytes and self._limits.max_bytes // _SHARE]
        largest = min((size for size in sizes if size), default=None)
        late = self._every.ns is not None and self._clock() - self._began_ns >= self._every.ns
        self._asked = late or (largest is not None and self._writer.size >= largest)
        return self._asked

    def cut(self, snapshot: pa.RecordBatch) -> None:
        """End the file, and begin another with how things stand."""
        self._asked = False
        if self.full is not None:
            return
        at_ns, following = moment_of(snapshot), part_path(self._path, self._number + 1)
        try:
            header = self._passed.header(at_ns, snapshot=True, part=self._number + 1)
            writer = Writer(create(following, overwrite=True), header)
        except RecordingError as error:
            self.full = str(error).splitlines()[0]
            return
        self._writer.end(End.CONTINUED, None, f"the recording goes on in {following.name}")
        self._done.append(_Done(self.newest, self._writer.size, self._writer.calls, at_ns))
        self._lost += self._writer.lost
        self._writer, self._number, self._began_ns = writer, self._number + 1, self._clock()
        if not writer.write(snapshot):
            self.full, writer.lost = writer.full, 0  # what it tells are no events
        self._prune()

    def end(self, reason: End, status: int | None, text: str) -> None:
        """Write how it ended into the newest file."""
        self._writer.end(reason, status, text)

    def abandon(self) -> None:
        """Close: there is nothing to record."""
        self._writer.abandon()

    def _prune(self) -> None:
        while self._done and self._superfluous(self._done[0]):
            oldest = self._done.pop(0)
            with contextlib.suppress(OSError):
                oldest.path.unlink()
            self.dropped_calls += oldest.calls

    def _superfluous(self, oldest: _Done) -> bool:
        last, room = self._limits.last_ns, self._limits.max_bytes
        taken = self._writer.size + sum(each.size for each in self._done)
        return (last is not None and self._clock() - oldest.ended_ns >= last) or (room is not None and taken > room)
