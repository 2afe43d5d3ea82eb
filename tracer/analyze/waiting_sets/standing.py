"""How the requests to an io_uring or a native AIO context stood when a waiting call returned."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tracer.analyze.operations.blocks import COMMANDS
from tracer.analyze.row_places import RowPlaces
from tracer.analyze.waiting_sets.asked import Request, Requests
from tracer.analyze.waiting_sets.index import WaitIndex
from tracer.analyze.waiting_sets.requests import UNSEEN
from tracer.analyze.waiting_sets.waiting_sets import Family
from tracer.recording.captured import Row
from tracer.syscalls.ring_entries import name_of
from tracer.wire import RING_COMPLETION, RING_SUBMISSION

Ints = NDArray[np.int64]

_GETEVENTS: Final = 1 << 0
"""IORING_ENTER_GETEVENTS: wait for min_complete answers (io_uring_enter(2))."""


def requests_at(
    index: WaitIndex, places: RowPlaces, waiter: int, since: int, line: int, row: Row, *, inherited: bool
) -> Requests:
    """The requests of `waiter` when the call of `line` (its row is `row`) returned; its return before was `since`,
    -1 = there was none."""
    family, _ = index.keys[waiter]
    asked, answers = index.asked.requests, index.asked.answers
    own = index.of(asked, waiter)
    submitted, completed = asked["submitted"][own], asked["completed"][own]
    there = (submitted != UNSEEN) & (submitted <= line)
    flying = own[there & (completed > line)]
    between = slice(*np.searchsorted(answers["line"], (since + 1, line + 1)).tolist())
    mine = np.flatnonzero(answers["waiter"][between] == waiter) + between.start
    answered = answers["request"][mine]
    which = np.concatenate((answered, flying))
    fields = {name: asked[name][which] for name in asked.names}
    ends = np.concatenate((answers["line"][mine], np.full(len(flying), line)))
    results = [*answers["result"][mine].tolist(), *[None] * len(flying)]
    made = _made(places, family, fields, ends, results, since, line)
    return Requests(
        answered=tuple(made[: len(mine)]),
        flying=tuple(made[len(mine) :]),
        handed=int(np.count_nonzero(there & (submitted > since))),
        wanted=_wanted(family, row),
        inherited=inherited,
        unread=_unread(row),
    )


def _made(
    places: RowPlaces, family: Family, fields: dict[str, NDArray[Any]], ends: Ints, results: list[int | None],
    since: int, line: int,
) -> list[Request]:  # fmt: skip
    submitted = fields["submitted"]
    seen = (submitted != UNSEEN) & (submitted <= line)
    began = places.lines.gather(np.where(seen, submitted, 0), ["at_ns"])["at_ns"]
    end = places.lines.gather(ends, ["at_ns", "wall_ns"])
    waited = end["at_ns"] + end["wall_ns"].astype(np.int64) - began
    columns = [fields[name].tolist() for name in ("operation", "fd", "fixed", "length", "data")]
    return [
        Request(
            _name(family, operation), fd if operation != UNSEEN else None, fixed, length, data,
            at if known else None, max(0, took) if known else None, known and number > since, result,
        )
        for operation, fd, fixed, length, data, at, took, known, number, result in zip(
            *columns, began.tolist(), waited.tolist(), seen.tolist(), submitted.tolist(), results, strict=True
        )
    ]  # fmt: skip


def _name(family: Family, operation: int) -> str:
    if operation == UNSEEN:
        return ""
    return name_of(operation) if family is Family.URING else COMMANDS.get(operation, f"command {operation}")


def _wanted(family: Family, row: Row) -> int:
    """How many answers the call waits for. io_getevents has it in its second argument."""
    if family is Family.AIO:
        return row.args[1]
    return row.args[2] & 0xFFFFFFFF if row.args[3] & _GETEVENTS else 0


def _unread(row: Row) -> str:
    missing = any(piece.reason and piece.arg in (RING_COMPLETION, RING_SUBMISSION) for piece in row.pieces)
    return (
        "more entries came than the ring holds, and some were overwritten before they were seen" if missing else ""
    )
