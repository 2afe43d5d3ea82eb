"""Plan steps for memory that is reached through other memory: iovecs, message arrays, argv, iocbs."""

from __future__ import annotations

import errno
from collections.abc import Callable
from struct import iter_unpack
from typing import Final

from tracer.capture.memory import Reader, word
from tracer.capture.plan_expression import compile_expression
from tracer.syscalls.control_buffers import passed_descriptors
from tracer.syscalls.expression import NEVER
from tracer.syscalls.layouts import X86_64, Layout, Model, layout
from tracer.syscalls.model import (
    CMSGS,
    FDSIZE,
    GIVEN_CMSGS,
    IMAGE,
    IN,
    IOCBS,
    LENGTHS,
    LINK,
    RECEIVED,
    SEGMENTS,
    SENT,
    STRINGS,
    Copy,
)
from tracer.syscalls.structures import (
    IOCB,
    PATH_MAX,
    SOCKADDR_STORAGE,
    UIO_MAXIOV,
)
from tracer.wire import Reason

Step = Callable[[Reader, tuple[int, ...], int], None]

MOST_STRINGS: Final = 4096
"""Strings kept of one argv or envp; a longer array is cut off and its copies are unknown."""
MOST_IOCBS: Final = 1024
LARGEST_STRUCTURE: Final = 64 * 1024
"""Bytes kept of one control structure (an array of pollfds, a control buffer)."""
_ENTRY: Final = 0
_EXIT: Final = 1


def _segments(copy: Copy, limit: int, redact: bool) -> Step:
    vector = layout("iovec", copy.model)
    at, size, arg, when = compile_expression(copy.at), compile_expression(copy.kept), copy.arg, copy.way

    def step(reader: Reader, args: tuple[int, ...], result: int) -> None:
        array = reader.recall(arg, _ENTRY, at(reader, args, result))
        if array:
            budget = limit if when == IN else min(limit, size(reader, args, result))
            take_segments(reader, arg, when, array, budget, redact, vector)

    return step


_IOVEC: Final = layout("iovec", X86_64)


def take_segments(
    reader: Reader, arg: int, when: int, array: bytes, budget: int, redact: bool, vector: Layout = _IOVEC
) -> None:
    """Keep the first `budget` bytes of the segments named by an array of iovecs, each laid out like `vector`."""
    for base, length in vector.packed.iter_unpack(array[: len(array) // vector.size * vector.size]):
        if budget <= 0 and not redact:
            return
        if not length:
            continue
        if redact:
            reader.missing(arg, when, base, Reason.REDACTED)
            return
        kept = reader.take(arg, when, base, min(length, budget))
        if not kept:
            return
        budget -= len(kept)


def _cmsgs(copy: Copy, _limit: int, _redact: bool) -> Step:
    at, size, arg, when = compile_expression(copy.at), compile_expression(copy.kept), copy.arg, copy.way

    def step(reader: Reader, args: tuple[int, ...], result: int) -> None:
        address, length = at(reader, args, result), min(size(reader, args, result), LARGEST_STRUCTURE)
        if address and length > 0:
            take_control(reader, arg, when, address, length, copy.model)

    return step


def take_control(reader: Reader, arg: int, when: int, address: int, length: int, model: Model) -> None:
    """Keep a control buffer, and after a receive what the descriptors in it lead to."""
    buffer = reader.take(arg, when, address, length)
    if when == _EXIT:
        for fd in passed_descriptors(buffer, model):
            reader.take_link(fd)


def _messages(copy: Copy, limit: int, redact: bool) -> Step:
    return (_submitted if copy.way == IN else _returned)(copy, limit, redact)


def _submitted(copy: Copy, limit: int, redact: bool) -> Step:
    """At entry: the headers, their iovecs, and when sending all that is sent."""
    count, arg, sent = compile_expression(copy.entries), copy.arg, copy.shape == SENT
    entry, vectors = layout("mmsghdr", copy.model), layout("iovec", copy.model)
    size, fields = entry.size, layout("msghdr", copy.model).packed.unpack_from

    def step(reader: Reader, args: tuple[int, ...], result: int) -> None:
        vlen = min(max(count(reader, args, result), 0), UIO_MAXIOV)
        array = reader.take(arg, _ENTRY, args[arg], vlen * size) if args[arg] and vlen else b""
        for start in range(0, len(array) - size + 1, size):
            name, namelen, iov, iovlen, control, controllen, _ = fields(array, start)
            vector = _take(reader, arg, _ENTRY, iov, min(iovlen, UIO_MAXIOV) * vectors.size)
            if sent:
                _take(reader, arg, _ENTRY, name, min(namelen, SOCKADDR_STORAGE))
                _take(reader, arg, _ENTRY, control, min(controllen, LARGEST_STRUCTURE))
                take_segments(reader, arg, _ENTRY, vector, limit, redact, vectors)

    return step


def _returned(copy: Copy, limit: int, redact: bool) -> Step:
    """At exit: the headers again (their lengths changed), and when receiving all that came."""
    arg, received, model = copy.arg, copy.shape == RECEIVED, copy.model
    size = layout("mmsghdr", model).size

    def step(reader: Reader, args: tuple[int, ...], result: int) -> None:
        if result <= 0 or not args[arg]:
            return
        before = reader.recall(arg, _ENTRY, args[arg]) or b""
        array = reader.take(arg, _EXIT, args[arg], min(result, UIO_MAXIOV) * size)
        for start in range(0, min(len(array), len(before)) - size + 1, size):
            if received:
                _take_message(reader, arg, before[start:], array[start:], limit, redact, model)

    return step


def _take_message(
    reader: Reader, arg: int, before: bytes, after: bytes, limit: int, redact: bool, model: Model
) -> None:
    """One received message: `before` and `after` are its mmsghdr at the two stops."""
    header = layout("msghdr", model)
    name, room, iov, _, _, _, _ = header.packed.unpack_from(before)
    _, namelen, _, _, control, controllen, _ = header.packed.unpack_from(after)
    _take(reader, arg, _EXIT, name, min(room, namelen, SOCKADDR_STORAGE))
    if control and controllen:
        take_control(reader, arg, _EXIT, control, min(controllen, LARGEST_STRUCTURE), model)
    length = int.from_bytes(after[header.size : header.size + 4], "little")
    if length:
        take_segments(reader, arg, _EXIT, reader.recall(arg, _ENTRY, iov) or b"", min(limit, length), redact,
                      layout("iovec", model))  # fmt: skip


def _take(reader: Reader, arg: int, when: int, address: int, length: int) -> bytes:
    return reader.take(arg, when, address, length) if address and length else b""


def _strings(copy: Copy, _limit: int, redact: bool) -> Step:
    arg, only_lengths, width = copy.arg, copy.shape == LENGTHS, copy.model.word

    def step(reader: Reader, args: tuple[int, ...], _result: int) -> None:
        address = args[arg]
        if not address:
            return
        pointers = _pointers(reader, address, width)
        if not pointers:
            reader.missing(arg, _ENTRY, address, errno.EFAULT)
            return
        reader.keep(arg, _ENTRY, address, b"".join(each.to_bytes(width, "little") for each in pointers))
        if only_lengths:
            lengths = (len(reader.text_at(each, 32 * PATH_MAX)) for each in pointers if each)
            reader.keep(arg, _ENTRY, 0, b"".join(each.to_bytes(4, "little") for each in lengths))
            return
        for place, each in enumerate(pointers):
            if each and place and redact:  # a password on a command line; which program runs, the first tells
                reader.keep(arg, _ENTRY, each, _starred(reader.text_at(each, PATH_MAX)))
            elif each:
                reader.take_text(arg, _ENTRY, each, PATH_MAX)

    return step


def _starred(text: bytes) -> bytes:
    """As long, and nothing of it."""
    return b"*" * len(text.rstrip(b"\0")) + b"\0" * text.endswith(b"\0")


def _pointers(reader: Reader, address: int, width: int) -> list[int]:
    """The pointers of a NULL-terminated array, with the NULL; cut off at `MOST_STRINGS` or unreadable memory."""
    found: list[int] = []
    while len(found) < MOST_STRINGS:
        here = address + width * len(found)
        wanted = min(512, 4096 - here % 4096)
        piece = reader.peek(here, wanted if wanted >= width else width)
        for (pointer,) in iter_unpack("<Q" if width == 8 else "<I", piece[: len(piece) // width * width]):
            found.append(pointer)
            if not pointer:
                return found
        if len(piece) < width:
            break
    return found


def _image(_copy: Copy, _limit: int, _redact: bool) -> Step:
    return lambda reader, _args, _result: reader.take_auxv()


def _fdsize(copy: Copy, _limit: int, _redact: bool) -> Step:
    nfds = compile_expression(copy.entries)

    def step(reader: Reader, args: tuple[int, ...], result: int) -> None:
        wanted = nfds(reader, args, result)
        if wanted > 64:
            reader.take_fdsize(wanted)

    return step


def _link(copy: Copy, _limit: int, _redact: bool) -> Step:
    fd, addressed = compile_expression(copy.size), copy.entries != NEVER
    return lambda reader, args, result: reader.take_link(fd(reader, args, result), addressed)


def _iocbs(copy: Copy, limit: int, redact: bool) -> Step:
    count, arg, width = compile_expression(copy.entries), copy.arg, copy.model.word
    vector = layout("iovec", copy.model)

    def step(reader: Reader, args: tuple[int, ...], result: int) -> None:
        number = count(reader, args, result)
        if not args[arg] or not 0 < number < 1 << 8 * width - 1:
            return  # a negative number is refused before the array is read
        pointers = reader.take(arg, _ENTRY, args[arg], width * min(number, MOST_IOCBS))
        for place in range(0, len(pointers) - width + 1, width):
            pointer = int.from_bytes(pointers[place : place + width], "little")
            iocb = reader.take(arg, _ENTRY, pointer, IOCB)
            if len(iocb) == IOCB:
                _take_iocb_memory(reader, arg, iocb, limit, redact, vector)

    return step


def _take_iocb_memory(reader: Reader, arg: int, iocb: bytes, limit: int, redact: bool, vector: Layout) -> None:
    """What an iocb's buffer holds at submission: the bytes to write, or the iovec array of a vectored one."""
    opcode = int.from_bytes(iocb[16:18], "little")
    buffer, length = word(iocb, 24), word(iocb, 32)
    if opcode in (7, 8):
        vectors = reader.take(arg, _ENTRY, buffer, min(length, UIO_MAXIOV) * vector.size)
        if opcode == 8:
            take_segments(reader, arg, _ENTRY, vectors, limit, redact, vector)
    elif opcode == 1 and redact:
        reader.redacted(arg, _ENTRY, buffer)
    elif opcode == 1 and 0 < min(length, limit) <= 0x10000:
        reader.take(arg, _ENTRY, buffer, min(length, limit))


NESTED: Final[dict[str, Callable[[Copy, int, bool], Step]]] = {
    SEGMENTS: _segments,
    CMSGS: _cmsgs,
    GIVEN_CMSGS: _cmsgs,
    SENT: _messages,
    RECEIVED: _messages,
    STRINGS: _strings,
    LENGTHS: _strings,
    IMAGE: _image,
    FDSIZE: _fdsize,
    LINK: _link,
    IOCBS: _iocbs,
}
"""Shape of a copy to the maker of its step: (copy, payload bytes to keep, redact) -> step."""
