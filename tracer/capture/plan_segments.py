"""Plan steps for segments of memory and control buffers, which messages and requests have as well."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from tracer.capture.memory import Reader
from tracer.capture.plan_expression import compile_expression
from tracer.syscalls.control_buffers import passed_descriptors
from tracer.syscalls.layouts import X86_64, Layout, Model, layout
from tracer.syscalls.model import IN, Copy
from tracer.wire import Reason, When

Step = Callable[[Reader, tuple[int, ...], int], None]
"""Keeps what one copy of a call leads to: (reader, arguments, result)."""

LARGEST_STRUCTURE: Final = 64 * 1024
"""Bytes kept of one control structure (an array of pollfds, a control buffer)."""
ENTRY: Final = int(When.ENTRY)
EXIT: Final = int(When.EXIT)
_IOVEC: Final = layout("iovec", X86_64)


def segments(copy: Copy, limit: int, redact: bool) -> Step:
    vector = layout("iovec", copy.model)
    at, size, arg, when = compile_expression(copy.at), compile_expression(copy.kept), copy.arg, copy.way

    def step(reader: Reader, args: tuple[int, ...], result: int) -> None:
        array = reader.recall(arg, ENTRY, at(reader, args, result))
        if array:
            budget = limit if when == IN else min(limit, size(reader, args, result))
            take_segments(reader, arg, when, array, budget, redact, vector)

    return step


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


def cmsgs(copy: Copy, _limit: int, _redact: bool) -> Step:
    at, size, arg, when = compile_expression(copy.at), compile_expression(copy.kept), copy.arg, copy.way

    def step(reader: Reader, args: tuple[int, ...], result: int) -> None:
        address, length = at(reader, args, result), min(size(reader, args, result), LARGEST_STRUCTURE)
        if address and length > 0:
            take_control(reader, arg, when, address, length, copy.model)

    return step


def take_control(reader: Reader, arg: int, when: int, address: int, length: int, model: Model) -> None:
    """Keep a control buffer, and after a receive what the descriptors in it lead to."""
    buffer = reader.take(arg, when, address, length)
    if when == EXIT:
        for fd in passed_descriptors(buffer, model):
            reader.take_received(fd)
