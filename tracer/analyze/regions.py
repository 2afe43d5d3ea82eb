"""What lies at an address of a process at a moment: heap, stack, a mapped file, anonymous memory.

Every call that changes an address space (mmap, munmap, mremap, brk, clone with a stack of its own), and what was
mapped at an exec or when the process was attached to (`tracer.capture.maps`), is kept as one range in order of the
recording. What lies at an address at row R is then the last range before R that covers it: no address space is ever
rebuilt, and a question costs one pass over the ranges of the run.

A process that has no range of its own there has what its parent had when it was born (fork(2)).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa

from tracer.account.times import column
from tracer.analyze.mapped import mapped
from tracer.analyze.region_table import EVERYWHERE, Birth, RegionTable, What
from tracer.recording.captured import Piece, Row, captured
from tracer.syscalls.names import X32_BIT, name_of, number_of
from tracer.wire import Kind, Spawn, When

_PAGE: Final = 4096
STACK_ROOM: Final = 128 << 20
"""Below the end of the stack the kernel leaves at least so many bytes to grow into (`mmap_base`,
arch/x86/mm/mmap.c, mm/util.c)."""
_ANONYMOUS: Final = 0x20
_SHARED, _STACK, _GROWS_DOWN = 0x01, 0x20000, 0x100
_DONT_UNMAP: Final = 4
_CLONE_VM, _CLONE_THREAD = 0x100, 0x10000
_MAP_CALLS: Final = ("mmap", "mmap2", "munmap", "mremap", "brk", "clone", "clone3")
_MOST_MOVES: Final = 64
"""Of a mapping that was moved again and again, so many moves are followed back."""


@dataclass(frozen=True, slots=True)
class Region:
    """A range of addresses. `start` and `end` are those of the change that made it."""

    what: What
    start: int = 0
    end: int = 0
    row: int = -1
    """Row that mapped it; -1 when it was there at an exec, or before the trace."""
    fd: int = -1
    """Of a file mapped by a call: the descriptor."""
    path: str = ""
    """Of one that was there at an exec or before the trace."""
    tid: int = 0
    """Of a thread's stack: the thread, when its birth was seen."""
    shared: bool = False
    """Writes are seen by others (MAP_SHARED)."""


NOTHING_KNOWN: Final = Region(What.UNKNOWN)


class Regions:
    """The changes of all address spaces so far. One thread adds, others may ask."""

    def __init__(self) -> None:
        self._rows = 0
        self._table = RegionTable()
        self._paths: list[str] = []
        self._breaks: dict[int, tuple[int, int]] = {}
        """Start and end of the heap, by process."""

    def add(self, batch: pa.RecordBatch) -> None:
        """Take in the next batch of the recording; batches must come in order."""
        kind, abi, nr = (column(batch, name) for name in ("kind", "abi", "nr"))
        wanted = (kind == Kind.SPAWN) | (kind == Kind.EXEC)
        for each in np.unique(abi).tolist():
            numbers = [number for name in _MAP_CALLS if (number := number_of(each, name)) is not None]
            wanted |= (kind == Kind.CALL) & (abi == each) & np.isin(nr & ~X32_BIT, numbers)
        rows = np.flatnonzero(wanted).tolist()
        if rows:
            flat = captured(batch)
            for index in rows:
                self._take_in(self._rows + index, flat.row(index))
        self._rows += batch.num_rows

    def at(self, row: int, pid: int, address: int) -> Region:
        """What lies at `address` of process `pid` when row number `row` of the recording begins."""
        for _ in range(_MOST_MOVES):
            found = self._table.last(row, pid, address)
            if found is None or found["what"] != What.MOVED:
                return NOTHING_KNOWN if found is None else self._region(found)
            address = int(found["about"]) + address - int(found["start"])
            row, pid = int(found["row"]), int(found["pid"])
        return NOTHING_KNOWN

    def _region(self, found: Any) -> Region:
        what, about, row = What(int(found["what"])), int(found["about"]), int(found["row"])
        initial = about < -1
        return Region(
            what,
            int(found["start"]),
            int(found["end"]),
            -1 if initial else row,
            about if what is What.FILE and not initial else -1,
            self._paths[-2 - about] if initial else "",
            about if what is What.THREAD_STACK and about > 0 else 0,
            bool(found["shared"]),
        )

    def _take_in(self, row: int, seen: Row) -> None:
        if seen.kind == Kind.SPAWN:
            self._born(row, seen)
        elif seen.kind == Kind.EXEC:
            self._table.put(row, seen.pid, 0, EVERYWHERE, What.UNKNOWN)
            self._breaks.pop(seen.pid, None)
            self._there(row, seen.pid, seen.pieces, 2)
        elif not -4096 < seen.result < 0:
            _CALLS[name_of(seen.abi, seen.nr)](self, row, seen)

    def _born(self, row: int, seen: Row) -> None:
        if seen.nr == Spawn.ATTACH:
            self._there(row, seen.pid, seen.pieces, 2)
        parent = seen.args[1]
        if parent and parent != seen.pid:
            self._table.births[seen.pid] = Birth(parent, row, seen.nr == Spawn.VFORK)
            if parent in self._breaks:
                self._breaks[seen.pid] = self._breaks[parent]

    def _there(self, row: int, pid: int, pieces: tuple[Piece, ...], place: int) -> None:
        """What `/proc/PID/maps` said."""
        found = list(mappings(pieces[place].data)) if place < len(pieces) else []
        for start, end, _, path in found:
            if path == "[stack]":
                self._table.put(row, pid, max(0, end - STACK_ROOM), end, What.STACK, self._path(path))
            elif path == "[heap]":
                self._breaks[pid] = (start, end)
        named, before = "", 0
        for start, end, permissions, path in found:
            # What follows a program's file directly and has no name is its zeroed data (.bss).
            named = path if path or start != before else named
            before = end
            self._table.put(row, pid, start, end, _what(path), self._path(named), "s" in permissions)

    def _path(self, path: str) -> int:
        """A path as a number below -1."""
        if not self._paths or self._paths[-1] != path:
            self._paths.append(path)
        return -1 - len(self._paths)

    # --- the calls ----------------------------------------------------------------------------------------------

    def _mmap(self, row: int, seen: Row) -> None:
        _, length, _, flags, fd, _ = seen.args
        start = seen.result & EVERYWHERE
        what, about = What.FILE, fd & 0x7FFFFFFF
        if flags & _ANONYMOUS:
            what, about = (What.THREAD_STACK, -1) if flags & (_STACK | _GROWS_DOWN) else (What.ANONYMOUS, -1)
        self._table.put(row, seen.pid, start, start + _pages(length), what, about, bool(flags & _SHARED))

    def _munmap(self, row: int, seen: Row) -> None:
        self._table.put(row, seen.pid, seen.args[0], seen.args[0] + _pages(seen.args[1]), What.UNMAPPED)

    def _mremap(self, row: int, seen: Row) -> None:
        old, old_size, new_size, flags = seen.args[:4]
        start = seen.result & EVERYWHERE
        if start != old and not flags & _DONT_UNMAP:
            self._table.put(row, seen.pid, old, old + _pages(old_size), What.UNMAPPED)
        elif _pages(new_size) < _pages(old_size):
            self._table.put(row, seen.pid, old + _pages(new_size), old + _pages(old_size), What.UNMAPPED)
        self._table.put(row, seen.pid, start, start + _pages(new_size), What.MOVED, old)

    def _brk(self, row: int, seen: Row) -> None:
        """A break that could not be moved is returned as it was."""
        now = seen.result & EVERYWHERE
        start, end = self._breaks.get(seen.pid, (now, now))
        self._breaks[seen.pid] = (start, now)
        if now < end:
            self._table.put(row, seen.pid, now, end, What.UNMAPPED)
        elif now > end:
            self._table.put(row, seen.pid, start, _pages(now), What.HEAP)

    def _clone(self, row: int, seen: Row) -> None:
        """Only the top of the stack is told: the stack is the mapping that it lies in."""
        top = seen.args[1]
        if seen.args[0] & _CLONE_THREAD and top:
            found = self._table.last(row, seen.pid, top - 1)
            if found is not None and found["what"] in (What.ANONYMOUS, What.THREAD_STACK):
                start, end = int(found["start"]), int(found["end"])
                self._table.put(row, seen.pid, start, end, What.THREAD_STACK, seen.result)

    def _clone3(self, row: int, seen: Row) -> None:
        """struct clone_args: flags, ..., stack, stack_size, tls (clone3(2))."""
        data = next((piece.data for piece in seen.pieces if piece.when == When.ENTRY and piece.arg == 0), b"")
        flags, start, size = (int.from_bytes(data[at : at + 8], "little") for at in (0, 40, 48))
        if flags & _CLONE_THREAD and start and len(data) >= 56:
            self._table.put(row, seen.pid, start, start + size, What.THREAD_STACK, seen.result)


def mappings(text: bytes) -> Iterator[tuple[int, int, str, str]]:
    """Start, end, permissions and path of every line of `tracer.capture.maps`; damaged lines are left out."""
    for each in mapped(text):
        yield each.start, each.end, each.permissions, each.path


def _what(path: str) -> What:
    if path[:1] == "[":
        return {"[heap]": What.HEAP, "[stack]": What.STACK}.get(path, What.KERNEL)
    return What.FILE if path else What.ANONYMOUS


def _pages(size: int) -> int:
    return -(-size // _PAGE) * _PAGE


_CALLS: Final = {
    "mmap": Regions._mmap, "mmap2": Regions._mmap, "munmap": Regions._munmap, "mremap": Regions._mremap,
    "brk": Regions._brk, "clone": Regions._clone, "clone3": Regions._clone3,
}  # fmt: skip
