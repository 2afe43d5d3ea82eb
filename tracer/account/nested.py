"""Transfers of memory that is reached through other memory: message arrays, argv, the new stack, iocbs.

Each function gets a rule and a row and yields (direction, kind, bytes, what, address). They walk pieces that
capture kept and raise `Missing` where one is not there.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator
from struct import iter_unpack
from typing import Final

from tracer.account.nested_messages import Found, cmsgs, given_cmsgs, payload, received, sent
from tracer.account.row_expression import Missing, Scope, evaluate, find
from tracer.recording.captured import Row
from tracer.syscalls.layouts import Layout, layout
from tracer.syscalls.model import (
    CMSGS,
    CONTROL,
    GIVEN_CMSGS,
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
)  # fmt: skip
from tracer.syscalls.objects import Object
from tracer.syscalls.structures import IOCB
from tracer.wire import NO_ARG, When

_ENTRY, _EXIT = int(When.ENTRY), int(When.EXIT)


def _pointers(row: Row, arg: int, width: int) -> list[int]:
    data = find(row, arg, _ENTRY, row.args[arg])
    whole = data[: len(data) // width * width]
    pointers = [pointer for (pointer,) in iter_unpack("<Q" if width == 8 else "<I", whole)]
    if not pointers or pointers[-1]:
        raise Missing
    return pointers[:-1]


def _strings(copy: Copy, scope: Scope) -> Iterator[Found]:
    """The pointers are read once to count them and once more with the strings (`count`, `copy_strings`)."""
    row, arg, width = scope.row, copy.arg, copy.model.word
    pointers = _pointers(row, arg, width)
    yield IN, CONTROL, width * (len(pointers) + 1), f"{copy.what} pointers", row.args[arg]
    if pointers:
        yield IN, CONTROL, width * len(pointers), f"{copy.what} pointers", row.args[arg]
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
    """The new stack gets the platform's name, 16 random bytes, the pointers, and the auxiliary vector.

    They are those of the new program, which may have words of another size than the one that called execve."""
    row = scope.row
    arguments, environment = (len(_pointers(row, arg, copy.model.word)) for arg in (copy.arg - 1, copy.arg))
    auxv = find(row, NO_ARG, _EXIT, 0)
    short = _is_of_short_words(auxv)
    yield OUT, CONTROL, len(b"i686\0" if short else b"x86_64\0"), "platform name", 0
    yield OUT, CONTROL, 16, "AT_RANDOM", 0
    yield OUT, CONTROL, (4 if short else 8) * (1 + arguments + 1 + environment + 1), "argc, argv and envp", 0
    yield OUT, CONTROL, len(auxv), "auxiliary vector", 0


def _is_of_short_words(auxv: bytes) -> bool:
    """Whether an auxiliary vector is that of a 32-bit program: read in words of 64 bits, its first pair
    (AT_SYSINFO, an address) gives no type that exists (linux/auxvec.h)."""
    return int.from_bytes(auxv[:8], "little") > 0xFFFFFFFF


_PREAD, _PWRITE, _PREADV, _PWRITEV = 0, 1, 7, 8


def _iocbs(copy: Copy, scope: Scope) -> Iterator[Found]:
    """Each attempted request: its pointer, the iocb, the key written back, and for buffered files the data."""
    row, arg = scope.row, copy.arg
    number = max(evaluate(copy.entries, scope), 0)
    done = max(row.result, 0)
    tried = min(done + 1, number)
    if not tried or not row.args[0]:
        return
    if row.result == -errno.EINVAL:  # of the context, before any request is read, or of the first request
        raise Missing
    pointers, width = find(row, arg, _ENTRY, row.args[arg]), copy.model.word
    if len(pointers) < width * tried:
        raise Missing
    unknown = False
    for index in range(tried):
        pointer = int.from_bytes(pointers[width * index : width * (index + 1)], "little")
        iocb = find(row, arg, _ENTRY, pointer)
        if len(iocb) < IOCB:
            raise Missing
        yield IN, CONTROL, width, "iocb pointer", row.args[arg] + width * index
        yield IN, CONTROL, IOCB, "iocb", pointer
        if index < done:
            yield OUT, CONTROL, 4, "aio_key", pointer + 8
            try:
                yield from _iocb_data(row, arg, iocb, scope.thing, layout("iovec", copy.model))
            except Missing:  # the structures of the other requests are known all the same
                unknown = True
    if unknown or (done < tried and row.result != -errno.EBADF):
        raise Missing


def _iocb_data(row: Row, arg: int, iocb: bytes, thing: Object, vector: Layout) -> Iterator[Found]:
    """Buffered reads and writes move their data inside io_submit, as much as asked for unless the file ends."""
    opcode = int.from_bytes(iocb[16:18], "little")
    buffer, length = (int.from_bytes(iocb[start : start + 8], "little") for start in (24, 32))
    if opcode not in (_PREAD, _PWRITE, _PREADV, _PWRITEV):
        return
    if opcode in (_PREADV, _PWRITEV):
        yield IN, CONTROL, length * vector.size, "iovec", buffer
    if thing is Object.DIRECT:
        return
    if thing is Object.UNKNOWN:
        raise Missing
    way = OUT if opcode in (_PREAD, _PREADV) else IN
    if opcode in (_PREAD, _PWRITE):
        yield way, PAYLOAD, length, "aio_buf", buffer
    else:
        yield from payload(row, arg, way, buffer, length, 1 << 40, vector)


NESTED: Final[dict[str, Callable[[Copy, Scope], Iterator[Found]]]] = {
    CMSGS: cmsgs,
    GIVEN_CMSGS: given_cmsgs,
    SENT: sent,
    RECEIVED: received,
    STRINGS: _strings,
    LENGTHS: _strings,
    IMAGE: _image,
    IOCBS: _iocbs,
}
"""Shape of a rule to the function that lists its transfers."""
