"""One rule of a declaration applied to all rows of a call: how many copies, how many bytes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tracer.account.group import Group, Numbers, evaluate, ragged
from tracer.account.transfers import LARGEST, MOST_UNITS
from tracer.syscalls.layouts import Layout, layout
from tracer.syscalls.model import FLAT, PATH, SEGMENTS, STRING, Copy
from tracer.syscalls.structures import EMBEDDED_NAME_MAX, PATH_MAX, UIO_MAXIOV
from tracer.wire import When

Flags = NDArray[np.bool_]


class Ranges(NamedTuple):
    """What one rule gives for every row of a group."""

    transfers: Any
    bytes: Any
    unknown: Any
    nested: Any = False
    """Rows that must be worked out one by one."""


def ranges_of(copy: Copy, group: Group) -> Ranges:
    """Apply `copy` to all rows of `group`."""
    active, address, unknown = _conditions(copy, group)
    counter = _COUNTERS.get(copy.shape)
    if counter is None:
        return Ranges(0, 0, unknown, nested=active)
    if not active.any():
        return Ranges(0, 0, unknown)
    ranges = counter(copy, group, active, address)
    return ranges._replace(unknown=unknown | ranges.unknown)


def _conditions(copy: Copy, group: Group) -> tuple[Flags, Any, Flags]:
    """Where the rule applies, its address, and where memory that would tell is missing."""
    given, on, at = (evaluate(each, group) for each in (copy.given, copy.on, copy.at))
    holds = _column(given.values, group) & given.known
    unknown = ~_column(given.known, group) | (holds & ~_column(on.known, group))
    holds = holds & _column(on.values, group) & on.known
    unknown = unknown | (holds & ~_column(at.known, group))
    active = holds & at.known & _column(at.values, group)
    return active, at.values, unknown


def _column(values: Any, group: Group) -> Flags:
    column: Flags = np.broadcast_to(np.not_equal(values, 0), len(group))
    return column


def _sizes(copy: Copy, group: Group, active: Flags) -> tuple[Numbers, Flags]:
    """Bytes of each active row (0 elsewhere), and where they are not known."""
    size = evaluate(copy.size, group)
    unknown = active & ~_column(size.known, group)
    sizes = np.where(active & ~unknown, np.clip(size.values, 0, LARGEST), 0)
    return sizes, unknown


def _flat(copy: Copy, group: Group, active: Flags, _address: Any) -> Ranges:
    sizes, unknown = _sizes(copy, group, active)
    transfers = np.minimum(-(-sizes // copy.unit), MOST_UNITS) if copy.unit else (sizes > 0).astype(np.int64)
    return Ranges(transfers, sizes, unknown)


def _string(copy: Copy, group: Group, active: Flags, address: Any) -> Ranges:
    pieces = group.find(copy.arg, When.ENTRY, address)
    found = active & (pieces >= 0)
    lengths = np.where(found, group.lengths(pieces), 0)
    ended = np.zeros(len(group), np.bool_)
    some = lengths > 0
    ended[some] = group.integers(group.starts(pieces[some]) + lengths[some] - 1, 1) == 0
    limit: Any = PATH_MAX if copy.shape == PATH else evaluate(copy.size, group).values
    known = found & (ended | ((limit > 0) & (lengths >= limit)))
    bytes_ = np.where(known, np.where(limit > 0, np.minimum(lengths, limit), lengths), 0)
    transfers = known.astype(np.int64)
    if copy.shape == PATH:
        twice = bytes_ > EMBEDDED_NAME_MAX
        transfers += twice
        bytes_ = bytes_ + twice * EMBEDDED_NAME_MAX
    return Ranges(transfers, bytes_, active & ~known)


def _segments(copy: Copy, group: Group, active: Flags, address: Any) -> Ranges:
    totals, unknown = _sizes(copy, group, active)
    moving = totals > 0
    if not moving.any():
        return Ranges(0, 0, unknown)
    entries = evaluate(copy.entries, group)
    count = np.where(moving, np.clip(entries.values, 0, UIO_MAXIOV), 0)
    pieces = group.find(copy.arg, When.ENTRY, address)
    readable = moving & _column(entries.known, group) & (pieces >= 0)
    vector = layout("iovec", copy.model)
    readable &= group.lengths(pieces) >= count * vector.size
    transfers, bytes_ = _spread(group, pieces, np.where(readable, count, 0), totals, vector)
    lost = moving & ~readable
    # How much moved is known, into how many pieces is not.
    return Ranges(np.where(lost, 1, transfers), np.where(lost, totals, bytes_), unknown | lost)


def _spread(
    group: Group, pieces: Numbers, count: Numbers, totals: Numbers, vector: Layout
) -> tuple[Numbers, Numbers]:
    """How each row's total falls on the segments of its iovec array: segments that got any, and bytes."""
    starts = np.zeros(len(group), np.int64)
    some = count > 0
    starts[some] = group.starts(pieces[some]) + vector.size // 2
    lengths = np.clip(group.integers(ragged(starts, count, vector.size), vector.size // 2), 0, LARGEST)
    ends = np.cumsum(lengths)
    total_before = np.concatenate(([0], ends))
    row_ends = np.cumsum(count)
    row_starts = row_ends - count
    before = ends - lengths - np.repeat(total_before[row_starts], count)
    part = np.clip(np.repeat(totals, count) - before, 0, lengths)
    return _sums(part > 0, row_starts, row_ends), _sums(part, row_starts, row_ends)


def _sums(values: NDArray[Any], starts: Numbers, ends: Numbers) -> Numbers:
    running = np.concatenate(([0], np.cumsum(values, dtype=np.int64)))
    sums: Numbers = running[ends] - running[starts]
    return sums


_COUNTERS: Final[dict[str, Callable[[Copy, Group, Flags, Any], Ranges]]] = {
    FLAT: _flat,
    STRING: _string,
    PATH: _string,
    SEGMENTS: _segments,
}
"""Shapes that are counted over whole columns; the others are nested."""
