"""Copies of io_uring operations, from the ring entries that capture kept with the calls it saw them at.

A call that submits entries copies the structures they lead to; payload belongs to the row whose stop first showed
the completion. That is the call which carried the operation out or, when the kernel did it in between (task work
on the way back from another call, an `iou-wrk` thread), the first one after: when exactly is not observable.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from tracer.account.group import Numbers, ragged
from tracer.account.nested_messages import Found
from tracer.account.ring_completions import completed
from tracer.account.ring_submissions import submitted
from tracer.account.row_expression import Missing
from tracer.recording.captured import Captured, Row
from tracer.syscalls import ring_entries as ring
from tracer.syscalls.objects import Object
from tracer.syscalls.ring_entries import CQE, NAMES, SQE, entry_of
from tracer.wire import RING_COMPLETION, RING_SUBMISSION, When

if TYPE_CHECKING:
    from tracer.account.copies import Copies

_UNCOPIED: Final = (Object.NULL, Object.ZERO, Object.DIRECT)
_NOTHING, _IN, _OUT, _ONE_BY_ONE = range(4)


def _table(nothing: frozenset[int], *, counted: bool) -> NDArray[np.uint8]:
    table = np.full(256, _ONE_BY_ONE, np.uint8)
    table[sorted(nothing)] = _NOTHING
    if counted:
        table[sorted(ring.SENT)] = _IN
        table[sorted(ring.FILLED)] = _OUT
    return table


_COMPLETED: Final = _table(
    ring.FREE | ring.TIMES | ring.ADDRESSED | ring.TWO_PATHS | (ring.PATHS - {ring.STATX})
    | {ring.EPOLL_CTL, ring.TIMEOUT_REMOVE, ring.FUTEX_WAIT, ring.FUTEX_WAITV},
    counted=True,
)  # fmt: skip
"""What a completion stands for, by opcode."""
_SUBMITTED: Final = _table((ring.FREE - ring.TO) | ring.FILLED | (ring.SENT - ring.TO), counted=False)


def ring_transfers(row: Row) -> tuple[list[Found], bool]:
    """The transfers of the ring entries kept with `row`, and whether there may have been more."""
    found: list[Found] = []
    unknown = False
    taken = max(row.result, 0)
    for piece in row.pieces:
        if piece.arg == RING_SUBMISSION and (taken or piece.when == When.EXIT):
            # What is seen at the exit was taken by a kernel thread, whatever the call returned.
            taken -= piece.when == When.ENTRY
            unknown |= _collect(submitted, piece.data, found)
        elif piece.arg == RING_COMPLETION:
            unknown |= _collect(completed, piece.data, found)
    return found, unknown


def _collect(rule: Callable[[bytes], Iterator[Found]], data: bytes, found: list[Found]) -> bool:
    """Add what one entry copied, named after its operation; whether some of it is unknown."""
    start = CQE if rule is completed else 0
    try:
        name = f"{entry_of(data[start:]).name}: " if len(data) >= start + SQE else ""
        for way, kind, size, what, address in rule(data):
            found.append((way, kind, size, name + what, address))
    except Missing:
        return True
    return False


def add_rings(counts: Copies, flat: Captured, calls: Numbers, objects: NDArray[np.uint8] | None) -> Numbers:
    """Add the ring entries' copies to the rows `calls`; returns the rows that must be worked out one by one."""
    if not ((flat.arg == RING_COMPLETION) | (flat.arg == RING_SUBMISSION)).any():
        return np.zeros(0, np.int64)
    first = flat.first[calls].astype(np.int64)
    number = flat.first[calls + 1].astype(np.int64) - first
    pieces, owner = ragged(first, number), np.repeat(calls, number)
    done = flat.arg[pieces] == RING_COMPLETION
    hard = _add_completions(counts, flat, pieces[done], owner[done])
    if objects is not None:
        hard = np.union1d(hard, np.unique(owner[done & np.isin(objects[owner], _UNCOPIED)]))
    asked = flat.arg[pieces] == RING_SUBMISSION
    return np.union1d(hard, _submissions(flat, pieces[asked], owner[asked]))


def _add_completions(counts: Copies, flat: Captured, pieces: Numbers, owner: Numbers) -> Numbers:
    start = flat.start[pieces].astype(np.int64)
    seen = flat.start[pieces + 1] - start >= CQE + SQE
    # A damaged piece is left to the code that looks twice.
    whole = flat.start[pieces + 1] - start >= CQE
    way = np.where(seen, _COMPLETED[_byte(flat, start + CQE, seen)], np.where(whole, _NOTHING, _ONE_BY_ONE))
    result = _int32(flat, start + 8, whole)
    notice = (_int32(flat, start + 12, whole) & ring.NOTICE) != 0
    lost = ~notice & ((~seen & (result > 0)) | (seen & (result == -errno.EFAULT) & (way != _NOTHING)))
    counts.unknown[owner[lost]] = True
    for direction, column in ((_IN, "in"), (_OUT, "out")):
        moved = (way == direction) & (result > 0) & ~notice
        rows = len(counts.unknown)
        getattr(counts, f"copies_{column}")[:] += np.bincount(owner[moved], minlength=rows)
        sizes = np.bincount(owner[moved], result[moved], minlength=rows)
        getattr(counts, f"payload_{column}")[:] += sizes.astype(np.int64)
    return np.unique(owner[way == _ONE_BY_ONE])


def _submissions(flat: Captured, pieces: Numbers, owner: Numbers) -> Numbers:
    """The rows with submissions that are more than a buffer's address."""
    start = flat.start[pieces].astype(np.int64)
    whole = flat.start[pieces + 1] - start >= SQE
    opcode = _byte(flat, start, whole)
    plain_send = (opcode == NAMES.index("SEND")) & (_int32(flat, start + 44, whole) == 0)
    easy = whole & ((_SUBMITTED[opcode] == _NOTHING) | plain_send)
    easy &= (_byte(flat, start + 1, whole) & ring.SKIP_SUCCESS) == 0
    return np.unique(owner[~easy])


def _byte(flat: Captured, at: Numbers, known: Any) -> NDArray[np.uint8]:
    values = np.zeros(len(at), np.uint8)
    values[known] = flat.data[at[known]]
    return values


def _int32(flat: Captured, at: Numbers, known: Any) -> Numbers:
    values = np.zeros(len(at), np.int64)
    if known.any():
        words = np.ascontiguousarray(flat.data[at[known][:, None] + np.arange(4)])
        values[known] = words.view("<i4").reshape(-1)
    return values
