"""Which lines of the list of calls used a descriptor."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tracer.analyze.lines.lines import CHUNK, Chunk, Lines


def next_use(lines: Lines, line: int, code: int) -> int | None:
    """The first line after `line` (-1: of all) that used the descriptor with this place in `Descriptors.seen`."""
    for chunk in lines.chunks(line + 1):
        hits = np.flatnonzero(chunk.fd == code)
        if len(hits):
            return chunk.first + int(hits[0])
    return None


def previous_use(lines: Lines, line: int, code: int) -> int | None:
    """The last line before `line` that did."""
    for chunk in _backwards(lines, line):
        hits = np.flatnonzero(chunk.fd == code)
        if len(hits):
            return chunk.first + int(hits[-1])
    return None


def _backwards(lines: Lines, line: int) -> Iterator[Chunk]:
    """The lines before `line`, the last chunk first."""
    stop = min(line, lines.count)
    while stop > 0:
        start = (stop - 1) // CHUNK * CHUNK
        yield from lines.chunks(start, stop)
        stop = start
