"""Transfers of messages with headers: names, iovecs, control messages, data, and arrays of all that."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from typing import Final

from tracer.account.row_expression import Missing, Scope, evaluate, find
from tracer.recording.captured import Row
from tracer.syscalls.control_buffers import control_messages as headers_and_data
from tracer.syscalls.layouts import X86_64, Layout, Model, layout
from tracer.syscalls.model import CONTROL, IN, OUT, PAYLOAD, Copy
from tracer.syscalls.structures import SOCKADDR_STORAGE, UIO_MAXIOV
from tracer.wire import When

Found = tuple[int, int, int, str, int]
"""Way, kind, bytes, what, address."""

_ENTRY, _EXIT = int(When.ENTRY), int(When.EXIT)
_IOVEC: Final = layout("iovec", X86_64)


def spread(array: bytes, entries: int, total: int, vector: Layout = _IOVEC) -> Iterator[tuple[int, int, int]]:
    """How `total` bytes fall on the segments of an array of iovecs, each laid out like `vector`: (segment, address,
    bytes > 0), in order."""
    for index, (base, length) in enumerate(vector.packed.iter_unpack(array[: entries * vector.size])):
        part = min(total, length if length < 1 << 63 else 0)
        if part > 0:
            yield index, base, part
            total -= part


def control_messages(data: bytes, model: Model = X86_64) -> Iterator[tuple[int, int]]:
    """(offset, cmsg_len) of each control message in a control buffer (cmsg(3))."""
    offset = 0
    for length, *_ in headers_and_data(data, model):
        yield offset, length
        offset += -(-length // model.word) * model.word


def cmsgs(copy: Copy, scope: Scope) -> Iterator[Found]:
    """The control messages recvmsg wrote."""
    address, size = evaluate(copy.at, scope), evaluate(copy.size, scope)
    if size > 0:
        yield from _written_cmsgs(scope.row, copy.arg, address, size, copy.model)


def given_cmsgs(copy: Copy, scope: Scope) -> Iterator[Found]:
    """The control messages a 32-bit program sends: the lengths are read to see how much room their 64-bit twins
    take, then message by message (`cmsghdr_from_user_compat_to_kern`, net/compat.c)."""
    address, size = evaluate(copy.at, scope), evaluate(copy.size, scope)
    if size > 0:
        yield from _given_cmsgs(scope.row, copy.arg, address, size, copy.model)


def _given_cmsgs(row: Row, arg: int, address: int, size: int, model: Model) -> Iterator[Found]:
    if model.word == 8:
        yield IN, CONTROL, size, "control", address
        return
    data = find(row, arg, _ENTRY, address)
    if len(data) < size:
        raise Missing
    messages = list(control_messages(data[:size], model))
    for offset, _ in messages:
        yield IN, CONTROL, model.word, "cmsg_len", address + offset
    for offset, length in messages:
        yield IN, CONTROL, min(length, size - offset), "control message", address + offset


def _written_cmsgs(row: Row, arg: int, address: int, size: int, model: Model) -> Iterator[Found]:
    data = find(row, arg, _EXIT, address)
    if len(data) < size:
        raise Missing
    for offset, length in control_messages(data[:size], model):
        yield OUT, CONTROL, min(length, size - offset), "control message", address + offset


def sent(copy: Copy, scope: Scope) -> Iterator[Found]:
    """Messages that were sent are whole; of the one that failed only what is read before sending it."""
    row, arg = scope.row, copy.arg
    before, after, done, vlen = _headers(copy, scope)
    one = _Messages(copy.model)
    tried = done + 1 if done < vlen and not _cut_short(row, arg, before, after, done, one) else done
    for index in range(tried):
        place = index * one.stride
        base = row.args[arg] + place
        name, namelen, iov, iovlen, control, controllen, _ = one.header.packed.unpack_from(before, place)
        yield IN, CONTROL, one.header.size, "msghdr", base
        if name and namelen:
            yield IN, CONTROL, min(namelen, SOCKADDR_STORAGE), "sockaddr", name
        if iovlen:
            yield IN, CONTROL, iovlen * one.vector.size, "iovec", iov
        if control and controllen:
            yield from _given_cmsgs(row, arg, control, controllen, copy.model)
        if index < done:
            yield from payload(row, arg, IN, iov, iovlen, one.length(after, index), one.vector)
            yield OUT, CONTROL, 4, "msg_len", base + one.header.size


def _headers(copy: Copy, scope: Scope) -> tuple[bytes, bytes, int, int]:
    """The mmsghdrs at both stops, how many messages were moved, and how many were given."""
    row, arg = scope.row, copy.arg
    vlen = min(max(evaluate(copy.entries, scope), 0), UIO_MAXIOV)
    done = min(max(row.result, 0), vlen)
    before = find(row, arg, _ENTRY, row.args[arg]) if vlen else b""
    after = find(row, arg, _EXIT, row.args[arg]) if done else b""
    stride = layout("mmsghdr", copy.model).size
    if len(before) < min(done + 1, vlen) * stride or len(after) < done * stride:
        raise Missing
    return before, after, done, vlen


class _Messages:
    """How an array of mmsghdr and what it leads to is laid out."""

    def __init__(self, model: Model) -> None:
        self.header = layout("msghdr", model)
        self.vector = layout("iovec", model)
        self.stride = layout("mmsghdr", model).size

    def length(self, array: bytes, index: int) -> int:
        """msg_len of a message: its payload."""
        start = index * self.stride + self.header.size
        return int.from_bytes(array[start : start + 4], "little")


def _cut_short(row: Row, arg: int, before: bytes, after: bytes, done: int, one: _Messages) -> bool:
    """Whether sending stopped because the last message was only partly taken, not because the next failed."""
    if not done:
        return False
    _, _, iov, iovlen, _, _, _ = one.header.packed.unpack_from(before, (done - 1) * one.stride)
    asked = sum(length for _, _, length in spread(find(row, arg, _ENTRY, iov), iovlen, 1 << 40, one.vector))
    return one.length(after, done - 1) < asked


def payload(row: Row, arg: int, way: int, iov: int, iovlen: int, total: int, vector: Layout) -> Iterator[Found]:
    """`total` bytes spread over the segments of the captured iovec array at `iov`."""
    if not total or not iovlen:
        return
    array = find(row, arg, _ENTRY, iov)
    if len(array) < iovlen * vector.size:
        raise Missing
    for index, address, length in spread(array, iovlen, total, vector):
        yield way, PAYLOAD, length, f"iov[{index}]", address


_OF_THE_SOCKET: Final = frozenset(
    -number
    for number in (
        errno.ECONNREFUSED, errno.ECONNRESET, errno.ECONNABORTED, errno.EHOSTUNREACH, errno.ENETUNREACH,
        errno.ENETDOWN, errno.ETIMEDOUT, errno.EPIPE, errno.EPROTO, errno.EMSGSIZE, errno.EACCES,
    )
)  # fmt: skip
"""An error that the socket had already is given before any header is read; one that comes while it waits, after
(`sock_error` in `do_recvmmsg`, net/socket.c)."""


def received(copy: Copy, scope: Scope) -> Iterator[Found]:
    """Every received message, and the header and iovecs of the one that ended the loop with EAGAIN."""
    row, arg = scope.row, copy.arg
    if row.result in _OF_THE_SOCKET:
        raise Missing
    before, after, done, vlen = _headers(copy, scope)
    one = _Messages(copy.model)
    tried = done + 1 if done < vlen and not _timed_out(row, arg + 3, done) else done
    for index in range(tried):
        place = index * one.stride
        base = row.args[arg] + place
        name, room, iov, iovlen, _, _, _ = one.header.packed.unpack_from(before, place)
        yield IN, CONTROL, one.header.size, "msghdr", base
        if iovlen:
            yield IN, CONTROL, iovlen * one.vector.size, "iovec", iov
        if index >= done:
            return
        _, namelen, _, _, control, controllen, _ = one.header.packed.unpack_from(after, place)
        yield from payload(row, arg, OUT, iov, iovlen, one.length(after, index), one.vector)
        if name:
            yield IN, CONTROL, 4, "msg_namelen", base + one.header.field("namelen").offset
            if min(room, namelen):
                yield OUT, CONTROL, min(room, namelen), "sockaddr", name
            yield OUT, CONTROL, 4, "msg_namelen", base + one.header.field("namelen").offset
        yield OUT, CONTROL, 4, "msg_flags", base + one.header.field("flags").offset
        lengths = one.header.field("controllen")
        yield OUT, CONTROL, lengths.width, "msg_controllen", base + lengths.offset
        yield OUT, CONTROL, 4, "msg_len", base + one.header.size
        if control and controllen:
            yield from _written_cmsgs(row, arg, control, controllen, copy.model)


def _timed_out(row: Row, timeout: int, done: int) -> bool:
    """Whether receiving stopped because the time was up: then no further header was looked at."""
    if not done or not row.args[timeout]:
        return False
    return not any(find(row, timeout, _EXIT, row.args[timeout])[:16])
