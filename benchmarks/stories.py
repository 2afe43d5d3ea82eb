"""What the threads of a generated recording do: short runs of calls, as tables, one line a call.

A line is a call with its arguments, its result, its costs and the memory that capture would have kept. A story is
told again and again with other descriptors and other times (`benchmarks.generate`).
"""

from __future__ import annotations

import errno
from dataclasses import dataclass, fields
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tracer.syscalls.names import number_of
from tracer.wire import Abi, When

FD: Final = -101
"""In place of an argument or a result: the descriptor of this telling of the story."""
EPOLL: Final = -102
"""The thread's epoll descriptor."""

PATH: Final = 27
"""Bytes of every path, with its NUL."""
EVENT: Final = 12
"""struct epoll_event."""
_BUFFER: Final = 0x7F30_0000_1000
_AT_FDCWD: Final = 0xFFFF_FF9C


@dataclass(frozen=True)
class Line:
    """One call. Times in ns."""

    name: str
    args: tuple[int, ...]
    result: int
    kernel: int
    blocked: int = 0
    user: int = 400
    piece: tuple[int, When, str, int] | None = None
    """Argument, stop, what is in it (path, event, bytes) and how many bytes of it were kept."""


def _read(fd: int, size: int, result: int, kernel: int, blocked: int = 0) -> Line:
    kept = (1, When.EXIT, "bytes", min(result, 64)) if result > 0 else None
    return Line("read", (fd, _BUFFER, size), result, kernel, blocked, piece=kept)


def _write(fd: int, size: int, kernel: int) -> Line:
    return Line("write", (fd, _BUFFER, size), size, kernel, piece=(1, When.ENTRY, "bytes", min(size, 64)))


def _event(blocked: int) -> Line:
    return Line("epoll_wait", (EPOLL, _BUFFER, 64, 1000), 1, 900, blocked, piece=(1, When.EXIT, "event", EVENT))


def _register(operation: int) -> Line:
    return Line("epoll_ctl", (EPOLL, operation, FD, _BUFFER), 0, 700, piece=(3, When.ENTRY, "event", EVENT))


_EMPTY: Final = _read(3, 64, -errno.EAGAIN, 260)

STORIES: Final[dict[str, tuple[Line, ...]]] = {
    "accept": (
        _event(300_000),
        Line("accept4", (4, 0, 0, 0o4000), FD, 4_000),
        _register(1),
        *(line for _ in range(8) for line in (_event(60_000), _read(FD, 4096, 512, 900), _write(FD, 1024, 3_100))),
        _event(60_000),
        _read(FD, 4096, 0, 500),
        Line("close", (FD,), 0, 2_400),
    ),
    "spin": (*[_EMPTY] * 199, _read(3, 64, 64, 700)),
    "file": (
        Line("openat", (_AT_FDCWD, _BUFFER, 0o2000000, 0), FD, 2_600, piece=(1, When.ENTRY, "path", PATH)),
        Line("fstat", (FD, _BUFFER), 0, 500, piece=(1, When.EXIT, "bytes", 144)),
        _read(FD, 65536, 65536, 9_000, 80_000),
        _read(FD, 65536, 65536, 9_000),
        _read(FD, 65536, 20480, 4_000),
        _read(FD, 65536, 0, 300),
        Line("close", (FD,), 0, 600),
    ),
    "listen": (
        Line("epoll_create1", (0o2000000,), EPOLL, 1_500),
        Line("epoll_ctl", (EPOLL, 1, 4, _BUFFER), 0, 700, piece=(3, When.ENTRY, "event", EVENT)),
    ),
    "wait": (Line("futex", (_BUFFER, 128, 0), 0, 1_200, 1),),
    "leave": (Line("munmap", (_BUFFER, 4096), 0, 3_000),),
}  # fmt: skip
"""By name; the first four are what threads do over and over, or first."""


@dataclass(frozen=True)
class Table:
    """All stories one below the other: story s has the lines first[s] up to first[s] + length[s] - 1."""

    first: NDArray[np.int64]
    length: NDArray[np.int64]
    nr: NDArray[np.int32]
    args: NDArray[np.int64]
    result: NDArray[np.int64]
    kernel: NDArray[np.int64]
    blocked: NDArray[np.int64]
    user: NDArray[np.int64]
    piece_arg: NDArray[np.uint8]
    piece_when: NDArray[np.uint8]
    piece_size: NDArray[np.int64]
    """Bytes of the line's piece, 0 = it has none."""
    path: NDArray[np.bool_]
    event: NDArray[np.bool_]


def table() -> Table:
    """`STORIES` as columns."""
    lines = [line for story in STORIES.values() for line in story]
    length = np.array([len(story) for story in STORIES.values()])
    numbers = [number_of(Abi.X86_64, line.name) for line in lines]
    args = np.zeros((len(lines), 6), np.int64)
    for index, line in enumerate(lines):
        args[index, : len(line.args)] = line.args
    pieces = [line.piece or (0, When.ENTRY, "", 0) for line in lines]
    arg, when, what, size = (np.array(column) for column in zip(*pieces, strict=True))
    result, kernel, blocked, user = (np.array([getattr(line, f.name) for line in lines]) for f in fields(Line)[2:6])
    return Table(
        np.cumsum(length) - length, length, np.array(numbers, np.int32), args, result, kernel, blocked, user,
        arg.astype(np.uint8), when.astype(np.uint8), size.astype(np.int64), what == "path", what == "event",
    )  # fmt: skip
