"""Interest lists that were there when the trace began, as capture found them (`tracer.capture.inherited`)."""

from __future__ import annotations

import json
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tracer.analyze.descriptor_history import UNSEEN, Lives
from tracer.analyze.lines import Chunk
from tracer.analyze.row_places import RowPlaces
from tracer.analyze.waiting_sets_controls import FOUND
from tracer.wire import Kind, Spawn

_ALWAYS: Final = 0x8 | 0x10
"""EPOLLERR and EPOLLHUP: the kernel adds them to what was asked (fs/eventpoll.c, ep_insert)."""
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
        for epfd, entries in found_in(row.pieces[1].data.decode(errors="replace")).items():
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


def found_in(document: str) -> dict[int, list[tuple[int, int, int]]]:
    """By epoll descriptor the (descriptor, events, data) that were in its list when the trace began
    (`tracer.capture.inherited`); nothing when the document is missing, older or damaged."""
    try:
        fds = json.loads(document)["fds"]
        return {
            int(number): [(int(fd), int(events) & ~_ALWAYS, int(data)) for fd, events, data in each["interests"]]
            for number, each in fds.items()
            if "interests" in each
        }
    except (ValueError, TypeError, KeyError, AttributeError):
        return {}
