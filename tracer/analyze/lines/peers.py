"""Who moved data at the other end of a descriptor while a call slept, or closed it.

Two ends belong together when the trace saw them made: a pipe, a socketpair, two unix sockets that met. An eventfd
is its own other end.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from tracer.analyze.descriptions import Description
from tracer.analyze.filter.known import Known
from tracer.analyze.lines.lines import FAILED, WAKEUP, Chunk
from tracer.analyze.lines.overlap import Mask, calls_named, look_up, table_of, threads_of, under_way
from tracer.analyze.transferring import TRANSFERS
from tracer.wire import Kind

WRITES: Final = frozenset(name for name in TRANSFERS if "write" in name or "send" in name) | {"vmsplice", "splice"}
READS: Final = frozenset(name for name in TRANSFERS if "read" in name or "recv" in name) | {"splice", "tee"}
_CLOSES: Final = frozenset({"close", "shutdown"})


@dataclass(frozen=True, slots=True)
class Found:
    """A line, or None and the reason in a sentence."""

    line: int | None
    why: str


def other_end(known: Known, line: int, of: Chunk, fds: list[int], *, reading: bool) -> Found:
    ends = [end for fd in fds if fd >= 0 for end in _peers(known, fd)]
    if not ends:
        named = ", ".join(str(known.descriptors[fd].fd) for fd in fds if fd >= 0) or "none"
        return Found(None, f"The other end of its descriptor ({named}) is not in this recording.")
    theirs = table_of([any(each.description is end for end in ends) for each in known.descriptors])
    moves, closes = calls_named(known, WRITES if reading else READS), calls_named(known, _CLOSES)
    holders = {each.pid for each, held in zip(known.descriptors, theirs.tolist(), strict=False) if held}
    holding = threads_of(known, holders.__contains__)

    def calls(chunk: Chunk) -> Mask:
        other: Mask = (chunk.thread != of.thread[0]) & (chunk.flags & FAILED == 0)
        ended: Mask = look_up(holding, chunk.thread) & (chunk.kind == Kind.EXIT)
        return other & (
            ended | (look_up(theirs, chunk.fd) & (look_up(moves, chunk.code) | look_up(closes, chunk.code)))
        )

    found = under_way(known.lines, line, of, calls)
    moved = [each for each in found if look_up(moves, known.line(each).code)[0]]
    closed = [each for each in found if each not in moved]
    result = known.row(line).result
    if moved and not (reading and result == 0):
        return Found(moved[0], "")
    if closed and (result <= 0 or known.line(line).flags[0] & WAKEUP):
        return Found(closed[-1], "The other end was closed: there is nothing more to come.")
    return Found(None, "No traced call on the other end was under way while it slept.")


def _peers(known: Known, code: int) -> Iterator[Description]:
    """The other end of a descriptor: what is written there arrives here."""
    description = known.descriptors[code].description
    if description.other_end is not None:
        yield description.other_end
    elif description.what == "eventfd":
        yield description
    elif description.what.startswith("pipe ("):
        # The two ends of a pipe are made by one call, the read end first: they stand side by side.
        reads = description.what == "pipe (read end)"
        for place in range(code + 1):
            if known.descriptors[place].description is description:
                beside = known.descriptors[place + 1 if reads else place - 1]
                if beside.description.what == ("pipe (write end)" if reads else "pipe (read end)"):
                    yield beside.description
                return
