"""A batch's calls as slices of the Trace Event format, with what happened inside them, and wake-ups as instants.

read                           one complete slice (ph X, cat call) for every call that returned
kernel, blocked, runnable      inside it (cat inside); the kernel time of a call that slept in two halves
user, blocked, runnable        between the calls (cat between)
wake-up                        an instant at the return of a waiting call that found something ready
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tracer.analyze.calls import CallCodes
from tracer.analyze.columns import FIRST_RESTART, LAST_RESTART
from tracer.analyze.descriptions import Seen
from tracer.decode.results import errno_name
from tracer.export.accounted import Accounted
from tracer.export.path_arguments import paths_of
from tracer.export.placing import Part, Placed
from tracer.export.text_columns import Texts, glued, looked_up, microseconds, numbers, only_where, quoted
from tracer.wire import Flag, Kind

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]

SLOTS: Final = 16
"""Events of one row, at most; `Events.order` is the row times this plus the place within the row."""
_COPIES: Final = ("payload_in", "payload_out", "control_in", "control_out")
_PARTS: Final = (
    ("user", "user", "between"), ("before_blocked", "blocked", "between"),
    ("before_runnable", "runnable", "between"), ("call", "", ""), ("kernel", "kernel", "inside"),
    ("blocked", "blocked", "inside"), ("runnable", "runnable", "inside"), ("kernel_after", "kernel", "inside"),
)  # fmt: skip
"""The parts of `Placed` in the order of time, their name, and their category."""
AFTER: Final = len(_PARTS)
"""The place of what happens at the end of a row."""


class Events(NamedTuple):
    """Events as text, each followed by a comma and a newline."""

    order: Ints
    """Where they belong in the file."""
    texts: Texts


class Known(NamedTuple):
    """What stays the same from batch to batch."""

    codes: CallCodes
    seen: Seen
    origin_ns: int
    """When the file begins (CLOCK_MONOTONIC)."""
    last_ns: int
    """When the recording stops: calls that had not returned go on until then."""


def slices(accounted: Accounted, known: Known, placed: Placed) -> Iterator[Events]:
    """The slices of the rows in `placed`, and their wake-ups."""
    columns, rows, origin_ns = accounted.columns, placed.row, known.origin_ns
    whose = _whose(columns.pid[rows], columns.tid[rows])
    calls = columns.code[rows] > 0
    for slot, (part, name, category) in enumerate(_PARTS):
        begin, end = getattr(placed, part)
        if part == "call":
            end = np.where(accounted.lasting[rows], np.maximum(end, known.last_ns), end)
        chosen = calls if part == "call" else end > begin
        if not chosen.any():
            continue
        span = _span(whose, Part(begin, end), chosen, origin_ns)
        order = rows[chosen] * SLOTS + slot
        if part == "call":
            yield Events(order, _calls(accounted, known, rows[chosen], span))
        else:
            # The end of a thread is no call that something could lie in.
            where = (
                "between" if category == "between" else looked_up(["between", "inside"], calls[chosen].astype(int))
            )
            yield Events(order, glued('{"ph":"X","cat":"', where, f'","name":"{name}",', span, "},\n"))
    woken = columns.wakeup[rows]
    if woken.any():
        ready = numbers(columns.result[rows[woken]])
        where = looked_up(*_place(whose, woken))
        at = microseconds(np.maximum(placed.call.end[woken] - origin_ns, 0))
        head = '{"ph":"i","s":"t","cat":"wake-up","name":"wake-up",'
        yield Events(rows[woken] * SLOTS + AFTER, glued(head, where, at, ',"args":{"result":', ready, "}},\n"))


class _Whose(NamedTuple):
    """The threads of rows as text: a table, and places in it."""

    table: list[str]
    place: Ints


def _whose(pid: Ints, tid: Ints) -> _Whose:
    unique, place = np.unique(pid << 32 | (tid & 0xFFFFFFFF), return_inverse=True)
    pairs = zip((unique >> 32).tolist(), (unique & 0xFFFFFFFF).tolist(), strict=True)
    return _Whose([f'"pid":{pid},"tid":{tid},"ts":' for pid, tid in pairs], place)


def _place(whose: _Whose, chosen: Mask) -> _Whose:
    return _Whose(whose.table, whose.place[chosen])


def _span(whose: _Whose, part: Part, chosen: Mask, origin_ns: int) -> Texts:
    begin, end = (np.maximum(each[chosen] - origin_ns, 0) for each in part)
    where = looked_up(*_place(whose, chosen))
    return glued(where, microseconds(begin), ',"dur":', microseconds(np.maximum(end - begin, 0)))


def _calls(accounted: Accounted, known: Known, rows: Ints, span: Texts) -> Texts:
    columns = accounted.columns
    returned = columns.returned[rows]
    category = looked_up(["unreturned", "call"], returned.astype(np.int64))
    names = looked_up([quoted(fact.name) for fact in known.codes.facts], columns.code[rows])
    result = glued('"result":', numbers(columns.result[rows]))
    if not returned.all():
        result = pc.if_else(pa.array(returned), result, '"returned":false')
    return glued(
        '{"ph":"X","cat":"', category, '","name":', names, ",", span, ',"args":{', result,
        _outcome(accounted, rows), _descriptor(accounted, known.seen, rows), *_paths(accounted, rows),
        *_copies(accounted, rows), "}},\n",
    )  # fmt: skip


def _outcome(accounted: Accounted, rows: Ints) -> Texts:
    """What the result means, where it is no ordinary one."""
    columns = accounted.columns
    result, failed, wasted = columns.result[rows], columns.failed[rows], columns.wasted[rows]
    restart = columns.returned[rows] & (result <= -FIRST_RESTART) & (result >= -LAST_RESTART)
    unseen = columns.flags[rows] & Flag.NO_ENTRY != 0
    bits = wasted + 2 * restart + 4 * unseen + 8 * np.where(failed, -result, 0)
    kinds, place = np.unique(bits, return_inverse=True)
    table = []
    for kind in kinds.tolist():
        error = f',"errno":{quoted(errno_name(kind >> 3))}' if kind >> 3 else ""
        table.append(error + "".join([text for bit, text in _BITS.items() if kind & bit]))
    return looked_up(table, place)


_BITS: Final = {1: ',"wasted":true', 2: ',"interrupted":true', 4: ',"start":"not seen"'}


def _descriptor(accounted: Accounted, seen: Seen, rows: Ints) -> Texts:
    codes, place = np.unique(accounted.used.code[rows], return_inverse=True)
    table = []
    for code in codes.tolist():
        known = seen[code] if code >= 0 else None
        table.append(f',"fd":{known.fd},"on":{quoted(known.description.what)}' if known is not None else "")
    return looked_up(table, place)


def _paths(accounted: Accounted, rows: Ints) -> Iterator[Texts]:
    paths = paths_of(accounted.batch, accounted.columns, rows)
    if paths:
        texts = [f',"path":{quoted(each)}' if (each := paths.get(row)) is not None else "" for row in rows.tolist()]
        yield pa.array(texts, pa.string())


def _copies(accounted: Accounted, rows: Ints) -> Iterator[Texts]:
    for name in _COPIES:
        values = getattr(accounted.columns.copies, name)[rows]
        moved = values > 0
        if moved.any():
            yield only_where(moved, glued(f',"{name}":', numbers(values[moved])))


def is_placed(accounted: Accounted) -> Ints:
    """The rows that have a place on the time line: calls, told once, and the ends of threads, or ours."""
    kind = accounted.columns.kind
    timed = (kind == Kind.CALL) | (kind == Kind.ENTERED) | (kind == Kind.EXIT) | (kind == Kind.LEFT)
    return np.flatnonzero(timed & ~accounted.superseded)
