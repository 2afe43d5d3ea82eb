"""What a filter must know besides the lines: the calls, descriptors, threads and phases their columns refer to.

All of it only grows, in a thread of its own; what lines below `Lines.count` refer to is there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from threading import Lock
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tracer.analyze.calls import CallFacts
from tracer.analyze.descriptions import Descriptor
from tracer.analyze.growing import Growing
from tracer.analyze.lines.lines import Chunk, Lines
from tracer.analyze.threads import Life
from tracer.decode.call import row_text
from tracer.recording.captured import Row


class Numbers:
    """Number and generation of every descriptor as columns, extended when asked for, in any thread.

    Whoever reads a recording extends them as it goes: a million descriptors at once take half a second."""

    def __init__(self, seen: Sequence[Descriptor]) -> None:
        self._seen = seen
        self._columns = Growing(number="<i4", generation="<i4")
        self._lock = Lock()

    @property
    def number(self) -> NDArray[np.int32]:
        """By place in `Descriptors.seen`."""
        return self._columns["number"]

    @property
    def generation(self) -> NDArray[np.int32]:
        """The same."""
        return self._columns["generation"]

    def extend(self) -> None:
        """Take in the descriptors that are new."""
        with self._lock:
            new = self._seen[self._columns.count :]
            if new:
                self._columns.append(number=_column(new, _NUMBER), generation=_column(new, _GENERATION))

    def last_of_each(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Every number that was used, ascending; the place of the last descriptor that had it; how many had it."""
        self.extend()
        number = self.number
        each, dense = np.unique(number, return_inverse=True) if _sparse(number) else (None, number)
        times = np.bincount(dense)
        last = np.zeros(len(times), np.int64)
        last[dense] = np.arange(len(dense))  # of several values for one place the last stays
        used = np.flatnonzero(times)
        return used if each is None else each.astype(np.int64), last[used], times[used]


def _sparse(number: NDArray[np.int32]) -> bool:
    """Sorting is slow, but numbers may also be a few large ones."""
    return bool(len(number)) and (int(number.min()) < 0 or int(number.max()) > max(1 << 16, 4 * len(number)))


_NUMBER: Final = itemgetter(1)
_GENERATION: Final = itemgetter(2)


def _column(seen: Sequence[Descriptor], of: Callable[[Descriptor], int]) -> NDArray[np.int32]:
    try:
        return np.fromiter(map(of, seen), np.int32, len(seen))
    except OverflowError:  # a damaged recording: no descriptor has such a number
        return np.fromiter([of(each) & 0x7FFFFFFF for each in seen], np.int32, len(seen))


@dataclass(frozen=True)
class Known:
    """A recording's lines and what their columns refer to."""

    lines: Lines
    facts: Sequence[CallFacts]
    """By `Chunk.code`."""
    descriptors: Sequence[Descriptor]
    """By `Chunk.fd`."""
    threads: Sequence[Life]
    """By `Chunk.thread`."""
    phases: Sequence[frozenset[str]]
    """By `Chunk.phases`."""
    start_ns: int
    """CLOCK_MONOTONIC of the beginning."""
    row: Callable[[int], Row]
    """A line's row in the recording; may be called in any thread."""
    numbers: Numbers = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "numbers", Numbers(self.descriptors))

    def text(self, line: int) -> str:
        """A line as strace would write it."""
        return row_text(self.row(line)).line

    def line(self, line: int) -> Chunk:
        """The columns of one line. Raises IndexError."""
        for chunk in self.lines.chunks(line, line + 1):
            return chunk
        raise IndexError(f"line {line} of {self.lines.count}")

    def descriptor_of(self, line: int) -> str:
        """The descriptor of a line, with its generation when that is not the first: "3", "3.2"; empty for none."""
        code = int(self.line(line).fd[0])
        if code < 0:
            return ""
        used = self.descriptors[code]
        return f"{used.fd}.{used.generation}" if used.generation else str(used.fd)

    def phases_of(self, line: int) -> str:
        """The marked phases of a line; empty for none."""
        return " ".join(sorted(self.phases[int(self.line(line).phases[0])]))
