"""The few rows of a batch that tell of asynchronous operations, as plain values.

Each kind of operation says with a mask over the whole batch which rows it must see; only those become events.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tracer.account.calibration import Calibration
from tracer.account.times import account_times, column
from tracer.analyze.calls import CallCodes
from tracer.recording.captured import Captured, Piece, captured
from tracer.recording.header import Header
from tracer.wire import Kind, When

Mask = NDArray[np.bool_]
_CALLS: Final = (Kind.CALL, Kind.ENTERED)


class Event(NamedTuple):
    """One row. Times in ns."""

    kind: int
    name: str
    """Of the call; empty for rows of other kinds."""
    nr: int
    pid: int
    tid: int
    at_ns: int
    end_ns: int
    args: tuple[int, ...]
    result: int
    kernel_ns: int
    own_ns: int
    """All the thread's time from its previous row's end to this one's, without the tracer's."""
    pieces: tuple[Piece, ...]

    @property
    def fd(self) -> int:
        """The first argument as a descriptor."""
        return signed(self.args[0])

    def memory(self, arg: int, when: When) -> bytes:
        """What was captured for argument `arg`; empty when nothing was."""
        found = (each.data for each in self.pieces if (each.arg, each.when) == (arg, when) and not each.reason)
        return next(found, b"")


def signed(register: int) -> int:
    """The lower half of a register as an int."""
    value = register & 0xFFFFFFFF
    return value - (1 << 32) if value >= 1 << 31 else value


class Rows:
    """One batch, and how to find rows in it."""

    def __init__(self, batch: pa.RecordBatch, codes: CallCodes) -> None:
        self._batch = batch
        self._codes = codes
        self.flat: Captured = captured(batch)
        calls = np.isin(self.flat.kind, _CALLS)
        self._code = np.zeros(self.flat.rows, np.int64)
        self._code[calls] = codes.of(column(batch, "abi")[calls], column(batch, "nr")[calls])

    @cached_property
    def _names(self) -> NDArray[np.str_]:
        return np.array([fact.name for fact in self._codes.facts])

    def named(self, names: Iterable[str]) -> Mask:
        """Calls of one of these names, returned or not."""
        listed: Mask = np.isin(self._names, list(names))[self._code]
        return listed

    def of_kind(self, kind: Kind) -> Mask:
        """Rows of one kind."""
        mask: Mask = self.flat.kind == kind
        return mask

    def of_processes(self, pids: Iterable[int]) -> Mask:
        """Rows of one of these processes."""
        return np.isin(self.flat.pid, list(pids))

    def of_threads(self, tids: Iterable[int]) -> Mask:
        """Rows of one of these threads."""
        return np.isin(self.flat.tid, list(tids))

    def argument(self, number: int) -> NDArray[np.int64]:
        """Argument `number` of every row, as a signed register."""
        values: NDArray[np.int64] = self.flat.args[:, number]
        return values

    def with_piece(self, arg: int) -> Mask:
        """Rows with a captured piece of `arg`."""
        first = self.flat.first.astype(np.int64)
        owner = np.repeat(np.arange(self.flat.rows), np.diff(first))
        mask: Mask = np.zeros(self.flat.rows, np.bool_)
        mask[owner[self.flat.arg[first[0] : first[-1]] == arg]] = True
        return mask

    def events(self, wanted: Mask, calibration: Calibration) -> Iterator[Event]:
        """The wanted rows, in order."""
        rows = np.flatnonzero(wanted)
        if not len(rows):
            return
        times = account_times(self._batch, calibration)
        own = times.user + times.kernel + times.blocked + times.runnable
        at, wall = column(self._batch, "at_ns"), column(self._batch, "wall_ns")
        for row in rows.tolist():
            kind, _, _, nr, pid, tid, args, result, pieces = self.flat.row(row)
            name = self._codes.facts[int(self._code[row])].name
            begin = int(at[row])
            yield Event(
                kind, name, nr, pid, tid, begin, begin + int(wall[row]), args, result, int(times.kernel[row]),
                int(own[row]), pieces,
            )  # fmt: skip


class Calibrated:
    """The calibration in force: the header's, or that of the last CALIBRATION row before a batch."""

    def __init__(self, header: Header) -> None:
        self.now = Calibration.from_json(header.calibration)

    def follow(self, rows: Rows) -> None:
        """Take in the constants that were measured in this batch; they hold for the next one."""
        for row in np.flatnonzero(rows.of_kind(Kind.CALIBRATION)).tolist():
            text = b"".join(piece.data for piece in rows.flat.pieces(row))
            try:
                self.now = Calibration.from_json(json.loads(text))
            except (ValueError, TypeError, AttributeError):
                continue  # a damaged row: the constants before it stay in force
