"""Descriptors that are named not by a call's registers but by the requests it submits: iocbs and ring entries."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tracer.account.group import ragged
from tracer.analyze.calls import CallCodes
from tracer.analyze.columns import Columns
from tracer.analyze.memory import Pieces
from tracer.syscalls.objects import Object
from tracer.syscalls.ring_entries import CQE, FIXED_FILE, SQE
from tracer.syscalls.structures import IOCB
from tracer.wire import RING_COMPLETION, When

Ints = NDArray[np.int64]
Places = tuple[Ints, NDArray[np.uint64]]
_IOCB_FD = 20
_SQE_FD = 4


class Requests(NamedTuple):
    """(row, descriptor) of every request."""

    row: Ints
    fd: Ints


def requests_of(columns: Columns, codes: CallCodes) -> Requests:
    """The requests of io_submit (iocb.aio_fildes), and the ones that were seen complete in an io_uring."""
    names = [fact.name for fact in codes.facts]
    parts = [_completions(columns)]
    if "io_submit" in names:
        submits = columns.returned & (columns.code == names.index("io_submit"))
        parts.append(_iocbs(columns.memory.pieces(submits, (2,), When.ENTRY)))
    return Requests(*(np.concatenate(each) for each in zip(*parts, strict=True)))


def _iocbs(pieces: Pieces) -> Requests:
    """The first piece of each row is the array of pointers; the others are the iocbs it points to, and what those
    lead to in turn (arrays of iovecs, previews of data), which may be as long."""
    following = np.zeros(len(pieces.row), np.bool_)
    following[1:] = pieces.row[1:] == pieces.row[:-1]
    iocbs = np.flatnonzero(following & (pieces.size == IOCB))
    pointed = _in_rows(_pointers(pieces, np.flatnonzero(~following)), pieces.row[iocbs], pieces.address[iocbs])
    iocbs = iocbs[pointed]
    return Requests(pieces.row[iocbs], _int32(pieces, pieces.start[iocbs] + _IOCB_FD))


def _pointers(pieces: Pieces, arrays: Ints) -> Places:
    """(row, address) of every pointer in these arrays, read in words of 64 and of 32 bits: half of a long pointer
    is not the address of anything that was captured, nor are two short ones together."""
    parts = []
    for width in (8, 4):
        count = pieces.size[arrays] // width
        at = ragged(pieces.start[arrays], count, width)
        bytes_of = np.zeros((len(at), 8), np.uint8)
        bytes_of[:, :width] = pieces.content[at[:, None] + np.arange(width)]
        parts.append((np.repeat(pieces.row[arrays], count), bytes_of.view("<u8").reshape(len(at))))
    rows, addresses = (np.concatenate(each) for each in zip(*parts, strict=True))
    return rows, addresses


def _in_rows(known: Places, row: Ints, address: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Which (row, address) are among the known ones."""

    def joined(rows: Ints, addresses: NDArray[np.uint64]) -> NDArray[np.void]:
        pairs = np.zeros(len(rows), [("row", np.int64), ("address", np.uint64)])
        pairs["row"], pairs["address"] = rows, addresses
        return pairs

    found: NDArray[np.bool_] = np.isin(joined(row, address), joined(*known))
    return found


def _completions(columns: Columns) -> Requests:
    nothing = np.zeros(0, np.int64)
    memory = columns.memory
    if not (memory.arg == RING_COMPLETION).any():
        return Requests(nothing, nothing)
    rows, fds = [nothing], [nothing]
    for when in When:
        pieces = memory.pieces(columns.returned, (RING_COMPLETION,), when)
        whole = pieces.size >= CQE + SQE
        start = pieces.start[whole] + CQE
        plain = (pieces.content[start + 1] & FIXED_FILE) == 0
        rows.append(pieces.row[whole][plain])
        fds.append(_int32(pieces, start[plain] + _SQE_FD))
    row, fd = np.concatenate(rows), np.concatenate(fds)
    return Requests(row[fd >= 0], fd[fd >= 0])


def _int32(pieces: Pieces, at: Ints) -> Ints:
    if not len(at):
        return np.zeros(0, np.int64)
    words = np.ascontiguousarray(pieces.content[at[:, None] + np.arange(4)])
    return words.view("<i4").reshape(-1).astype(np.int64)


def common_object(requests: Requests, things: Ints) -> tuple[Ints, NDArray[np.uint8]]:
    """For every row with requests the object they are all about: UNKNOWN where one is not known or they differ in
    what is copied. What is not special is OTHER."""
    rows, where = np.unique(requests.row, return_inverse=True)
    special = np.isin(things, (Object.UNKNOWN, Object.NULL, Object.ZERO, Object.DIRECT))
    plain = np.where(special, things, Object.OTHER)
    lowest, highest = np.full(len(rows), 255), np.zeros(len(rows), np.int64)
    np.minimum.at(lowest, where, plain)
    np.maximum.at(highest, where, plain)
    return rows, np.where(lowest == highest, lowest, Object.UNKNOWN).astype(np.uint8)
