"""A batch's rows without Arrow's per-value cost: flat arrays over the same memory, and one row as plain values.

Accounting reads the flat arrays, decoding reads single rows; both see the same pieces of captured memory.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from itertools import pairwise
from struct import Struct
from typing import Any, Final, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

_REMEMBERED: Final = 8
"""Batches whose flat arrays are kept: enough for a screen that straddles a few."""

_REGISTERS: Final = Struct("<6Q")
_FEW: Final = 4
_UNSIGNED: Final = 0xFFFFFFFFFFFFFFFF

Array = NDArray[Any]


class Piece(NamedTuple):
    """A piece of user memory captured for one row (`tracer.wire.ITEM`)."""

    arg: int
    when: int
    reason: int
    """0, an errno, or a `tracer.wire.Reason`: why there are no bytes."""
    address: int
    data: bytes


class Row(NamedTuple):
    """One row as plain Python values; times are left out."""

    kind: int
    abi: int
    flags: int
    nr: int
    pid: int
    tid: int
    args: tuple[int, ...]
    """Six unsigned 64-bit registers."""
    result: int
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Captured:
    """The columns of a batch as numpy arrays; pieces are numbered through the whole batch."""

    kind: Array
    abi: Array
    flags: Array
    nr: Array
    pid: Array
    tid: Array
    args: Array
    """(rows, 6), int64: registers as signed numbers."""
    result: Array
    first: Array
    """Row i has the pieces first[i] .. first[i + 1] - 1."""
    arg: Array
    when: Array
    reason: Array
    address: Array
    """int64: the register's bits."""
    start: Array
    """Piece j is data[start[j] : start[j + 1]]."""
    data: Array

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(self.kind)

    def row(self, index: int) -> Row:
        """Row `index` as plain values. Raises IndexError when there is no such row."""
        return Row(  # `item` and `unpack_from` take half the time of an index
            self.kind.item(index),
            self.abi.item(index),
            self.flags.item(index),
            self.nr.item(index),
            self.pid.item(index),
            self.tid.item(index),
            _REGISTERS.unpack_from(self.args.data, index * _REGISTERS.size),
            self.result.item(index),
            self.pieces(index),
        )

    def pieces(self, index: int) -> tuple[Piece, ...]:
        """The pieces of row `index`, in the order they were read."""
        first, last = self.first.item(index), self.first.item(index + 1)
        if first == last:
            return ()
        data, start = self.data.data, self.start
        if last - first > _FEW:
            return self._many(first, last)
        return tuple(
            [
                Piece(
                    self.arg.item(place),
                    self.when.item(place),
                    self.reason.item(place),
                    self.address.item(place) & _UNSIGNED,
                    bytes(data[start.item(place) : start.item(place + 1)]),
                )
                for place in range(first, last)
            ]
        )

    def _many(self, first: int, last: int) -> tuple[Piece, ...]:
        """So many that columns at a time are quicker than value by value."""
        data, starts = self.data.data, self.start[first : last + 1].tolist()
        fields = zip(
            self.arg[first:last].tolist(),
            self.when[first:last].tolist(),
            self.reason[first:last].tolist(),
            self.address[first:last].view(np.uint64).tolist(),
            map(bytes, [data[begin:end] for begin, end in pairwise(starts)]),
            strict=True,
        )
        return tuple([Piece(*each) for each in fields])


def captured(batch: pa.RecordBatch) -> Captured:
    """The flat arrays of `batch`, remembered for the batches used last."""
    key = id(batch)
    known = _recent.get(key)
    if known is None or known[0] is not batch:
        # The batch is kept with its arrays, so its id cannot be given to another meanwhile.
        known = _recent[key] = (batch, flatten(batch))
        if len(_recent) > _REMEMBERED:
            _recent.popitem(last=False)
    return known[1]


_recent: OrderedDict[int, tuple[pa.RecordBatch, Captured]] = OrderedDict()


def flatten(batch: pa.RecordBatch) -> Captured:
    """The flat arrays of `batch`; they share its buffers where Arrow allows."""
    memory = batch.column("memory")
    first = memory.offsets.to_numpy()
    items = memory.values
    binary = items.field("bytes")
    start = _offsets(binary)
    buffer = binary.buffers()[2]
    data = np.frombuffer(buffer, np.uint8) if buffer is not None else np.zeros(0, np.uint8)
    return Captured(
        kind=_column(batch.column("kind")),
        abi=_column(batch.column("abi")),
        flags=_column(batch.column("flags")),
        nr=_column(batch.column("nr")),
        pid=_column(batch.column("pid")),
        tid=_column(batch.column("tid")),
        args=_registers(batch.column("args")),
        result=_column(batch.column("result")),
        first=first,
        arg=_column(items.field("arg")),
        when=_column(items.field("when")),
        reason=_column(items.field("reason")),
        address=_column(items.field("address")).view(np.int64),
        start=start,
        data=data,
    )


def _column(array: pa.Array) -> Array:
    values: Array = array.to_numpy(zero_copy_only=False)
    return values


def _registers(array: pa.Array) -> Array:
    flat: Array = array.flatten().to_numpy(zero_copy_only=False)
    return flat.view(np.int64).reshape(len(array), 6)


def _offsets(binary: pa.Array) -> Array:
    """The offsets of a binary array, honouring its own offset; [0] when it is empty."""
    buffer = binary.buffers()[1]
    if buffer is None or len(binary) == 0:
        return np.zeros(1, np.int32)
    offsets: Array = np.frombuffer(buffer, np.int32)[binary.offset : binary.offset + len(binary) + 1]
    return offsets
