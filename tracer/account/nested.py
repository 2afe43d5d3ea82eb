"""Transfers of memory that is reached through other memory: message arrays, control messages, argv, iocbs.

Each function gets a rule and a row and yields (direction, kind, bytes, what, address). They walk pieces that
capture kept and raise `Missing` where one is not there.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator
from struct import Struct, iter_unpack
from typing import Final

from tracer.account.row_expression import Missing, Scope, evaluate, find
from tracer.recording.captured import Row
from tracer.syscalls.model import (
    CMSGS,
    CONTROL,
    IMAGE,
    IN,
    IOCBS,
    LENGTHS,
    OUT,
    PAYLOAD,
    RECEIVED,
    SENT,
    STRINGS,
    Copy,
)
from tracer.syscalls.objects import Object
from tracer.syscalls.structures import IOCB, IOVEC, MMSGHDR, MSGHDR, SOCKADDR_STORAGE, UIO_MAXIOV
from tracer.wire import NO_ARG, When

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


def _cmsgs(copy: Copy, scope: Scope) -> Iterator[Found]:
    address, size = evaluate(copy.at, scope), evaluate(copy.size, scope)
    if size > 0:
        yield from _written_cmsgs(scope.row, copy.arg, address, size)


def _written_cmsgs(row: Row, arg: int, address: int, size: int) -> Iterator[Found]:
    data = find(row, arg, _EXIT, address)
    if len(data) < size:
        raise Missing
    for offset, length in control_messages(data[:size]):
        yield OUT, CONTROL, min(length, size - offset), "control message", address + offset


def _sent(copy: Copy, scope: Scope) -> Iterator[Found]:
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
            yield from _payload(row, arg, IN, iov, iovlen, _message_length(after, index))
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


def _payload(row: Row, arg: int, way: int, iov: int, iovlen: int, total: int) -> Iterator[Found]:
    if not total or not iovlen:
        return
    array = find(row, arg, _ENTRY, iov)
    if len(array) < iovlen * IOVEC:
        raise Missing
    for index, address, length in spread(array, iovlen, total):
        yield way, PAYLOAD, length, f"iov[{index}]", address


def _received(copy: Copy, scope: Scope) -> Iterator[Found]:
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
        yield from _payload(row, arg, OUT, iov, iovlen, _message_length(after, index))
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


def _pointers(row: Row, arg: int) -> list[int]:
    data = find(row, arg, _ENTRY, row.args[arg])
    pointers = [pointer for (pointer,) in iter_unpack("<Q", data[: len(data) // 8 * 8])]
    if not pointers or pointers[-1]:
        raise Missing
    return pointers[:-1]


def _strings(copy: Copy, scope: Scope) -> Iterator[Found]:
    """The pointers are read once to count them and once more with the strings (`count`, `copy_strings`)."""
    row, arg = scope.row, copy.arg
    pointers = _pointers(row, arg)
    yield IN, CONTROL, 8 * (len(pointers) + 1), f"{copy.what} pointers", row.args[arg]
    if pointers:
        yield IN, CONTROL, 8 * len(pointers), f"{copy.what} pointers", row.args[arg]
    for pointer, length in zip(pointers, _string_lengths(copy, row, pointers), strict=True):
        yield IN, CONTROL, length, copy.what, pointer


def _string_lengths(copy: Copy, row: Row, pointers: list[int]) -> list[int]:
    if copy.shape == LENGTHS:
        data = find(row, copy.arg, _ENTRY, 0)
        lengths = [length for (length,) in iter_unpack("<I", data[: len(data) // 4 * 4])]
        if len(lengths) != len(pointers):
            raise Missing
        return lengths
    texts = [find(row, copy.arg, _ENTRY, pointer) for pointer in pointers]
    if not all(text.endswith(b"\0") for text in texts):
        raise Missing
    return [len(text) for text in texts]


def _image(copy: Copy, scope: Scope) -> Iterator[Found]:
    """The new stack gets the platform's name, 16 random bytes, the pointers, and the auxiliary vector."""
    row = scope.row
    arguments, environment = (len(_pointers(row, arg)) for arg in (copy.arg - 1, copy.arg))
    auxv = find(row, NO_ARG, _EXIT, 0)
    yield OUT, CONTROL, 7, "platform name", 0
    yield OUT, CONTROL, 16, "AT_RANDOM", 0
    yield OUT, CONTROL, 8 * (1 + arguments + 1 + environment + 1), "argc, argv and envp", 0
    yield OUT, CONTROL, len(auxv), "auxiliary vector", 0


_PREAD, _PWRITE, _PREADV, _PWRITEV = 0, 1, 7, 8


def _iocbs(copy: Copy, scope: Scope) -> Iterator[Found]:
    """Each attempted request: its pointer, the iocb, the key written back, and for buffered files the data."""
    row, arg = scope.row, copy.arg
    number = max(evaluate(copy.entries, scope), 0)
    done = max(row.result, 0)
    tried = min(done + 1, number)
    if not tried or row.result == -errno.EINVAL:
        return
    pointers = find(row, arg, _ENTRY, row.args[arg])
    if len(pointers) < 8 * tried:
        raise Missing
    for index in range(tried):
        pointer = int.from_bytes(pointers[8 * index : 8 * index + 8], "little")
        iocb = find(row, arg, _ENTRY, pointer)
        if len(iocb) < IOCB:
            raise Missing
        yield IN, CONTROL, 8, "iocb pointer", row.args[arg] + 8 * index
        yield IN, CONTROL, IOCB, "iocb", pointer
        if index < done:
            yield OUT, CONTROL, 4, "aio_key", pointer + 8
            yield from _iocb_data(row, arg, iocb, scope.thing)
    if done < tried and row.result != -errno.EBADF:
        raise Missing


def _iocb_data(row: Row, arg: int, iocb: bytes, thing: Object) -> Iterator[Found]:
    """Buffered reads and writes move their data inside io_submit, as much as asked for unless the file ends."""
    opcode = int.from_bytes(iocb[16:18], "little")
    buffer, length = (int.from_bytes(iocb[start : start + 8], "little") for start in (24, 32))
    if opcode not in (_PREAD, _PWRITE, _PREADV, _PWRITEV):
        return
    if opcode in (_PREADV, _PWRITEV):
        yield IN, CONTROL, length * IOVEC, "iovec", buffer
    if thing is Object.DIRECT:
        return
    if thing is Object.UNKNOWN:
        raise Missing
    way = OUT if opcode in (_PREAD, _PREADV) else IN
    if opcode in (_PREAD, _PWRITE):
        yield way, PAYLOAD, length, "aio_buf", buffer
    else:
        yield from _payload(row, arg, way, buffer, length, 1 << 40)


NESTED: Final[dict[str, Callable[[Copy, Scope], Iterator[Found]]]] = {
    CMSGS: _cmsgs,
    SENT: _sent,
    RECEIVED: _received,
    STRINGS: _strings,
    LENGTHS: _strings,
    IMAGE: _image,
    IOCBS: _iocbs,
}
"""Shape of a rule to the function that lists its transfers."""
