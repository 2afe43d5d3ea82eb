"""Traces for figures, written down as rows: what each model does for one message, with round times."""

from __future__ import annotations

from collections.abc import Sequence
from struct import pack
from typing import Any

from tests.tracer.analyze.runs import mark
from tests.tracer.rows import EXIT, TestRow, batch, piece, row
from tracer.analyze.figure.messages import Messages
from tracer.recording.header import Header
from tracer.wire import NO_ARG, RING_COMPLETION, RING_SUBMISSION, Kind, Source

EAGAIN = -11
MS, US = 1_000_000, 1_000
GENERIC = Header(command=("prog",), source="schedstat", pid=4241)
MODEL = Header(command=("some",), model="some", source="schedstat", pid=4241)


def call(name: str, *args: int, at: int, user: int = 0, kernel: int = 0, blocked: int = 0, **other: Any) -> TestRow:
    """A call entered at `at` ns that ran `user` before and `kernel` inside, and slept `blocked`."""
    wall = kernel + blocked
    clocks = {
        "at_ns": at, "user_run_ns": user, "user_wall_ns": user, "run_ns": kernel, "wall_ns": wall,
        "span_ns": user + wall, "stops": 1, "switches": 2 if blocked else 1, "source": int(Source.SCHEDSTAT),
    }  # fmt: skip
    return row(name, *args, **{**clocks, **other})


def message(fd: int, at: int, size: int = 64, sent: int = 0, **other: Any) -> TestRow:
    """A read that brings one message, with the time it was sent in bytes 8 to 15."""
    data = bytes(8) + sent.to_bytes(8, "little") + bytes(48)
    return call("read", fd, 0x1000, size, at=at, result=size, memory=[piece(1, EXIT, 0x1000, data)], **other)


def empty(fd: int, at: int, **other: Any) -> TestRow:
    """A read that finds nothing."""
    return call("read", fd, 0x1000, 64, at=at, result=EAGAIN, **other)


def woken(at: int, ready: int = 1, **other: Any) -> TestRow:
    """An epoll_wait that comes back."""
    return call("epoll_wait", 7, 0x2000, 64, -1, at=at, result=ready, **other)


def signal(at: int, fd: int) -> TestRow:
    """SIGRTMIN+1 with POLL_IN and si_fd, as F_SETSIG has it sent."""
    info = pack("<iii4xqi100x", 35, 0, 1, 65, fd)
    return row(35, kind=Kind.SIGNAL, at_ns=at, memory=[piece(NO_ARG, EXIT, 0, info)])


def measured(*rows: TestRow, until: int) -> list[TestRow]:
    """The rows inside the phase `measure`."""
    return [mark(1, "begin measure"), *rows, mark(until, "end measure")]


def entered_ring(at: int, key: int, fd: int, length: int, result: int, **other: Any) -> TestRow:
    """An io_uring_enter that submits one READ and brings its completion."""
    sqe = pack("<BBHiQQIIQ24x", 22, 0, 0, fd, 0, 0x3000, length, 0, key)
    memory = [
        piece(RING_SUBMISSION, 0, 0x100, sqe),
        piece(RING_COMPLETION, EXIT, 0x200, pack("<QiI", key, result, 0) + sqe),
    ]
    return call("io_uring_enter", 6, 1, 1, 1, 0, 0, at=at, result=1, memory=memory, **other)


def messages_of(*batches: Sequence[TestRow], header: Header = GENERIC) -> Messages:
    """The messages of a recording of these batches."""
    return Messages.of(header, [batch(rows) for rows in batches])
