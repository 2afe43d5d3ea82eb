"""What one call copied, transfer by transfer: the rules of its declaration applied to one row.

This is the reference that the columns of `tracer.account.copies` agree with, and what a details pane shows. A
transfer is one contiguous range of user memory, one direction, one purpose; how many physical moves the kernel
made for it is not claimed.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import pyarrow as pa

from tracer.account.nested import NESTED
from tracer.account.nested_messages import Found, spread
from tracer.account.rings import ring_transfers
from tracer.account.row_expression import Missing, Scope, evaluate, find
from tracer.recording.captured import Row, captured
from tracer.syscalls.layouts import layout
from tracer.syscalls.model import CONTROL, FLAT, IN, PATH, PAYLOAD, SEGMENTS, STRING, Copy, Syscall
from tracer.syscalls.objects import Object
from tracer.syscalls.structures import EMBEDDED_NAME_MAX, PATH_MAX, UIO_MAXIOV
from tracer.syscalls.table import declaration_of
from tracer.wire import Kind, When

LARGEST: Final = 1 << 40
"""No size is believed beyond this (the kernel moves at most 2 GiB in a call)."""
MOST_UNITS: Final = 1 << 16
"""No call copies more structures of the same kind; only a corrupted recording says so."""
ADDRESSES: Final = 0xFFFFFFFFFFFFFFFF


@dataclass(frozen=True, slots=True)
class Transfer:
    """One copy across the boundary."""

    direction: str
    """in: the kernel read the program's memory; out: it wrote it."""
    kind: str
    """payload or control."""
    bytes: int
    what: str
    address: int
    zero_fill: bool = False
    """Written with zeros that were copied from nowhere."""


@dataclass(frozen=True, slots=True)
class Moved:
    """All that a call copied."""

    transfers: tuple[Transfer, ...] = ()
    unknown: bool = False
    """The call may have copied more than is listed."""


def transfers(batch: pa.RecordBatch, index: int, thing: Object = Object.UNKNOWN) -> tuple[Transfer, ...]:
    """The known transfers of row `index` of `batch`; `thing` = what its descriptor is, when that is known."""
    return moved(captured(batch).row(index), thing).transfers


def moved(row: Row, thing: Object = Object.UNKNOWN, *, rings: bool = True) -> Moved:
    """What the call of `row` copied, `rings`: with the io_uring operations that were seen at it.

    Rows that are not calls, or have not returned, copied nothing yet."""
    if row.kind != Kind.CALL:
        return Moved()
    found = _by_call(row, thing)
    operations, unknown = ring_transfers(row) if rings else ([], False)
    if not operations and not unknown:
        return found
    return Moved((*found.transfers, *_of_rings(operations, thing)), found.unknown or unknown)


def _of_rings(operations: list[Found], thing: Object) -> Iterator[Transfer]:
    """The transfers of ring operations that are all about one `thing`, which may take or give data uncopied."""
    for way, kind, size, what, address in operations:
        if kind == PAYLOAD and (thing is Object.DIRECT or (way == IN and thing in (Object.NULL, Object.ZERO))):
            continue
        zero_fill = kind == PAYLOAD and thing is Object.ZERO
        yield _transfer(way, kind, min(size, LARGEST), what, address, zero_fill)


def _by_call(row: Row, thing: Object) -> Moved:
    """What the call itself copied, by its declaration."""
    declared = declaration_of(row.abi, row.nr)
    restored = declared is not None and declared.returns == "restored"
    if row.result == -errno.ENOSYS and not restored:
        return Moved()
    if declared is None:
        return Moved(unknown=True)
    if row.result == -errno.EFAULT and not restored:
        # Bytes may have moved before the bad page was reached; the result does not tell.
        return Moved(unknown=bool(declared.copies))
    scope = Scope(row, thing)
    found: list[Transfer] = []
    unknown = _holds_or_missing(scope, declared)
    for copy in declared.copies:
        if not copy.counted:
            continue
        try:
            found.extend(_apply(copy, scope))
        except Missing:
            unknown = True
    return Moved(tuple(found), unknown)


def _holds_or_missing(scope: Scope, declared: Syscall) -> bool:
    try:
        return bool(evaluate(declared.unknown, scope))
    except Missing:
        return True


def _apply(copy: Copy, scope: Scope) -> Iterator[Transfer]:
    """The transfers of one rule; raises `Missing` after the ones that are known."""
    if not evaluate(copy.given, scope) or not evaluate(copy.on, scope):
        return
    address = evaluate(copy.at, scope)
    if not address:
        return
    if copy.shape in NESTED:
        for way, kind, size, what, where in NESTED[copy.shape](copy, scope):
            yield _transfer(way, kind, min(size, LARGEST), what, where)
    elif copy.shape == SEGMENTS:
        yield from _segments(copy, scope, address)
    elif copy.shape in (STRING, PATH):
        yield from _string(copy, scope, address)
    elif copy.shape == FLAT:
        yield from _flat(copy, evaluate(copy.size, scope), address)


def units(size: int, unit: int) -> int:
    """Into how many copies `size` bytes fall when each has `unit` bytes (0: all in one)."""
    return min(-(-size // unit), MOST_UNITS) if unit and size > 0 else int(size > 0)


def _flat(copy: Copy, size: int, address: int) -> Iterator[Transfer]:
    left = min(size, LARGEST)
    for _ in range(units(left, copy.unit) - 1):
        yield _transfer(copy.way, copy.kind, copy.unit, copy.what, address, copy.zero_fill)
        left -= copy.unit
        address += copy.unit
    if left > 0:
        yield _transfer(copy.way, copy.kind, left, copy.what, address, copy.zero_fill)


def _string(copy: Copy, scope: Scope, address: int) -> Iterator[Transfer]:
    text = find(scope.row, copy.arg, When.ENTRY, address)
    limit = PATH_MAX if copy.shape == PATH else evaluate(copy.size, scope)
    length = min(len(text), limit) if limit else len(text)
    if not text.endswith(b"\0") and (not limit or len(text) < limit):
        raise Missing
    if copy.shape == PATH and length > EMBEDDED_NAME_MAX:
        yield _transfer(IN, CONTROL, EMBEDDED_NAME_MAX, f"{copy.what}, first part", address)
    yield _transfer(IN, CONTROL, length, copy.what, address)


def _segments(copy: Copy, scope: Scope, address: int) -> Iterator[Transfer]:
    total = min(evaluate(copy.size, scope), LARGEST)
    if total <= 0:
        return
    try:
        entries = min(max(evaluate(copy.entries, scope), 0), UIO_MAXIOV)
        array = find(scope.row, copy.arg, When.ENTRY, address)
        vector = layout("iovec", copy.model)
        if len(array) < entries * vector.size:
            raise Missing
    except Missing:
        # How much moved is known, into how many pieces is not.
        yield _transfer(copy.way, copy.kind, total, copy.what, address)
        raise
    for index, base, length in spread(array, entries, total, vector):
        yield _transfer(copy.way, copy.kind, length, f"{copy.what}[{index}]", base, copy.zero_fill)


def _transfer(way: int, kind: int, size: int, what: str, address: int, zero_fill: bool = False) -> Transfer:
    direction = "in" if way == IN else "out"
    return Transfer(
        direction, "control" if kind == CONTROL else "payload", size, what, address & ADDRESSES, zero_fill
    )
