"""The story of one descriptor in lines: where it came from, what happened to it, who watched it, how it ended."""

from __future__ import annotations

from collections import Counter
from typing import Final, NamedTuple

import numpy as np

from tracer.analyze.descriptors.history import BEFORE, OPEN
from tracer.analyze.descriptors.lives import DescriptorLives
from tracer.analyze.waiting_sets.watchers import watchings_of
from tracer.decode.call import row_text
from tracer.recording.captured import Row
from tracer.wire import Kind, Spawn

MOST: Final = 12
"""Lines told of one kind of thing (copies, registrations); the rest is counted."""
_CALL: Final = 60
"""Characters of a call that are told."""


class Told(NamedTuple):
    """One line of a story."""

    at_ns: int | None
    """CLOCK_MONOTONIC; None for what has no moment."""
    text: str
    line: int | None = None
    """The line of the list of calls it is about."""


def story_of(lives: DescriptorLives, code: int) -> tuple[Told, ...]:
    """The story of the descriptor with this code, in the order of time; for a worker."""
    with lives.waiting.lock:
        opened, closed = int(lives.lives.opened[code]), int(lives.lives.closed[code])
        dated = [*_copies(lives, code), *_nonblocking(lives, code), *_watched(lives, code)]
    told = [_opening(lives, opened), *sorted(dated, key=lambda each: each.at_ns or 0), *_uses(lives, code)]
    return (*told, _closing(lives, closed))


def origin_of(lives: DescriptorLives, code: int) -> int | None:
    """The line of the call that made it; None when it was there before."""
    opened = int(lives.lives.opened[code])
    return None if opened == BEFORE else lives.places.line_of(opened)


def _opening(lives: DescriptorLives, row_number: int) -> Told:
    if row_number == BEFORE:
        return Told(None, "was open before the trace began")
    row = lives.places.row(row_number)
    at, line = lives.places.at_ns(row_number), lives.places.line_of(row_number)
    if row.kind == Kind.CALL:
        return Told(at, f"opened by {_call(row)}", line)
    if row.kind == Kind.SPAWN and row.nr in (Spawn.START, Spawn.ATTACH):
        return Told(at, "was open when the trace began", line)
    parent = row.args[1]
    return Told(at, f"came with the birth of process {row.pid}: a copy of the table of {parent}", line)


def _closing(lives: DescriptorLives, row_number: int) -> Told:
    if row_number == OPEN:
        ended = lives.tally.ended is not None
        return Told(None, "open until the recording ended" if ended else "still open")
    row = lives.places.row(row_number)
    at, line = lives.places.at_ns(row_number), lives.places.line_of(row_number)
    if row.kind == Kind.EXEC:
        return Told(at, "closed by exec: it was marked close-on-exec", line)
    if row.kind == Kind.EXIT:
        return Told(at, f"closed by the end of process {row.pid}", line)
    text = row_text(row)
    if text.name.startswith("dup"):
        return Told(at, f"closed by {_call(row)}: another took its number", line)
    return Told(at, f"closed by {_call(row)}", line)


def _call(row: Row) -> str:
    line = row_text(row).line
    return f"{line[:_CALL]}… in thread {row.tid}" if len(line) > _CALL else f"{line} in thread {row.tid}"


def _copies(lives: DescriptorLives, code: int) -> list[Told]:
    """Other descriptors of the same open file."""
    known, told = lives.lives, []
    others = np.flatnonzero(known.description == known.description[code])
    for other in others[others != code][:MOST].tolist():
        seen, opened = lives.tally.descriptors.seen[other], int(known.opened[other])
        name = f"{seen.fd} of process {seen.pid}"
        if opened == BEFORE:
            told.append(Told(None, f"the same open file as {name}"))
            continue
        row = lives.places.row(opened)
        how = row_text(row).name if row.kind == Kind.CALL else "fork" if row.kind == Kind.SPAWN else "exec"
        later = opened > known.opened[code]
        text = f"{how} passed it on as {name}" if later else f"a copy of {name}"
        told.append(Told(lives.places.at_ns(opened), text, lives.places.line_of(opened)))
    if len(others) - 1 > MOST:
        told.append(Told(None, f"… and {len(others) - 1 - MOST:,} more descriptors of the same open file"))
    return told


def _nonblocking(lives: DescriptorLives, code: int) -> list[Told]:
    return [
        Told(lives.places.at_ns(row), f"made {'non-blocking' if on else 'blocking'}", lives.places.line_of(row))
        for row, on in lives.lives.nonblocking_of(code)[:MOST]
    ]


def _watched(lives: DescriptorLives, code: int) -> list[Told]:
    found = watchings_of(lives.waiting.index, lives.places, lives.tally, code)
    at = lives.places.lines.gather(np.array([each.line for each in found], np.int64), ["at_ns"])["at_ns"].tolist()
    told = [Told(at_ns, each.text, each.line) for each, at_ns in zip(found, at, strict=True)]
    if len(told) > MOST:
        told = [*told[: MOST - 1], Told(told[MOST - 1].at_ns, f"… {len(told) - MOST:,} more changes"), told[-1]]
    return told


def _uses(lives: DescriptorLives, code: int) -> list[Told]:
    """How often which call used it, the commonest first; and when last."""
    counts: Counter[int] = Counter()
    last = None
    for chunk in lives.places.lines.chunks():
        here = np.flatnonzero((chunk.fd == code) & (chunk.kind == Kind.CALL))
        if len(here):
            counts.update(dict(enumerate(np.bincount(chunk.code[here]).tolist())))
            last = chunk.first + int(here[-1])
    if last is None:
        return [Told(None, "no call used it")]
    facts = lives.tally.codes.facts
    used = sorted((-count, facts[call].name) for call, count in counts.items() if count)
    names = [f"{-count:,} × {name}" for count, name in used]
    more = f", {len(names) - 6} more" if len(names) > 6 else ""
    at = int(next(lives.places.lines.chunks(last, last + 1)).at_ns[0])
    return [Told(at, f"last used; in all {', '.join(names[:6])}{more}", last)]
