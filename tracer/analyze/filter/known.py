"""What a filter must know besides the lines: the calls, descriptors, threads and phases their columns refer to.

All of it only grows, in a thread of its own; what lines below `Lines.count` refer to is there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tracer.analyze.calls import CallFacts
from tracer.analyze.descriptions import Descriptor
from tracer.analyze.lines import Chunk, Lines
from tracer.analyze.threads import Life
from tracer.decode.call import row_text
from tracer.recording.captured import Row


class Numbers:
    """Number and generation of every descriptor as columns, extended when asked for."""

    def __init__(self, seen: Sequence[Descriptor]) -> None:
        self._seen = seen
        self.number: NDArray[np.int32] = np.zeros(0, np.int32)
        self.generation: NDArray[np.int32] = np.zeros(0, np.int32)

    def extend(self) -> None:
        """Take in the descriptors that are new."""
        new = self._seen[len(self.number) :]
        if new:
            self.generation = np.concatenate((self.generation, _column(new, _GENERATION)))
            self.number = np.concatenate((self.number, _column(new, _NUMBER)))


_NUMBER: Final = itemgetter(1)
_GENERATION: Final = itemgetter(2)


def _column(seen: Sequence[Descriptor], of: Callable[[Descriptor], int]) -> NDArray[np.int32]:
    return np.fromiter(map(of, seen), np.int32, len(seen))


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
