"""Transfers of io_uring submissions: what the kernel copies in when it takes an entry from the ring.

The bytes are those of a piece as capture kept it (`tracer.capture.ring_memory`). Yielded are (way, kind, bytes,
what, address); `Missing` is raised where memory that would tell is not there.
"""

from __future__ import annotations

from collections.abc import Iterator
from struct import Struct
from typing import Final

from tracer.account.nested_messages import Found
from tracer.account.row_expression import Missing
from tracer.syscalls import ring_entries as ring
from tracer.syscalls.model import CONTROL, IN
from tracer.syscalls.ring_entries import IOVEC, MSGHDR, SQE, Entry, entry_of
from tracer.syscalls.structures import (
    EMBEDDED_NAME_MAX,
    OPEN_HOW,
    SOCKADDR_STORAGE,
    TIMESPEC64,
    UIO_MAXIOV,
)

MSGHDR_READ: Final = 44
"""Six fields of a msghdr (`io_msg_copy_hdr`, io_uring/net.c)."""
_EPOLL_EVENT: Final = 12
_EPOLL_CTL_DEL: Final = 2
_FUTEX_WAITV: Final = 24
_TIMEOUT_UPDATE: Final = 1 << 1 | 1 << 4
_HEADER: Final = Struct("<QIxxxxQQQQI")


def submitted(data: bytes) -> Iterator[Found]:
    """What the kernel copies when it takes the submission `data` from the ring."""
    if len(data) < SQE:
        raise Missing
    entry, memory = entry_of(data), data[SQE:]
    if entry.opcode in ring.VECTORS:
        yield from _array(entry.len, entry.addr)
    elif entry.opcode in ring.MESSAGES:
        yield from _message(entry, memory)
    elif entry.opcode in ring.PATHS | ring.TWO_PATHS:
        yield from _paths(entry, memory)
    else:
        yield from _structures(entry)
    if entry.opcode not in ring.KNOWN or _silent(entry):
        raise Missing


def _silent(entry: Entry) -> bool:
    """Whether it moves payload but will not say how much."""
    moving = ring.FILLED | ring.SENT | ring.VECTORS | ring.MESSAGES
    return bool(entry.flags & ring.SKIP_SUCCESS) and entry.opcode in moving


def _array(entries: int, address: int) -> Iterator[Found]:
    if 0 < entries <= UIO_MAXIOV:
        yield IN, CONTROL, entries * IOVEC, "iovec", address


def _message(entry: Entry, memory: bytes) -> Iterator[Found]:
    name, room, iov, entries, control, length, _ = header_of(memory)
    yield IN, CONTROL, MSGHDR_READ, "msghdr", entry.addr
    if entry.opcode not in ring.MESSAGES_OUT and name and room:
        yield IN, CONTROL, min(room, SOCKADDR_STORAGE), "sockaddr", name
    yield from _array(entries, iov)
    if entry.opcode not in ring.MESSAGES_OUT and control and length:
        yield IN, CONTROL, length, "control", control


def header_of(memory: bytes) -> tuple[int, ...]:
    """The fields of a msghdr: name, namelen, iov, iovlen, control, controllen, flags. Raises `Missing`."""
    if len(memory) < MSGHDR:
        raise Missing
    return _HEADER.unpack_from(memory)


def _paths(entry: Entry, memory: bytes) -> Iterator[Found]:
    paths = memory.split(b"\0")[:-1]
    for path, address in zip(paths, (entry.addr, entry.off), strict=False):
        if len(path) + 1 > EMBEDDED_NAME_MAX:
            yield IN, CONTROL, EMBEDDED_NAME_MAX, "path, first part", address
        yield IN, CONTROL, len(path) + 1, "path", address
    if entry.opcode == ring.OPENAT2:
        yield IN, CONTROL, entry.len or OPEN_HOW, "open_how", entry.off
    if len(paths) < 1 + (entry.opcode in ring.TWO_PATHS):
        raise Missing


def _structures(entry: Entry) -> Iterator[Found]:
    """Structures whose size the entry itself tells."""
    opcode = entry.opcode
    if opcode in ring.TIMES:
        yield IN, CONTROL, TIMESPEC64, "timespec", entry.addr
    elif opcode == ring.TIMEOUT_REMOVE and entry.op_flags & _TIMEOUT_UPDATE:
        yield IN, CONTROL, TIMESPEC64, "timespec", entry.off
    elif opcode in ring.ADDRESSED:
        yield IN, CONTROL, min(entry.off, SOCKADDR_STORAGE), "sockaddr", entry.addr
    elif opcode in ring.TO and entry.off and entry.extra & 0xFFFF:
        yield IN, CONTROL, min(entry.extra & 0xFFFF, SOCKADDR_STORAGE), "sockaddr", entry.off
    elif opcode == ring.EPOLL_CTL and entry.len != _EPOLL_CTL_DEL:
        yield IN, CONTROL, _EPOLL_EVENT, "epoll_event", entry.addr
    elif opcode == ring.FUTEX_WAIT:
        yield IN, CONTROL, 4, "futex word", entry.addr
    elif opcode == ring.FUTEX_WAITV:
        yield from _futexes(entry)


def _futexes(entry: Entry) -> Iterator[Found]:
    for index in range(min(entry.len, 128)):
        yield IN, CONTROL, _FUTEX_WAITV, "futex_waitv", entry.addr + index * _FUTEX_WAITV
        yield IN, CONTROL, 4, "futex word", 0
