"""Reading the captured pieces of user memory of single rows, and of many rows at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

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
    content: NDArray[np.uint8]
    """The bytes of all pieces of the batch."""


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
        self._plain: tuple[list[int], list[int], list[int]] | None = None
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
        return self._data[self._starts[piece] : self._starts[piece + 1]].tobytes()

    def text(self, row: int, index: int = 0) -> str:
        """The text in the `index`-th piece of a row, up to its first NUL; empty when there is none."""
        pieces = list(self.of(row))
        if index >= len(pieces):
            return ""
        return pieces[index].content.split(b"\0", 1)[0].decode(errors="replace")

    def argument(self, row: int, arg: int, when: When) -> bytes | None:
        """The bytes captured for argument `arg`, None when they are missing."""
        if self._plain is None:
            self._plain = _as_lists(self)
        args, whens, reasons = self._plain
        for piece in range(int(self.ends[row]), int(self.ends[row + 1])):
            if args[piece] == arg and whens[piece] == when and not reasons[piece]:
                return self.content(piece)
        return None

    def pieces(self, wanted: NDArray[np.bool_], args: tuple[int, ...], when: When) -> Pieces:
        """The pieces of the `wanted` rows that belong to one of `args` and are not missing, in order of rows."""
        row = np.repeat(np.arange(len(wanted)), np.diff(self.ends))
        first = int(self.ends[0])
        shown = slice(first, first + len(row))
        fits = wanted[row] & (self.when[shown] == when) & (self.reason[shown] == 0) & np.isin(self.arg[shown], args)
        found = np.flatnonzero(fits)
        start = self._starts[found + first]
        return Pieces(row[found], start, self._starts[found + first + 1] - start, self._data)

    def zero_timeouts(self, wanted: Ints) -> NDArray[np.bool_]:
        """Which rows have a timeout of 0 in memory: 8 or 16 bytes captured at entry, all 0.

        `wanted`: for every row the argument that points to the timeout, -1 = do not look.
        """
        answer = np.zeros(len(wanted), dtype=np.bool_)
        begin, size = self._starts[:-1], np.diff(self._starts)
        row = np.repeat(np.arange(len(wanted)), np.diff(self.ends))
        fits = (self.when == When.ENTRY) & (self.reason == 0) & ((size == 8) | (size == 16))
        found = np.flatnonzero(fits & (self.arg == wanted[row]))
        if len(found):
            first, last = begin[found], begin[found] + size[found] - 8
            bytes_of = np.stack((first, last), axis=1)[:, :, None] + np.arange(8)
            answer[row[found]] = ~self._data[bytes_of].any(axis=(1, 2))
        return answer


def _as_lists(memory: Memory) -> tuple[list[int], list[int], list[int]]:
    """Argument, `When` and reason of all pieces: a single value comes out of a list ten times as fast."""
    return memory.arg.tolist(), memory.when.tolist(), memory.reason.tolist()
