"""The story of a descriptor around one line: what it is, who opened and closed it, who used it before and next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tracer.analyze.calls import CallFacts
from tracer.analyze.descriptions import Descriptor
from tracer.analyze.descriptors.history import BEFORE, OPEN, Lives
from tracer.analyze.lines.lines import Lines
from tracer.analyze.lines.search import next_use, previous_use
from tracer.analyze.row_places import RowPlaces


@dataclass(frozen=True, slots=True)
class Use:
    """A call on a line."""

    line: int
    at_ns: int
    """CLOCK_MONOTONIC of its entry."""
    name: str
    """Empty for what is no call: an exec, the end of a process."""


@dataclass(frozen=True, slots=True)
class FdStory:
    """A descriptor: a generation of a number in a process."""

    pid: int
    fd: int
    generation: int
    """From 0: how many descriptors had the number before."""
    what: str
    opened_by: str
    """The name of the call, or "inherited"."""
    nonblocking: bool | None
    """As it is at the end of what was recorded."""
    opened: Use | None
    """None when it was open before the trace, or its opening has no line."""
    previous: Use | None
    next: Use | None
    closed: Use | None
    """None while it is open, or when its closing has no line."""
    still_open: bool


def story_of(
    places: RowPlaces, seen: Sequence[Descriptor], lives: Lives, facts: Sequence[CallFacts], line: int
) -> FdStory | None:
    """The story of the descriptor that the call on `line` uses; None when it uses none, or `lives` does not know it
    yet."""
    lines = places.lines
    chunk = next(lines.chunks(line, line + 1), None)
    if chunk is None or not 0 <= int(chunk.fd[0]) < lives.count:
        return None
    code = int(chunk.fd[0])
    found, about = seen[code], seen[code].description
    opened, closed = int(lives.opened[code]), int(lives.closed[code])
    rows = [None if row in (BEFORE, OPEN) else places.line_of(row) for row in (opened, closed)]
    numbers = (rows[0], previous_use(lines, line, code), next_use(lines, line, code), rows[1])
    first, before, after, last = (_use(lines, facts, each) for each in numbers)
    return FdStory(
        found.pid, found.fd, found.generation, about.what, about.opened_by, about.nonblocking, first, before, after,
        last, closed == OPEN,
    )  # fmt: skip


def _use(lines: Lines, facts: Sequence[CallFacts], line: int | None) -> Use | None:
    if line is None:
        return None
    chunk = next(lines.chunks(line, line + 1))
    return Use(line, int(chunk.at_ns[0]), facts[int(chunk.code[0])].name)
