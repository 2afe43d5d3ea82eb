"""What the fields of an io_uring submission entry say about how it will be carried out (io_uring_enter(2))."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tracer.syscalls.ring_entries import (
    BUFFER_SELECT,
    FIXED_FILE,
    LINKED,
    RECV_MULTISHOT,
    Entry,
    opcodes,
)

_MOVING: Final = opcodes(
    "READ WRITE READV WRITEV READ_FIXED WRITE_FIXED READV_FIXED WRITEV_FIXED SEND RECV SENDMSG RECVMSG SEND_ZC "
    "SENDMSG_ZC READ_MULTISHOT RECV_ZC SPLICE TEE"
)
_REGISTERED: Final = opcodes("READ_FIXED WRITE_FIXED READV_FIXED WRITEV_FIXED")
_ZERO_COPY: Final = opcodes("SEND_ZC SENDMSG_ZC")
_RECEIVING: Final = opcodes("RECV RECVMSG")
_ALWAYS_AGAIN: Final = opcodes("READ_MULTISHOT RECV_ZC")
_ACCEPT, _POLL, _TIMEOUT = (opcodes(name) for name in ("ACCEPT", "POLL_ADD", "TIMEOUT"))

_DRAIN: Final = 1 << 1
"""IOSQE_IO_DRAIN."""
_ASYNC: Final = 1 << 4
"""IOSQE_ASYNC."""
_FIXED_BUFFER: Final = 1 << 2
"""IORING_RECVSEND_FIXED_BUF, in `ioprio` of zero-copy sends."""
_ACCEPT_MULTISHOT: Final = 1 << 0
"""In `ioprio`."""
_POLL_MULTISHOT: Final = 1 << 0
"""IORING_POLL_ADD_MULTI, in `len`."""
_TIMEOUT_MULTISHOT: Final = 1 << 6
"""IORING_TIMEOUT_MULTISHOT, in the operation's own flags."""


def moves(entry: Entry) -> bool:
    """Whether a result above 0 is a number of bytes."""
    return entry.opcode in _MOVING


def repeats(entry: Entry) -> bool:
    """Whether one submission is answered many times."""
    code = entry.opcode
    return (
        code in _ALWAYS_AGAIN
        or (code in _RECEIVING and bool(entry.ioprio & RECV_MULTISHOT))
        or (code in _ACCEPT and bool(entry.ioprio & _ACCEPT_MULTISHOT))
        or (code in _POLL and bool(entry.len & _POLL_MULTISHOT))
        or (code in _TIMEOUT and bool(entry.op_flags & _TIMEOUT_MULTISHOT))
    )


def flags_of(entry: Entry) -> Iterator[str]:
    """The ways in which it is special, but for being answered many times or not at all."""
    if entry.flags & LINKED:
        yield "linked"
    if entry.flags & _DRAIN:
        yield "drain"
    if entry.flags & _ASYNC:
        yield "forced to a worker"
    if entry.flags & FIXED_FILE:
        yield "registered file"
    if entry.opcode in _REGISTERED or (entry.opcode in _ZERO_COPY and entry.ioprio & _FIXED_BUFFER):
        yield "registered buffer"
    if entry.flags & BUFFER_SELECT:
        yield "provided buffer"
    if entry.opcode in _ZERO_COPY:
        yield "zero-copy"
