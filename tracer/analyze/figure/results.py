"""Requests and results that cross without a call of their own: io_uring's rings, and the events of native AIO.

An io_uring completion is kept by capture together with the submission it answers (`tracer.capture.rings`). An
event of io_getevents names its iocb by address, which was captured when it was submitted.
"""

from __future__ import annotations

from collections.abc import Iterable
from struct import Struct
from typing import Final, NamedTuple

import numpy as np

from tracer.analyze.calls import CallCodes
from tracer.analyze.columns import Columns
from tracer.recording.captured import Piece, Row
from tracer.wire import RING_COMPLETION, RING_SUBMISSION, When

_CQE: Final = Struct("<QiI")
_SQE: Final = Struct("<BBHiQQIIQ")
_EVENT: Final = Struct("<QQqq")
_IOCB: Final = Struct("<QIiHhIQQqQII")
_OPERATIONS: Final = {
    1: "READV", 2: "WRITEV", 4: "READ_FIXED", 5: "WRITE_FIXED", 9: "SENDMSG", 10: "RECVMSG", 22: "READ",
    23: "WRITE", 26: "SEND", 27: "RECV", 30: "SPLICE",
}  # fmt: skip
"""Operations of io_uring that move data (enum io_uring_op, linux/io_uring.h)."""
_OUTWARD: Final = frozenset({"READV", "RECVMSG", "READ", "RECV", "PREAD", "PREADV"})
_INWARD: Final = frozenset({"WRITEV", "SENDMSG", "WRITE", "SEND", "PWRITE", "PWRITEV"})
_IOCB_COMMANDS: Final = {0: "PREAD", 1: "PWRITE", 7: "PREADV", 8: "PWRITEV"}
"""IOCB_CMD_* that move data (linux/aio_abi.h)."""
_NR_EVENTS: Final = 3


class Result(NamedTuple):
    """One result, and the request it answers."""

    operation: str
    fd: int
    asked: int
    """Bytes asked for."""
    result: int
    key: int
    """user_data of a submission, or the address of an iocb."""
    ring: bool
    when: When
    """Whether it was there when the call was entered, or when it returned."""

    @property
    def direction(self) -> str | None:
        """Which way the kernel copied for it; None when it is not known that a CPU copied across."""
        return "out" if self.operation in _OUTWARD else "in" if self.operation in _INWARD else None


class Results:
    """Results that moved data, and the native AIO requests that are under way."""

    def __init__(self) -> None:
        self._iocbs: dict[tuple[int, int], tuple[str, int, int]] = {}

    def add(self, columns: Columns, codes: CallCodes) -> Iterable[tuple[int, int, Result]]:
        """The results in a batch: (row, which of the row's results, the result)."""
        names = np.array([fact.name for fact in codes.facts])
        calls = ("io_uring_enter", "io_submit", "io_getevents", "io_pgetevents")
        for row in np.flatnonzero(columns.returned & np.isin(names, calls)[columns.code]).tolist():
            name, pid = str(names[columns.code[row]]), int(columns.pid[row])
            pieces = [Piece(p.arg, p.when, p.reason, 0, p.content) for p in columns.memory.of(row)]
            if name == "io_submit":
                self._submitted(columns, row, pid)
            elif name == "io_uring_enter":
                yield from (
                    (row, place, each) for place, each in enumerate(ring_results(pieces)) if each.result > 0
                )
            else:
                yield from ((row, place, each) for place, each in self._events(pid, pieces) if each.result > 0)

    def _submitted(self, columns: Columns, row: int, pid: int) -> None:
        addresses = columns.memory.argument(row, 2, When.ENTRY) or b""
        blocks = [piece.content for piece in columns.memory.of(row) if len(piece.content) == _IOCB.size]
        for place, block in enumerate(blocks[: len(addresses) // 8]):
            command, fd, length = _IOCB.unpack(block)[3], _IOCB.unpack(block)[5], _IOCB.unpack(block)[7]
            address = int.from_bytes(addresses[8 * place : 8 * place + 8], "little")
            self._iocbs[pid, address] = _IOCB_COMMANDS.get(command, ""), fd, length

    def _events(self, pid: int, pieces: list[Piece]) -> Iterable[tuple[int, Result]]:
        events = b"".join(each.data for each in pieces if (each.arg, each.when) == (_NR_EVENTS, When.EXIT))
        for place in range(len(events) // _EVENT.size):
            _, address, result, _ = _EVENT.unpack_from(events, place * _EVENT.size)
            operation, fd, asked = self._iocbs.get((pid, address), ("", -1, 0))
            if operation:
                yield place, Result(operation, fd, asked, result, address, False, When.EXIT)


def ring_results(pieces: Iterable[Piece]) -> list[Result]:
    """The completions in the pieces of an io_uring_enter whose submissions were seen and that move data."""
    found = []
    for piece in pieces:
        if piece.arg == RING_COMPLETION and len(piece.data) >= _CQE.size + 64:
            key, result, _ = _CQE.unpack_from(piece.data)
            code, _, _, fd, _, _, length, _, _ = _SQE.unpack_from(piece.data, _CQE.size)
            if code in _OPERATIONS:
                found.append(Result(_OPERATIONS[code], fd, length, result, key, True, When(piece.when)))
    return found


def submits(row: Row, key: int) -> bool:
    """Whether an io_uring_enter submitted the request with this user_data."""
    return any(
        piece.arg == RING_SUBMISSION and piece.data[32:40] == key.to_bytes(8, "little") for piece in row.pieces
    )


def submits_block(row: Row, address: int) -> bool:
    """Whether an io_submit submitted the iocb at this address."""
    wanted = address.to_bytes(8, "little")
    lists = [piece.data for piece in row.pieces if piece.arg == 2 and piece.address == row.args[2]]
    return any(wanted == each[at : at + 8] for each in lists for at in range(0, len(each), 8))
