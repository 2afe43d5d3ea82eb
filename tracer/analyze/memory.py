"""Reading the captured pieces of user memory of single rows, and of many rows at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tracer.wire import When

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece of memory: its argument, `When`, why it is missing (0 = it is not), address, and its bytes."""

    arg: int
    when: int
    reason: int
    address: int
    content: bytes


@dataclass(frozen=True, slots=True)
class Pieces:
    """Pieces of many rows as columns; piece i is `content[start[i] : start[i] + size[i]]`."""

    row: Ints
    start: Ints
    size: Ints
    address: NDArray[np.uint64]
    content: NDArray[np.uint8]
    """The bytes of all pieces of the batch."""


_NOTHING: Final = np.zeros(0, np.int64)


class Memory:
    """The memory column of a batch as flat arrays."""

    def __init__(self, batch: pa.RecordBatch) -> None:
        column = batch.column("memory")
        values = column.values
        self.ends = column.offsets.to_numpy().astype(np.int64)
        """Row r has the pieces ends[r] up to ends[r + 1]."""
        self.arg = values.field("arg").to_numpy()
        self.when = values.field("when").to_numpy()
        self.reason = values.field("reason").to_numpy()
        self._owner: Ints | None = None
        self._address = values.field("address").to_numpy()
        contents = values.field("bytes")
        _, offsets, data = contents.buffers()
        first = contents.offset
        starts = np.frombuffer(offsets, dtype=np.int32) if offsets else np.zeros(1, dtype=np.int32)
        self._starts = starts[first : first + len(contents) + 1].astype(np.int64)
        self._data = np.frombuffer(data, dtype=np.uint8) if data else np.zeros(0, dtype=np.uint8)

    def of(self, row: int) -> Iterator[Piece]:
        """The pieces of one row."""
        for piece in range(int(self.ends[row]), int(self.ends[row + 1])):
            yield Piece(
                int(self.arg[piece]),
                int(self.when[piece]),
                int(self.reason[piece]),
                int(self._address[piece]),
                self.content(piece),
            )

    def content(self, piece: int) -> bytes:
        """The bytes of piece number `piece` of the batch."""
        return bytes(self._data.data[self._starts.item(piece) : self._starts.item(piece + 1)])

    def address(self, piece: int) -> int:
        """Where piece number `piece` of the batch lay."""
        return int(self._address[piece]) & 0xFFFFFFFFFFFFFFFF

    def text(self, row: int, index: int = 0) -> str:
        """The text in the `index`-th piece of a row, up to its first NUL; empty when there is none."""
        pieces = list(self.of(row))
        if index >= len(pieces):
            return ""
        return pieces[index].content.split(b"\0", 1)[0].decode(errors="replace")

    def argument(self, row: int, arg: int, when: When) -> bytes | None:
        """The bytes captured for argument `arg`, None when they are missing."""
        for piece in range(self.ends.item(row), self.ends.item(row + 1)):  # `item`: four times as fast as an index
            if self.arg.item(piece) == arg and self.when.item(piece) == when and not self.reason.item(piece):
                return self.content(piece)
        return None

    def pieces(self, wanted: NDArray[np.bool_], args: tuple[int, ...], when: When) -> Pieces:
        """The pieces of the `wanted` rows that belong to one of `args` and are not missing, in order of rows."""
        if not wanted.any():
            return Pieces(_NOTHING, _NOTHING, _NOTHING, _NOTHING.astype(np.uint64), self._data)
        owner = self.owner
        first = int(self.ends[0])
        found = self._kept(args, when)
        found = found[wanted[owner[found - first]]]
        start = self._starts[found]
        size = self._starts[found + 1] - start
        return Pieces(owner[found - first], start, size, self._address[found], self._data)

    @property
    def owner(self) -> Ints:
        """The row of every piece of the batch's rows."""
        if self._owner is None:
            self._owner = np.repeat(np.arange(len(self.ends) - 1), np.diff(self.ends))
        return self._owner

    def _kept(self, args: tuple[int, ...], when: When) -> Ints:
        """The pieces of the batch's rows that belong to one of `args` and are not missing."""
        first = int(self.ends[0])
        shown = slice(first, int(self.ends[-1]))
        fits = self.arg[shown] == args[0]
        for arg in args[1:]:
            fits |= self.arg[shown] == arg
        found = np.flatnonzero(fits) + first
        kept: Ints = found[(self.when[found] == when) & (self.reason[found] == 0)]
        return kept

    def zero_timeouts(self, wanted: Ints) -> NDArray[np.bool_]:
        """Which rows have a timeout of 0 in memory: 8 or 16 bytes captured at entry, all 0.

        `wanted`: for every row the argument that points to the timeout, -1 = do not look.
        """
        answer = np.zeros(len(wanted), dtype=np.bool_)
        for arg in range(6):
            these = wanted == arg
            pieces = self.pieces(these, (arg,), When.ENTRY)
            whole = (pieces.size == 8) | (pieces.size == 16)
            first, last = pieces.start[whole], pieces.start[whole] + pieces.size[whole] - 8
            bytes_of = np.stack((first, last), axis=1)[:, :, None] + np.arange(8)
            answer[pieces.row[whole]] = ~self._data[bytes_of].any(axis=(1, 2))
        return answer
