"""What every call of a batch copied across the boundary, as columns.

Rows are grouped by call, and each rule of a call's declaration is applied to all of its rows at once. Rules
that lead through memory that capture kept (message arrays, argv, iocbs) are worked out row by row, by the same
code that lists one row's transfers; the two agree by construction there and by test everywhere else.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from dataclasses import dataclass, fields

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tracer.account.distinct import distinct
from tracer.account.group import Column, Group, Numbers, evaluate
from tracer.account.ranges import Ranges, ranges_of
from tracer.account.rings import add_rings
from tracer.account.transfers import moved
from tracer.recording.captured import Captured, captured
from tracer.syscalls.model import CONTROL, IN, Copy, Syscall
from tracer.syscalls.objects import Object
from tracer.syscalls.table import declaration_of
from tracer.wire import Kind

Count = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Copies:
    """Copies of every row of a batch; int64 counts and bytes. Rows that are not calls have zeros."""

    copies_in: Count
    copies_out: Count
    payload_in: Count
    payload_out: Count
    control_in: Count
    control_out: Count
    unknown: NDArray[np.bool_]
    """True where the call may have copied more than is counted (undeclared, memory unread): a lower bound."""


def account_copies(batch: pa.RecordBatch, objects: NDArray[np.uint8] | None = None) -> Copies:
    """Count the copies of every row of `batch`.

    `objects` says what the descriptor in each row's first argument is (`tracer.syscalls.objects.Object`, one a
    row), for whoever follows descriptors. Without it every descriptor is an ordinary one: a write to /dev/null
    then counts as a copy, and O_DIRECT and TCP with MSG_TRUNC like any file and socket."""
    flat = captured(batch)
    counts = no_copies(flat.rows)
    calls = np.flatnonzero(flat.kind == Kind.CALL)
    for rows in _by_call(flat, calls):
        _account(counts, flat, rows, objects)
    for row in add_rings(counts, flat, calls, objects).tolist():
        _count_one(counts, flat, row, Object.UNKNOWN if objects is None else Object(int(objects[row])))
    return counts


def no_copies(rows: int) -> Copies:
    """Zeros for so many rows."""

    def zeros() -> Count:
        return np.zeros(rows, np.int64)

    return Copies(zeros(), zeros(), zeros(), zeros(), zeros(), zeros(), np.zeros(rows, np.bool_))


def _by_call(flat: Captured, calls: Numbers) -> Iterator[Numbers]:
    """The rows of each system call, in order."""
    if not len(calls):
        return
    found, number = distinct(
        flat.abi[calls].astype(np.int64) << 32 | (flat.nr[calls].astype(np.int64) & 0xFFFFFFFF)
    )
    # Of short integers a stable sort is a radix sort.
    order = np.argsort(number.astype(np.min_scalar_type(len(found))), kind="stable")
    borders = np.cumsum(np.bincount(number))[:-1]
    yield from np.split(calls[order], borders)


def _account(counts: Copies, flat: Captured, rows: Numbers, objects: NDArray[np.uint8] | None) -> None:
    declared = declaration_of(int(flat.abi[rows[0]]), int(flat.nr[rows[0]]))
    results = flat.result[rows]
    if declared is None:
        counts.unknown[rows] = results != -errno.ENOSYS
        return
    if declared.returns == "restored":  # no result, but what a register held before
        results = np.zeros_like(results)
    faults = results == -errno.EFAULT
    if declared.copies:
        counts.unknown[rows[faults]] = True
    rows = rows[~faults & (results != -errno.ENOSYS)]
    if len(rows):
        _apply(counts, flat, Group(flat, rows, objects), declared)


def _apply(counts: Copies, flat: Captured, group: Group, declared: Syscall) -> None:
    one_by_one = np.zeros(len(group), np.bool_)
    _mark_unknown(counts, group, evaluate(declared.unknown, group))
    for copy in declared.copies:
        if copy.counted:
            ranges = ranges_of(copy, group)
            _add(counts, group, copy, ranges)
            one_by_one |= ranges.nested
    for place in np.flatnonzero(one_by_one).tolist():
        thing = Object.UNKNOWN if group.objects is None else Object(int(group.objects[place]))
        _count_one(counts, flat, int(group.rows[place]), thing, rings=False)


def _mark_unknown(counts: Copies, group: Group, condition: Column) -> None:
    counts.unknown[group.rows] |= np.not_equal(condition.values, 0) | ~np.asarray(condition.known, np.bool_)


def _add(counts: Copies, group: Group, copy: Copy, ranges: Ranges) -> None:
    way = "in" if copy.way == IN else "out"
    kind = "control" if copy.kind == CONTROL else "payload"
    getattr(counts, f"copies_{way}")[group.rows] += ranges.transfers
    getattr(counts, f"{kind}_{way}")[group.rows] += ranges.bytes
    counts.unknown[group.rows] |= ranges.unknown


def _count_one(counts: Copies, flat: Captured, row: int, thing: Object, rings: bool = True) -> None:
    """Replace a row's counts by those of its listed transfers."""
    found = moved(flat.row(row), thing, rings=rings)
    for field in fields(Copies)[:-1]:
        getattr(counts, field.name)[row] = 0
    for transfer in found.transfers:
        getattr(counts, f"copies_{transfer.direction}")[row] += 1
        getattr(counts, f"{transfer.kind}_{transfer.direction}")[row] += transfer.bytes
    counts.unknown[row] = found.unknown
