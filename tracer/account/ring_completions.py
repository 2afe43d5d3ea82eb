"""Transfers of io_uring completions: what the kernel copied by the time it posted one.

The bytes are those of a piece as capture kept it (`tracer.capture.ring_memory`): the completion, and the
submission it answers. Yielded are (way, kind, bytes, what, address); `Missing` is raised where memory that would
tell is not there.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from typing import Final

from tracer.account.nested_messages import Found, control_messages, spread
from tracer.account.ring_submissions import header_of
from tracer.account.row_expression import Missing
from tracer.syscalls import ring_entries as ring
from tracer.syscalls.model import CONTROL, IN, OUT, PAYLOAD
from tracer.syscalls.ring_entries import CQE, IOVEC, MSGHDR, SQE, Entry, entry_of
from tracer.syscalls.structures import STATX as STATX_BYTES

_EPOLL_EVENT: Final = 12
_SIGINFO_FIELDS: Final = 24
_RECVMSG_OUT: Final = 16


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
        yield from _segments(IN, memory[MSGHDR:], header_of(memory)[3], result)
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
    name, room, _, entries, control, _, _ = header_of(memory)
    array, after = memory[MSGHDR : MSGHDR + entries * IOVEC], memory[MSGHDR + entries * IOVEC :]
    yield from _segments(OUT, array, entries, result)
    _, namelen, _, _, _, length, _ = header_of(after)
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
    _, namelen, _, _, _, controllen, _ = header_of(memory)
    if result >= _RECVMSG_OUT:
        yield OUT, CONTROL, _RECVMSG_OUT, "io_uring_recvmsg_out", 0
    payload = result - _RECVMSG_OUT - namelen - controllen
    if payload > 0:
        yield OUT, PAYLOAD, payload, "provided buffer", 0
    if namelen or controllen:  # how much of the room for them was written is not told
        raise Missing
