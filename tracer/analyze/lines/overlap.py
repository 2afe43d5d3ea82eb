"""Which lines were under way while a call was."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tracer.analyze.filter.known import Known
from tracer.analyze.lines.lines import Chunk, Lines

Mask = NDArray[np.bool_]
_LATER: Final = 1 << 12
"""So many lines after a wait are looked at, for calls that began before it ended and ended a little later; and so
many at once before it."""


def under_way(lines: Lines, line: int, of: Chunk, fits: Callable[[Chunk], Mask]) -> list[int]:
    """The lines that fit and were under way while the call on `line` was, by when they began."""
    begin, end = int(of.at_ns[0]), int(lines.ends(of)[0])
    found: list[tuple[int, int]] = []
    for chunk in _around(lines, line, begin):
        began = chunk.at_ns
        under_way = (began <= end) & (lines.ends(chunk) >= begin)
        places = np.flatnonzero(under_way & fits(chunk)).tolist()
        found += [(int(began[place]), chunk.first + place) for place in places]
    return [each for _, each in sorted(found) if each != line]


def _around(lines: Lines, line: int, begin: int) -> Iterator[Chunk]:
    """The lines that ended after `begin`: those before `line`, as far back as any did, and some after it."""
    yield from lines.chunks(line, line + _LATER)
    stop = line
    while stop > 0:
        for chunk in lines.chunks(max(0, stop - _LATER), stop):
            yield chunk
            if int(lines.ends(chunk).max()) < begin:
                return
        stop -= _LATER


def calls_named(known: Known, names: frozenset[str]) -> Mask:
    """By code: whether the call is one of `names`."""
    return table_of([fact.name in names for fact in known.facts])


def threads_of(known: Known, fits: Callable[[int], bool]) -> Mask:
    return table_of([fits(life.pid) for life in known.threads])


def table_of(answers: list[bool]) -> Mask:
    """To be looked up with `_at`: what is newer than the table, or is -1, does not hold."""
    return np.array([*answers, False])


def look_up(table: Mask, places: NDArray[np.int16] | NDArray[np.int32]) -> Mask:
    answers: Mask = table[np.minimum(places, len(table) - 1)]
    return answers
