"""Single lines of a thread as they lie in time: for names in the picture, and for the call at the cursor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from tracer.analyze.lines.lines import FIELDS, Lines
from tracer.analyze.timeline.track import BLOCK, Track
from tracer.wire import Kind

Ints = NDArray[np.int64]
_NAMES: Final = [name for name, _ in FIELDS]


@dataclass(frozen=True, slots=True)
class Span:
    """A line. Moments are CLOCK_MONOTONIC ns, times ns, sizes bytes."""

    line: int
    kind: Kind
    code: int
    """`CallCodes` of the call."""
    flags: int
    errno: int
    start_ns: int
    """When its thread began to run towards it, in user space."""
    at_ns: int
    """Entry of the call, or the moment of the event."""
    end_ns: int
    """Return."""
    user_ns: int
    before_blocked_ns: int
    before_runnable_ns: int
    kernel_ns: int
    blocked_ns: int
    runnable_ns: int
    tracer_ns: int
    bytes_in: int
    bytes_out: int
    held_ns: int = 0
    """Held at its entry by whoever steps the program: it began so much later than `at_ns`."""

    @classmethod
    def of(cls, lines: Lines, numbers: Ints) -> list[Self]:
        """The lines `numbers`."""
        columns = lines.gather(numbers, _NAMES)
        columns["held_ns"] = lines.held.of(numbers)
        return [cls._one(int(number), columns, place) for place, number in enumerate(numbers)]

    @classmethod
    def _one(cls, number: int, columns: dict[str, NDArray[Any]], place: int) -> Self:
        value = {name: int(column[place]) for name, column in columns.items()}
        before = value["user_ns"] + value["before_blocked_ns"] + value["before_runnable_ns"]
        return cls(
            line=number,
            kind=Kind(value["kind"]),
            start_ns=value["at_ns"] - before,
            end_ns=value["at_ns"] + value["wall_ns"] + value["held_ns"],
            **{name: value[name] for name in _SAME},
        )


_SAME: Final = (
    "code", "flags", "errno", "at_ns", "user_ns", "before_blocked_ns", "before_runnable_ns", "kernel_ns",
    "blocked_ns", "runnable_ns", "tracer_ns", "held_ns", "bytes_in", "bytes_out",
)  # fmt: skip


def spans_between(lines: Lines, track: Track, begin_ns: int, end_ns: int, most: int) -> list[Span] | None:
    """The lines of `track` that lie in a stretch, or None when they are (or may be) more than `most`."""
    numbers = numbers_between(lines, track, begin_ns, end_ns, most)
    return None if numbers is None else Span.of(lines, numbers)


def numbers_between(lines: Lines, track: Track, begin_ns: int, end_ns: int, most: int) -> Ints | None:
    """Their numbers alone, for whoever needs few of them or few of their columns."""
    blocks = np.searchsorted(track.starts.array, (begin_ns, end_ns))
    if (int(blocks[1]) - int(blocks[0]) - 2) * BLOCK > most:
        return None
    first = max(0, line_at(lines, track, begin_ns))
    last = line_at(lines, track, end_ns)
    if last - first + 1 > most:
        return None
    return track.lines.array[first : last + 1].astype(np.int64)


def line_at(lines: Lines, track: Track, moment_ns: int) -> int:
    """The position of the last line of `track` that had begun before `moment_ns` or then; -1 for none."""
    block = int(np.searchsorted(track.starts.array, moment_ns, side="right")) - 1
    if block < 0:
        return -1
    numbers = track.lines.array[block * BLOCK : (block + 1) * BLOCK].astype(np.int64)
    columns = lines.gather(numbers, ("at_ns", "user_ns", "before_blocked_ns", "before_runnable_ns"))
    before = sum(columns[name].astype(np.int64) for name in ("user_ns", "before_blocked_ns", "before_runnable_ns"))
    starts = np.maximum.accumulate(columns["at_ns"] - before)
    return block * BLOCK + max(0, int(np.searchsorted(starts, moment_ns, side="right")) - 1)
