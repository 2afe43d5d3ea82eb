"""Which files' code lay where in every process at every moment.

Only mappings that can be executed count: what an exec or an attach found (`tracer.capture.maps`), mmap and mprotect
calls with PROT_EXEC, and whatever later covers or removes them. They change a few times in the life of a
process, so each change makes a new version of its process's table, and a question at row R is two bisections.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from struct import iter_unpack
from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa

from tracer.account.times import column
from tracer.analyze.mapped import mapped
from tracer.recording.captured import Row, captured
from tracer.syscalls.names import X32_BIT, name_of, number_of
from tracer.wire import NO_ARG, Kind, Spawn, When

_EXECUTABLE: Final = 4
_ANONYMOUS: Final = 0x20
_PAGE: Final = 4096
_MAPS: Final = ("mmap", "mmap2", "munmap", "mremap", "mprotect", "pkey_mprotect")
_ROOTS: Final = ("chroot", "pivot_root", "unshare", "setns", "mount", "move_mount")
_EXECS: Final = ("execve", "execveat")
_CALLS: Final = (*_MAPS, *_ROOTS, *_EXECS)
_AT_ENTRY: Final = 9
MADE: Final = "//made"
"""The path of code without a file, made while the program runs."""


class Code(NamedTuple):
    """A range of addresses with the code of a file."""

    start: int
    end: int
    offset: int
    """Of `start` in the file."""
    row: int
    """That mapped it; -1: it was there before the trace."""
    pid: int
    """Of the process that mapped it, of which this one may have been born since."""
    at_ns: int
    """When it was seen first, CLOCK_MONOTONIC."""
    path: str = ""
    inode: int = 0
    fd: int = -1
    """Of one that a call mapped: the descriptor, instead of path and inode."""


class Program(NamedTuple):
    """What a process executes, where only the auxiliary vector of its execve tells where it lies (getauxval(3)): it
    was gone before anybody could read its mappings."""

    path: str
    entry: int
    """AT_ENTRY: where the file's entry point is."""
    at_ns: int


class Space(NamedTuple):
    """A process's code from one row on."""

    row: int
    starts: tuple[int, ...]
    codes: tuple[Code, ...]
    root: bool = False
    """It sees the same files as who started the trace: the program, and what it started, until one of them changes
    its root or its mounts."""
    program: Program | None = None
    """Beside `codes`."""

    def at(self, address: int) -> Code | None:
        """The range that has an address."""
        place = bisect_right(self.starts, address) - 1
        return self.codes[place] if place >= 0 and address < self.codes[place].end else None


_NOTHING: Final = Space(-1, (), ())
_OURS: Final = Space(-1, (), (), root=True)


class Spaces:
    """All versions of all processes' tables. One thread adds, others may ask."""

    def __init__(self) -> None:
        self._rows = 0
        self._versions: dict[int, list[Space]] = {}
        self._unmapped: dict[int, str] = {}
        """The path of what a process executes, whose mappings are not known."""

    def add(self, batch: pa.RecordBatch) -> None:
        """Take in the next batch of the recording; batches must come in order."""
        kind, abi, nr = (column(batch, name) for name in ("kind", "abi", "nr"))
        wanted = (kind == Kind.SPAWN) | (kind == Kind.EXEC)
        for each in np.unique(abi).tolist():
            numbers = [number for name in _CALLS if (number := number_of(each, name)) is not None]
            wanted |= (kind == Kind.CALL) & (abi == each) & np.isin(nr & ~X32_BIT, numbers)
        rows = np.flatnonzero(wanted).tolist()
        if rows:
            flat, moments = captured(batch), column(batch, "at_ns")
            for index in rows:
                self._take_in(self._rows + index, flat.row(index), int(moments[index]))
        self._rows += batch.num_rows

    def at(self, row: int, pid: int) -> Space:
        """The code of process `pid` when row number `row` of the recording begins."""
        versions = self._versions.get(pid, [])
        place = bisect_right(versions, row, key=lambda each: each.row) - 1
        return versions[place] if place >= 0 else _NOTHING

    def _take_in(self, row: int, seen: Row, at_ns: int) -> None:
        if seen.kind == Kind.SPAWN:
            parent = seen.args[1]
            if seen.nr == Spawn.ATTACH:
                self._there(row, seen, at_ns, -1)
            elif seen.nr == Spawn.START:
                self._put(row, seen.pid, (), like=_OURS)
            elif parent != seen.pid and parent in self._versions:
                self._put(row, seen.pid, self._now(parent).codes, like=self._now(parent))
        elif seen.kind == Kind.EXEC:
            self._there(row, seen, at_ns, row)
        elif not -4096 < seen.result < 0:
            self._called(row, seen, at_ns)

    def _there(self, row: int, seen: Row, at_ns: int, since: int) -> None:
        """What `/proc/PID/maps` said."""
        lines = list(mapped(seen.pieces[2].data)) if len(seen.pieces) > 2 else []
        if not lines and seen.kind != Kind.EXEC:
            return
        codes = [
            Code(each.start, each.end, each.offset, since, seen.pid, at_ns, each.path or MADE, each.inode)
            for each in lines
            if "x" in each.permissions and each.offset is not None
        ]
        self._unmapped.pop(seen.pid, None)
        if not lines and len(seen.pieces) > 1:
            self._unmapped[seen.pid] = seen.pieces[1].data.decode(errors="surrogateescape")
        self._put(row, seen.pid, tuple(codes), like=self._now(seen.pid)._replace(program=None))

    def _called(self, row: int, seen: Row, at_ns: int) -> None:
        name = name_of(seen.abi, seen.nr)
        now = self._now(seen.pid)
        if name in _ROOTS:
            if now.root:
                self._put(row, seen.pid, now.codes, like=now._replace(root=False))
            return
        if name in _EXECS:
            path, entry = self._unmapped.pop(seen.pid, ""), _entry_of(seen)
            if path and entry:
                self._versions[seen.pid].append(now._replace(row=row, program=Program(path, entry, at_ns)))
            return
        known = now.codes
        start, length = seen.args[0], seen.args[1]
        if name == "mmap" or name == "mmap2":
            start = seen.result & 0xFFFFFFFFFFFFFFFF
            _, _, protection, flags, fd, offset = seen.args
            fresh: tuple[Code, ...] = ()
            if protection & _EXECUTABLE and flags & _ANONYMOUS:
                fresh = (Code(start, start + _pages(length), 0, row, seen.pid, at_ns, MADE),)
            elif protection & _EXECUTABLE:
                offset *= _PAGE if name == "mmap2" else 1
                fresh = (Code(start, start + _pages(length), offset, row, seen.pid, at_ns, fd=fd & 0x7FFFFFFF),)
        elif name == "mremap":
            fresh = _moved(known, seen)
        elif name == "munmap":
            fresh = ()
        elif seen.args[2] & _EXECUTABLE and not any(each.start <= start < each.end for each in known):
            # mprotect: memory that was written becomes code. What is a file's code already stays that.
            fresh = (Code(start, start + _pages(length), 0, row, seen.pid, at_ns, MADE),)
        else:
            return
        end = start + _pages(length)
        if fresh or any(each.start < end and start < each.end for each in known):
            rest = [piece for each in known for piece in _without(each, start, end)]
            self._put(row, seen.pid, tuple(sorted((*rest, *fresh))), like=now)

    def _now(self, pid: int) -> Space:
        versions = self._versions.get(pid)
        return versions[-1] if versions else _NOTHING

    def _put(self, row: int, pid: int, codes: tuple[Code, ...], *, like: Space) -> None:
        ordered = tuple(sorted(codes))
        # From the next row on: this one's own stack was taken when its call had returned, the change being made.
        self._versions.setdefault(pid, []).append(
            like._replace(row=row, starts=tuple([each.start for each in ordered]), codes=ordered)
        )


def _entry_of(seen: Row) -> int:
    """AT_ENTRY in the auxiliary vector that was kept with an execve; 0 when it was not."""
    for piece in seen.pieces:
        if piece.arg == NO_ARG and piece.when == When.EXIT and len(piece.data) >= 16:
            pairs = dict(iter_unpack("<QQ", piece.data[: len(piece.data) & ~15]))
            return int(pairs.get(_AT_ENTRY, 0))
    return 0


def _moved(known: tuple[Code, ...], seen: Row) -> tuple[Code, ...]:
    """What mremap (mremap(2)) took elsewhere."""
    old, old_size, new_size = seen.args[:3]
    new = seen.result & 0xFFFFFFFFFFFFFFFF
    return tuple(
        each._replace(start=each.start - old + new, end=min(each.end, old + new_size) - old + new)
        for each in known
        if old <= each.start and each.end <= old + _pages(old_size) and each.start < old + new_size
    )


def _without(code: Code, start: int, end: int) -> list[Code]:
    """What is left of a range when another covers a part of it."""
    if code.end <= start or end <= code.start:
        return [code]
    left = [code._replace(end=start)] if code.start < start else []
    if end < code.end:
        left.append(code._replace(start=end, offset=code.offset + end - code.start))
    return left


def _pages(size: int) -> int:
    return -(-size // _PAGE) * _PAGE


Naming = Callable[[int, int, int], str | None]
"""Row, process, descriptor: what it was when the row began."""
