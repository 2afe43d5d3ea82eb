"""Interest lists that were there when the trace began, as capture found them (`tracer.capture.inherited`)."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tracer.analyze.descriptors.history import UNSEEN, Lives
from tracer.analyze.inherited import interests_of
from tracer.analyze.lines.lines import Chunk
from tracer.analyze.row_places import RowPlaces
from tracer.analyze.waiting_sets.controls import FOUND
from tracer.wire import Kind, Spawn

_NAMES: Final = ("row", "line", "epoll", "fd", "op", "events", "data", "pid")


def lists_found(places: RowPlaces, lives: Lives, chunk: Chunk) -> tuple[list[int], dict[str, NDArray[Any]]]:
    """The epolls whose lists were found at the births in `chunk`, and the entries as columns (none: no columns)."""
    epolls: list[int] = []
    made: list[tuple[int, ...]] = []
    for at in np.flatnonzero(chunk.kind == Kind.SPAWN).tolist():
        number = int(chunk.row[at])
        row = places.row(number)
        if row.nr not in (Spawn.START, Spawn.ATTACH) or len(row.pieces) < 2:
            continue
        for epfd, entries in interests_of(row.pieces[1].data.decode(errors="replace")).items():
            (code,) = lives.at(np.array([row.pid << 32 | epfd]), np.array([number + 1])).tolist()
            if code != UNSEEN:
                epolls.append(code)
                made += [(number, chunk.first + at, code, fd, FOUND, *other, row.pid) for fd, *other in entries]
    if not made:
        return epolls, {}
    kinds = [np.uint64 if name == "data" else np.int64 for name in _NAMES]
    return epolls, {
        name: np.array(column, kind)
        for name, column, kind in zip(_NAMES, zip(*made, strict=True), kinds, strict=True)
    }
