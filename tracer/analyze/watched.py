"""Which descriptor an epoll event is about, at any row of a recording: for views that decode the rows on screen.

`struct epoll_event` carries 64 bits of the program's own choice, often a pointer; only the epoll_ctl that
registered them tells the descriptor. `Watching` is given every batch once, in order, as it arrives; `at(batch, row,
pid)` then makes the lookup that `tracer.decode.call.call_text` takes:

    watching = Watching()
    for batch in batches: watching.add(batch)
    text = call_text(batches[5], 17, watching.at(5, 17, pid))
"""

from __future__ import annotations

import errno
from bisect import bisect_left
from struct import Struct
from typing import Final

import numpy as np
import pyarrow as pa

from tracer.account.times import column
from tracer.analyze.inherited import interests_of
from tracer.analyze.interests import CTL_DEL
from tracer.decode.look import Watched
from tracer.recording.captured import Row, captured
from tracer.syscalls.names import X32_BIT, number_of
from tracer.wire import Abi, Kind, Spawn

_PACKED, _ALIGNED = Struct("<IQ"), Struct("<IxxxxQ")
_Key = tuple[int, int, int]
"""Process, epoll descriptor, data."""


class Watching:
    """Every registration seen so far, with the place it was made at. Memory: some hundred bytes a registration."""

    def __init__(self) -> None:
        self._batches = 0
        self._made: dict[_Key, tuple[list[int], list[int]]] = {}
        """Places (batch << 32 | row), ascending, and the descriptor registered at each."""
        self._parents: dict[int, int] = {}

    def add(self, batch: pa.RecordBatch) -> None:
        """Take in the next batch of the recording."""
        number, self._batches = self._batches, self._batches + 1
        kind, abi, nr = (column(batch, name) for name in ("kind", "abi", "nr"))
        born = kind == Kind.SPAWN
        registers = np.zeros(len(kind), np.bool_)
        for each in np.unique(abi).tolist():
            wanted = number_of(each, "epoll_ctl")
            if wanted is not None:
                registers |= (kind == Kind.CALL) & (abi == each) & ((nr & ~X32_BIT) == wanted)
        flat = captured(batch)
        for index in np.flatnonzero(born | registers).tolist():
            row = flat.row(index)
            if born[index]:
                if row.args[1] != row.pid:
                    self._parents.setdefault(row.pid, row.args[1])
                self._found(number << 32 | index, row)
            else:
                self._register(number << 32 | index, row)

    def _found(self, place: int, row: Row) -> None:
        """What was registered before the trace began."""
        if row.nr not in (Spawn.START, Spawn.ATTACH) or len(row.pieces) < 2:
            return
        for epfd, entries in interests_of(row.pieces[1].data.decode(errors="replace")).items():
            for fd, _, data in entries:
                self._make(place, (row.pid, epfd, data), fd)

    def _make(self, place: int, key: _Key, fd: int) -> None:
        places, fds = self._made.setdefault(key, ([], []))
        places.append(place)
        fds.append(fd)

    def _register(self, place: int, row: Row) -> None:
        epfd, operation, fd = (value & 0xFFFFFFFF for value in row.args[:3])
        if row.result not in (0, -errno.EEXIST) or operation == CTL_DEL:
            return
        layout = _ALIGNED if row.abi == Abi.AARCH64 else _PACKED
        for piece in row.pieces:
            if piece.arg == 3 and not piece.reason and len(piece.data) >= layout.size:
                self._make(place, (row.pid, epfd, layout.unpack_from(piece.data)[1]), fd)

    def at(self, batch: int, row: int, pid: int) -> Watched:
        """The lookup as it was at row `row` of batch number `batch`, a row of process `pid`. It may be used after
        more batches were added: what they registered came later and changes nothing."""
        place = batch << 32 | row

        def watched(epfd: int, data: int) -> int | None:
            process, seen = pid, {pid}
            while True:
                places, fds = self._made.get((process, epfd & 0xFFFFFFFF, data), _NEVER)
                index = bisect_left(places, place)
                if index:
                    return fds[index - 1]
                process = self._parents.get(process, process)
                if process in seen:
                    return None
                seen.add(process)

        return watched


_NEVER: Final[tuple[list[int], list[int]]] = ([], [])
