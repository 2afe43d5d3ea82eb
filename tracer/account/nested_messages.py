"""Transfers of messages with headers: names, iovecs, control messages, data, and arrays of all that."""

from __future__ import annotations

from collections.abc import Iterator
from struct import Struct, iter_unpack
from typing import Final

from tracer.account.row_expression import Missing, Scope, evaluate, find
from tracer.recording.captured import Row
from tracer.syscalls.model import CONTROL, IN, OUT, PAYLOAD, Copy
from tracer.syscalls.structures import IOVEC, MMSGHDR, MSGHDR, SOCKADDR_STORAGE, UIO_MAXIOV
from tracer.wire import When

Found = tuple[int, int, int, str, int]
"""Way, kind, bytes, what, address."""

_ENTRY, _EXIT = int(When.ENTRY), int(When.EXIT)
_HEADER: Final = Struct("<QIxxxxQQQQI")
_CMSG_HEADER: Final = 16
_ALIGN: Final = 8


def spread(array: bytes, entries: int, total: int) -> Iterator[tuple[int, int, int]]:
    """How `total` bytes fall on the segments of an iovec array: (segment, address, bytes > 0), in order."""
    for index, (base, length) in enumerate(iter_unpack("<QQ", array[: entries * IOVEC])):
        part = min(total, length if length < 1 << 63 else 0)
        if part > 0:
            yield index, base, part
            total -= part


def control_messages(data: bytes) -> Iterator[tuple[int, int]]:
    """(offset, cmsg_len) of each control message in a control buffer (cmsg(3))."""
    offset = 0
    while offset + _CMSG_HEADER <= len(data):
        length = int.from_bytes(data[offset : offset + 8], "little")
        if length < _CMSG_HEADER:
            return
        yield offset, length
        offset += (length + _ALIGN - 1) // _ALIGN * _ALIGN


def cmsgs(copy: Copy, scope: Scope) -> Iterator[Found]:
    """The control messages recvmsg wrote."""
    address, size = evaluate(copy.at, scope), evaluate(copy.size, scope)
    if size > 0:
        yield from _written_cmsgs(scope.row, copy.arg, address, size)


def _written_cmsgs(row: Row, arg: int, address: int, size: int) -> Iterator[Found]:
    data = find(row, arg, _EXIT, address)
    if len(data) < size:
        raise Missing
    for offset, length in control_messages(data[:size]):
        yield OUT, CONTROL, min(length, size - offset), "control message", address + offset


def sent(copy: Copy, scope: Scope) -> Iterator[Found]:
    """Messages that were sent are whole; of the one that failed only what is read before sending it."""
    row, arg = scope.row, copy.arg
    before, after, done, vlen = _headers(copy, scope)
    tried = done + 1 if done < vlen and not _cut_short(row, arg, before, after, done) else done
    for index in range(tried):
        place = index * MMSGHDR
        base = row.args[arg] + place
        name, namelen, iov, iovlen, control, controllen, _ = _HEADER.unpack_from(before, place)
        yield IN, CONTROL, MSGHDR, "msghdr", base
        if name and namelen:
            yield IN, CONTROL, min(namelen, SOCKADDR_STORAGE), "sockaddr", name
        if iovlen:
            yield IN, CONTROL, iovlen * IOVEC, "iovec", iov
        if control and controllen:
            yield IN, CONTROL, controllen, "control", control
        if index < done:
            yield from payload(row, arg, IN, iov, iovlen, _message_length(after, index))
            yield OUT, CONTROL, 4, "msg_len", base + MSGHDR


def _headers(copy: Copy, scope: Scope) -> tuple[bytes, bytes, int, int]:
    """The mmsghdrs at both stops, how many messages were moved, and how many were given."""
    row, arg = scope.row, copy.arg
    vlen = min(max(evaluate(copy.entries, scope), 0), UIO_MAXIOV)
    done = min(max(row.result, 0), vlen)
    before = find(row, arg, _ENTRY, row.args[arg]) if vlen else b""
    after = find(row, arg, _EXIT, row.args[arg]) if done else b""
    if len(before) < min(done + 1, vlen) * MMSGHDR or len(after) < done * MMSGHDR:
        raise Missing
    return before, after, done, vlen


def _message_length(array: bytes, index: int) -> int:
    start = index * MMSGHDR + MSGHDR
    return int.from_bytes(array[start : start + 4], "little")


def _cut_short(row: Row, arg: int, before: bytes, after: bytes, done: int) -> bool:
    """Whether sending stopped because the last message was only partly taken, not because the next failed."""
    if not done:
        return False
    _, _, iov, iovlen, _, _, _ = _HEADER.unpack_from(before, (done - 1) * MMSGHDR)
    asked = sum(length for _, _, length in spread(find(row, arg, _ENTRY, iov), iovlen, 1 << 40))
    return _message_length(after, done - 1) < asked


def payload(row: Row, arg: int, way: int, iov: int, iovlen: int, total: int) -> Iterator[Found]:
    """`total` bytes spread over the segments of the captured iovec array at `iov`."""
    if not total or not iovlen:
        return
    array = find(row, arg, _ENTRY, iov)
    if len(array) < iovlen * IOVEC:
        raise Missing
    for index, address, length in spread(array, iovlen, total):
        yield way, PAYLOAD, length, f"iov[{index}]", address


def received(copy: Copy, scope: Scope) -> Iterator[Found]:
    """Every received message, and the header and iovecs of the one that ended the loop with EAGAIN."""
    row, arg = scope.row, copy.arg
    before, after, done, vlen = _headers(copy, scope)
    tried = done + 1 if done < vlen and not _timed_out(row, arg + 3, done) else done
    for index in range(tried):
        place = index * MMSGHDR
        base = row.args[arg] + place
        name, room, iov, iovlen, _, _, _ = _HEADER.unpack_from(before, place)
        yield IN, CONTROL, MSGHDR, "msghdr", base
        if iovlen:
            yield IN, CONTROL, iovlen * IOVEC, "iovec", iov
        if index >= done:
            return
        _, namelen, _, _, control, controllen, _ = _HEADER.unpack_from(after, place)
        yield from payload(row, arg, OUT, iov, iovlen, _message_length(after, index))
        if name:
            yield IN, CONTROL, 4, "msg_namelen", base + 8
            if min(room, namelen):
                yield OUT, CONTROL, min(room, namelen), "sockaddr", name
            yield OUT, CONTROL, 4, "msg_namelen", base + 8
        yield OUT, CONTROL, 4, "msg_flags", base + 48
        yield OUT, CONTROL, 8, "msg_controllen", base + 40
        yield OUT, CONTROL, 4, "msg_len", base + MSGHDR
        if control and controllen:
            yield from _written_cmsgs(row, arg, control, controllen)


def _timed_out(row: Row, timeout: int, done: int) -> bool:
    """Whether receiving stopped because the time was up: then no further header was looked at."""
    if not done or not row.args[timeout]:
        return False
    return not any(find(row, timeout, _EXIT, row.args[timeout])[:16])
