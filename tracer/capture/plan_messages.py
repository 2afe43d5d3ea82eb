"""Plan steps for arrays of messages (sendmmsg, recvmmsg)."""

from __future__ import annotations

from tracer.capture.memory import Reader
from tracer.capture.plan_expression import compile_expression
from tracer.capture.plan_segments import ENTRY, EXIT, LARGEST_STRUCTURE, Step, take_control, take_segments
from tracer.syscalls.layouts import Model, layout
from tracer.syscalls.model import IN, RECEIVED, SENT, Copy
from tracer.syscalls.structures import SOCKADDR_STORAGE, UIO_MAXIOV


def messages(copy: Copy, limit: int, redact: bool) -> Step:
    return (_submitted if copy.way == IN else _returned)(copy, limit, redact)


def _submitted(copy: Copy, limit: int, redact: bool) -> Step:
    """At entry: the headers, their iovecs, and when sending all that is sent."""
    count, arg, sent = compile_expression(copy.entries), copy.arg, copy.shape == SENT
    entry, vectors = layout("mmsghdr", copy.model), layout("iovec", copy.model)
    size, fields = entry.size, layout("msghdr", copy.model).packed.unpack_from

    def step(reader: Reader, args: tuple[int, ...], result: int) -> None:
        vlen = min(max(count(reader, args, result), 0), UIO_MAXIOV)
        array = reader.take(arg, ENTRY, args[arg], vlen * size) if args[arg] and vlen else b""
        for start in range(0, len(array) - size + 1, size):
            name, namelen, iov, iovlen, control, controllen, _ = fields(array, start)
            vector = _take(reader, arg, ENTRY, iov, min(iovlen, UIO_MAXIOV) * vectors.size)
            if sent:
                _take(reader, arg, ENTRY, name, min(namelen, SOCKADDR_STORAGE))
                _take(reader, arg, ENTRY, control, min(controllen, LARGEST_STRUCTURE))
                take_segments(reader, arg, ENTRY, vector, limit, redact, vectors)

    return step


def _returned(copy: Copy, limit: int, redact: bool) -> Step:
    """At exit: the headers again (their lengths changed), and when receiving all that came."""
    arg, received, model = copy.arg, copy.shape == RECEIVED, copy.model
    size = layout("mmsghdr", model).size

    def step(reader: Reader, args: tuple[int, ...], result: int) -> None:
        if result <= 0 or not args[arg]:
            return
        before = reader.recall(arg, ENTRY, args[arg]) or b""
        array = reader.take(arg, EXIT, args[arg], min(result, UIO_MAXIOV) * size)
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
    _take(reader, arg, EXIT, name, min(room, namelen, SOCKADDR_STORAGE))
    if control and controllen:
        take_control(reader, arg, EXIT, control, min(controllen, LARGEST_STRUCTURE), model)
    length = int.from_bytes(after[header.size : header.size + 4], "little")
    if length:
        take_segments(reader, arg, EXIT, reader.recall(arg, ENTRY, iov) or b"", min(limit, length), redact,
                      layout("iovec", model))  # fmt: skip


def _take(reader: Reader, arg: int, when: int, address: int, length: int) -> bytes:
    return reader.take(arg, when, address, length) if address and length else b""
