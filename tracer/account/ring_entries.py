"""Transfers of io_uring operations: what one submission entry copies in, and what its completion stands for.

Both get the bytes of a piece as capture kept it (`tracer.capture.ring_memory`) and yield (way, kind, bytes, what,
address); they raise `Missing` where memory that would tell is not there.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from struct import Struct
from typing import Final

from tracer.account.nested_messages import Found, control_messages, spread
from tracer.account.row_expression import Missing
from tracer.syscalls import ring_entries as ring
from tracer.syscalls.model import CONTROL, IN, OUT, PAYLOAD
from tracer.syscalls.ring_entries import CQE, SQE, Entry, entry_of
from tracer.syscalls.structures import (
    EMBEDDED_NAME_MAX,
    IOVEC,
    MSGHDR,
    OPEN_HOW,
    SOCKADDR_STORAGE,
    TIMESPEC,
    UIO_MAXIOV,
)
from tracer.syscalls.structures import STATX as STATX_BYTES

MSGHDR_READ: Final = 44
"""Six fields of a msghdr (`io_msg_copy_hdr`, io_uring/net.c)."""
_EPOLL_EVENT: Final = 12
_EPOLL_CTL_DEL: Final = 2
_SIGINFO_FIELDS: Final = 24
_RECVMSG_OUT: Final = 16
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
    name, room, iov, entries, control, length, _ = _header(memory)
    yield IN, CONTROL, MSGHDR_READ, "msghdr", entry.addr
    if entry.opcode not in ring.MESSAGES_OUT and name and room:
        yield IN, CONTROL, min(room, SOCKADDR_STORAGE), "sockaddr", name
    yield from _array(entries, iov)
    if entry.opcode not in ring.MESSAGES_OUT and control and length:
        yield IN, CONTROL, length, "control", control


def _header(memory: bytes) -> tuple[int, ...]:
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
        yield IN, CONTROL, TIMESPEC, "timespec", entry.addr
    elif opcode == ring.TIMEOUT_REMOVE and entry.op_flags & _TIMEOUT_UPDATE:
        yield IN, CONTROL, TIMESPEC, "timespec", entry.off
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


def completed(data: bytes) -> Iterator[Found]:
    """What the kernel copied by the time it posted the completion `data`."""
    if len(data) < CQE:
        raise Missing
    _, result, flags = ring.COMPLETION.unpack_from(data)
    if flags & ring.NOTICE:
        return
    if len(data) < CQE + SQE:  # it answers a submission that was not seen
        if result > 0:
            raise Missing
        return
    entry, memory = entry_of(data[CQE:]), data[CQE + SQE :]
    if result == -errno.EFAULT and entry.opcode not in ring.FREE:
        raise Missing
    if result > 0:
        yield from _moved(entry, memory, result)
    elif result == 0:
        yield from _answered(entry, memory, result)
    if entry.opcode not in ring.KNOWN:
        raise Missing


def _moved(entry: Entry, memory: bytes, result: int) -> Iterator[Found]:
    buffer = 0 if entry.flags & ring.BUFFER_SELECT else entry.addr
    if entry.opcode in ring.FILLED:
        yield OUT, PAYLOAD, result, "buffer", buffer
    elif entry.opcode in ring.SENT:
        yield IN, PAYLOAD, result, "buffer", buffer
    elif entry.opcode in ring.VECTORS_IN | ring.VECTORS_OUT:
        way = IN if entry.opcode in ring.VECTORS_IN else OUT
        yield from _segments(way, memory, entry.len, result)
    elif entry.opcode in ring.MESSAGES_IN:
        yield from _segments(IN, memory[MSGHDR:], _header(memory)[3], result)
    elif entry.opcode == ring.EPOLL_WAIT:
        yield OUT, CONTROL, result * _EPOLL_EVENT, "epoll_event", entry.addr
    elif entry.opcode == ring.FILES_UPDATE:
        for index in range(min(result, 1 << 16)):
            yield IN, CONTROL, 4, "fd", entry.addr + 4 * index
    else:
        yield from _answered(entry, memory, result)


def _segments(way: int, array: bytes, entries: int, total: int) -> Iterator[Found]:
    if len(array) < entries * IOVEC:
        yield way, PAYLOAD, total, "iov", 0
        raise Missing
    for index, address, length in spread(array, entries, total):
        yield way, PAYLOAD, length, f"iov[{index}]", address


def _answered(entry: Entry, memory: bytes, result: int) -> Iterator[Found]:
    """Operations that copy out also when they complete with 0, or with a descriptor."""
    if entry.opcode in ring.MESSAGES_OUT:
        yield from _repeated(memory, result) if entry.repeats else _received(entry, memory, result)
    elif entry.opcode == ring.STATX:
        yield OUT, CONTROL, STATX_BYTES, "statx", entry.off
    elif entry.opcode == ring.PIPE:
        yield OUT, CONTROL, 8, "fds", entry.addr
    elif entry.opcode == ring.WAITID and entry.off:
        yield OUT, CONTROL, _SIGINFO_FIELDS, "siginfo", entry.off
    elif entry.opcode == ring.ACCEPT and entry.addr:
        yield from _accepted(entry, memory)


def _accepted(entry: Entry, memory: bytes) -> Iterator[Found]:
    if len(memory) < 8:
        raise Missing
    room, length = (int.from_bytes(memory[at : at + 4], "little") for at in (0, 4))
    yield IN, CONTROL, 4, "*addrlen", entry.off
    if min(room, length):
        yield OUT, CONTROL, min(room, length), "sockaddr", entry.addr
    yield OUT, CONTROL, 4, "*addrlen", entry.off


def _received(entry: Entry, memory: bytes, result: int) -> Iterator[Found]:
    """As recvmsg, whose code does it (`____sys_recvmsg`, net/socket.c)."""
    name, room, _, entries, control, _, _ = _header(memory)
    array, after = memory[MSGHDR : MSGHDR + entries * IOVEC], memory[MSGHDR + entries * IOVEC :]
    yield from _segments(OUT, array, entries, result)
    _, namelen, _, _, _, length, _ = _header(after)
    if name:
        yield IN, CONTROL, 4, "msg_namelen", entry.addr + 8
        if min(room, namelen):
            yield OUT, CONTROL, min(room, namelen), "sockaddr", name
        yield OUT, CONTROL, 4, "msg_namelen", entry.addr + 8
    yield OUT, CONTROL, 4, "msg_flags", entry.addr + 48
    yield OUT, CONTROL, 8, "msg_controllen", entry.addr + 40
    if control and length:
        messages = after[MSGHDR:]
        for offset, size in control_messages(messages):
            yield OUT, CONTROL, min(size, len(messages) - offset), "control message", control + offset
        if len(messages) < length:
            raise Missing


def _repeated(memory: bytes, result: int) -> Iterator[Found]:
    """A multishot RECVMSG writes struct io_uring_recvmsg_out, name, control and payload into a provided buffer."""
    _, namelen, _, _, _, controllen, _ = _header(memory)
    if result >= _RECVMSG_OUT:
        yield OUT, CONTROL, _RECVMSG_OUT, "io_uring_recvmsg_out", 0
    payload = result - _RECVMSG_OUT - namelen - controllen
    if payload > 0:
        yield OUT, PAYLOAD, payload, "provided buffer", 0
    if namelen or controllen:  # how much of the room for them was written is not told
        raise Missing
