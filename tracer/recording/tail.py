"""The tail of a run in one file, bounded at any time: a flight recorder.

Every now and then capture says how things stand, and another recording is begun beside those that are being
written, with that as its first batch: a *generation*. Each batch is written to every generation. Once the second
oldest holds enough, it takes the place of the oldest (rename(2)) under the recording's name. So at any moment,
also after kill -9, the name leads to an ordinary recording, complete in itself, from a cut between two batches
on; whoever has the former one open keeps it and can go on in the new one (`tracer.recording.reader`).

Generations other than the first have no name (`unnamed`): they go with the process that writes them.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyarrow as pa

from tracer.recording.errors import OutputFailed
from tracer.recording.header import Header
from tracer.recording.limits import Limits, Passed, moment_of, portions, size_of
from tracer.recording.unnamed import Unnamed
from tracer.recording.writer import Writer, schema_of
from tracer.wire import End

_PER_SPAN: Final = 2
"""Generations begun in the time that is to be kept: what is kept is between once and one and a half times it."""
_PER_SIZE: Final = 3
"""A generation is begun when the newest has this part of the room: what is kept is between one and two parts."""
_PORTION: Final = 8
"""A batch takes no more than this part of the room."""


@dataclass(frozen=True, slots=True)
class _Generation:
    writer: Writer
    began_ns: int
    calls_before: int
    file: Unnamed | None = None


class TailWriter:
    """Keeps the last part of a run at `path`. Times are of `clock`, CLOCK_MONOTONIC ns."""

    def __init__(
        self, path: Path, fd: int, header: Header, limits: Limits, clock: Callable[[], int] = time.monotonic_ns
    ) -> None:
        """`fd`: open for writing at the new, empty file `path`. Raises OutputFailed."""
        self._path, self._limits, self._clock = path, limits, clock
        self._passed = Passed(header)
        self._generations = [_Generation(Writer(fd, header), clock(), 0)]
        self._asked = False
        self._oversized = 0
        self._stuck: str | None = None

    @property
    def rows(self) -> int:
        """Events in the file."""
        return self._generations[0].writer.rows

    @property
    def calls(self) -> int:
        """Calls in the file that returned."""
        return self._generations[0].writer.calls

    @property
    def dropped_calls(self) -> int:
        """Calls of the run before those in the file."""
        return self._generations[0].calls_before

    @property
    def lost(self) -> int:
        """Events that did not fit."""
        return self._generations[0].writer.lost + self._oversized

    @property
    def full(self) -> str | None:
        """Why nothing more is written."""
        return self._stuck or self._generations[0].writer.full

    @property
    def bytes(self) -> int:
        """Bytes on disk, of all generations."""
        return sum(each.writer.size for each in self._generations)

    def write(self, batch: pa.RecordBatch) -> bool:
        """Append a batch; False when the disk is full or there can be no room for it."""
        if self.full is not None:
            self._oversized += batch.num_rows
            return False
        room = self._limits.max_bytes
        whole = [batch] if room is None else portions(batch, room // _PORTION)
        written = [self._write(portion) for portion in whole]
        return all(written)

    def wants_cut(self) -> bool:
        """Whether the newest generation has got so far that another should begin."""
        if self._asked or self.full is not None:
            return False
        newest, limits = self._generations[-1], self._limits
        late = limits.last_ns is not None and self._clock() - newest.began_ns >= limits.last_ns // _PER_SPAN
        large = limits.max_bytes is not None and newest.writer.size >= limits.max_bytes // _PER_SIZE
        self._asked = late or large
        return self._asked

    def cut(self, snapshot: pa.RecordBatch) -> None:
        """Begin a generation with how things stand."""
        self._asked = False
        if self.full is None:
            head = self._passed.header(moment_of(snapshot), snapshot=True)
            self._make_room(size_of(snapshot) + schema_of(head).serialize().size)
            self._begin(snapshot)

    def end(self, reason: End, status: int | None, text: str) -> None:
        """Write how it ended into the file, and let the younger generations go."""
        self._retire()
        self._drop(1)
        self._generations[0].writer.lost += self._oversized
        self._oversized = 0
        self._generations[0].writer.end(reason, status, text)

    def abandon(self) -> None:
        """Close everything: there is nothing to record."""
        self._drop(0)

    def _write(self, batch: pa.RecordBatch) -> bool:
        self._retire()
        if not self._make_room(size_of(batch)):
            self._oversized += batch.num_rows
            return self._stuck is None
        for place in range(len(self._generations) - 1, 0, -1):
            if not self._generations[place].writer.write(batch):
                self._drop(place)  # a full disk: what there is is worth more than what might be
        written = self._generations[0].writer.write(batch)
        self._passed.add(batch)
        return written

    def _retire(self) -> None:
        """Let the oldest go while the next one holds all that is to be kept."""
        while len(self._generations) > 1 and self._limits.last_ns is not None:
            if self._clock() - self._generations[1].began_ns < self._limits.last_ns or not self._promote():
                return

    def _make_room(self, size: int) -> bool:
        """Keep to the limit with `size` more bytes in each generation; False when there is no way."""
        room = self._limits.max_bytes
        if room is None:
            return True
        while len(self._generations) > 1 and self.bytes + size * len(self._generations) > room:
            if not self._promote():
                return False
        if self.bytes + size <= room:
            return True
        if self._begin(None):  # capture has not answered in time: without knowing how things stand
            self._promote()
        return self.bytes + size <= room

    def _begin(self, snapshot: pa.RecordBatch | None) -> bool:
        """Another generation; False when there can be none."""
        at_ns = self._clock() if snapshot is None else moment_of(snapshot)
        try:
            file = Unnamed(self._path.parent)
            writer = Writer(file.fd, self._passed.header(at_ns, snapshot=snapshot is not None))
        except OutputFailed:
            return False
        self._generations.append(_Generation(writer, at_ns, self._passed.calls, file))
        if snapshot is not None and not writer.write(snapshot):
            self._drop(len(self._generations) - 1)
            return False
        return True

    def _promote(self) -> bool:
        """Put the second oldest in the oldest's place; False when the file system refuses, and that is the end."""
        oldest, following = self._generations[:2]
        assert following.file is not None
        try:
            following.file.replace(self._path)
        except OSError as error:
            self._stuck = f"the older part could not be replaced ({error.strerror})"
            self._drop(1)
            return False
        oldest.writer.abandon()
        del self._generations[0]
        return True

    def _drop(self, place: int) -> None:
        for each in self._generations[place:]:
            each.writer.abandon()
            if each.file is not None:
                each.file.discard()
        del self._generations[place:]
