"""Plan steps for arrays of pointers: argument vectors, and the requests of native AIO."""

from __future__ import annotations

import errno
from struct import iter_unpack
from typing import Final

from tracer.capture.memory import Reader, word
from tracer.capture.plan_expression import compile_expression
from tracer.capture.plan_segments import ENTRY, Step, take_segments
from tracer.syscalls.layouts import Layout, layout
from tracer.syscalls.model import LENGTHS, Copy
from tracer.syscalls.structures import IOCB, PATH_MAX, UIO_MAXIOV

MOST_STRINGS: Final = 4096
"""Strings kept of one argv or envp; a longer array is cut off and its copies are unknown."""
MOST_IOCBS: Final = 1024


def strings(copy: Copy, _limit: int, redact: bool) -> Step:
    arg, only_lengths, width = copy.arg, copy.shape == LENGTHS, copy.model.word

    def step(reader: Reader, args: tuple[int, ...], _result: int) -> None:
        address = args[arg]
        if not address:
            return
        pointers = _pointers(reader, address, width)
        if not pointers:
            reader.missing(arg, ENTRY, address, errno.EFAULT)
            return
        reader.keep(arg, ENTRY, address, b"".join(each.to_bytes(width, "little") for each in pointers))
        if only_lengths:
            lengths = (len(reader.text_at(each, 32 * PATH_MAX)) for each in pointers if each)
            reader.keep(arg, ENTRY, 0, b"".join(each.to_bytes(4, "little") for each in lengths))
            return
        for place, each in enumerate(pointers):
            if each and place and redact:  # a password on a command line; which program runs, the first tells
                reader.keep(arg, ENTRY, each, _starred(reader.text_at(each, PATH_MAX)))
            elif each:
                reader.take_text(arg, ENTRY, each, PATH_MAX)

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


def iocbs(copy: Copy, limit: int, redact: bool) -> Step:
    count, arg, width = compile_expression(copy.entries), copy.arg, copy.model.word
    vector = layout("iovec", copy.model)

    def step(reader: Reader, args: tuple[int, ...], result: int) -> None:
        number = count(reader, args, result)
        if not args[arg] or not 0 < number < 1 << 8 * width - 1:
            return  # a negative number is refused before the array is read
        pointers = reader.take(arg, ENTRY, args[arg], width * min(number, MOST_IOCBS))
        for place in range(0, len(pointers) - width + 1, width):
            pointer = int.from_bytes(pointers[place : place + width], "little")
            iocb = reader.take(arg, ENTRY, pointer, IOCB)
            if len(iocb) == IOCB:
                _take_iocb_memory(reader, arg, iocb, limit, redact, vector)

    return step


def _take_iocb_memory(reader: Reader, arg: int, iocb: bytes, limit: int, redact: bool, vector: Layout) -> None:
    """What an iocb's buffer holds at submission: the bytes to write, or the iovec array of a vectored one."""
    opcode = int.from_bytes(iocb[16:18], "little")
    buffer, length = word(iocb, 24), word(iocb, 32)
    if opcode in (7, 8):
        vectors = reader.take(arg, ENTRY, buffer, min(length, UIO_MAXIOV) * vector.size)
        if opcode == 8:
            take_segments(reader, arg, ENTRY, vectors, limit, redact, vector)
    elif opcode == 1 and redact:
        reader.redacted(arg, ENTRY, buffer)
    elif opcode == 1 and 0 < min(length, limit) <= 0x10000:
        reader.take(arg, ENTRY, buffer, min(length, limit))
