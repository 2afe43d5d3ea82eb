"""The calls that open, copy and close most descriptors, all of a batch's at once.

The same changes as the rules of `tracer.analyze.openings` give one call at a time, for a third of the time: what a
program does with files is mostly these.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tracer.analyze.changes import Change, Cloexec, Close, Copied, Opened
from tracer.analyze.columns import Columns
from tracer.analyze.openings.openings import RULES, object_of
from tracer.analyze.returned import O_CLOEXEC, O_NONBLOCK, Returned, text_of
from tracer.syscalls.objects import Object
from tracer.wire import When

Ints = NDArray[np.int64]
Changes = tuple[Change, ...]
_F_DUPFD, _F_SETFD, _F_DUPFD_CLOEXEC = 0, 2, 1030
_FLAGS: Final = O_NONBLOCK | O_CLOEXEC


def changes_by_many(name: str, columns: Columns, rows: Ints) -> list[Changes]:
    """What the calls in `rows`, all named `name`, changed."""
    many = _MANY.get(name)
    return list(many(columns, rows)) if many is not None else list(_each(name, columns, rows))


def _each(name: str, columns: Columns, rows: Ints) -> Iterator[Changes]:
    rule = RULES[name]
    registers, results = columns.args[rows].tolist(), columns.result[rows].tolist()
    for row, args, result in zip(rows.tolist(), registers, results, strict=True):
        yield tuple(rule(Returned(args, result, columns.memory, row)))


def _close(columns: Columns, rows: Ints) -> Iterator[Changes]:
    return ((Close(fd),) for fd in _fds(columns, rows))


def _open(path: int, name: str) -> Callable[[Columns, Ints], Iterator[Changes]]:
    def many(columns: Columns, rows: Ints) -> Iterator[Changes]:
        results, flags = columns.result[rows].tolist(), columns.args[rows, path + 1].tolist()
        for fd, given, content in zip(results, flags, _paths(columns, rows, path), strict=True):
            what, thing = _file(content, given & ~_FLAGS)
            yield (Opened(fd, what, name, bool(given & O_NONBLOCK), bool(given & O_CLOEXEC), thing),)

    return many


def _paths(columns: Columns, rows: Ints, path: int) -> list[bytes | None]:
    """What was captured of each row's path, None where it is missing."""
    wanted = np.zeros(len(columns.kind), np.bool_)
    wanted[rows] = True
    pieces = columns.memory.pieces(wanted, (path,), When.ENTRY)
    found: list[bytes | None] = [None] * len(rows)
    data = pieces.content.data
    places = np.searchsorted(rows, pieces.row)
    ends = pieces.start + pieces.size
    for place, start, end in zip(places.tolist(), pieces.start.tolist(), ends.tolist(), strict=True):
        if found[place] is None:
            found[place] = bytes(data[start:end])
    return found


@lru_cache(1 << 14)
def _file(content: bytes | None, flags: int) -> tuple[str, Object]:
    what = text_of(content)
    return what, object_of(what, flags)


def _fcntl(columns: Columns, rows: Ints) -> Iterator[Changes]:
    args, results, memory = columns.args[rows].tolist(), columns.result[rows].tolist(), columns.memory
    for row, registers, result in zip(rows.tolist(), args, results, strict=True):
        fd, command = registers[0] & 0xFFFFFFFF, registers[1] & 0xFFFFFFFF
        if command in (_F_DUPFD, _F_DUPFD_CLOEXEC):
            yield (Copied(result, fd, "fcntl", command == _F_DUPFD_CLOEXEC),)
        elif command == _F_SETFD:
            yield (Cloexec(fd, bool(registers[2] & 1)),)
        else:
            yield tuple(RULES["fcntl"](Returned(registers, result, memory, row)))


def _fds(columns: Columns, rows: Ints) -> list[int]:
    numbers: list[int] = (columns.args[rows, 0] & np.uint64(0xFFFFFFFF)).tolist()
    return numbers


_MANY: Final[dict[str, Callable[[Columns, Ints], Iterator[Changes]]]] = {
    "close": _close,
    "open": _open(0, "open"),
    "openat": _open(1, "openat"),
    "fcntl": _fcntl,
    "fcntl64": _fcntl,
}
