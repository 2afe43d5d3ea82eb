"""From one place of the list to the next that matters: the same descriptor, the next failure, the same thread."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tracer.analyze.filter.gather import gathered
from tracer.analyze.filter.known import Known
from tracer.analyze.filter.matches import Shown
from tracer.analyze.lines.lines import CHUNK, FAILED, WASTED, Chunk

_FIRST_LOOK = 1 << 10


def same_descriptor(known: Known, shown: Shown, position: int, step: int) -> int | None:
    """The position of the next (`step` 1) or previous (-1) call on the descriptor of the call at `position`; None
    when there is none, or it used none."""
    fd = int(known.line(shown.line(position)).fd[0])
    return _next(known, shown, position, step, lambda chunk: chunk.fd == fd) if fd >= 0 else None


def next_trouble(known: Known, shown: Shown, position: int, step: int) -> int | None:
    """The position of the next or previous call that failed or was wasted, None when there is none."""
    return _next(known, shown, position, step, lambda chunk: (chunk.flags & (FAILED | WASTED)) != 0)


def _next(
    known: Known, shown: Shown, position: int, step: int, fits: Callable[[Chunk], NDArray[Any]]
) -> int | None:
    """Looks at few positions first: mostly the next one is near."""
    look = _FIRST_LOOK
    while True:
        start, stop = (position + 1, position + 1 + look) if step > 0 else (max(0, position - look), position)
        stop = min(stop, shown.count)
        if start >= stop:
            return None
        found = np.flatnonzero(gathered(known.lines, shown.lines(start, stop), fits))
        if len(found):
            return start + int(found[0 if step > 0 else -1])
        position, look = (stop - 1, CHUNK) if step > 0 else (start, CHUNK)


def at_time(known: Known, since_ns: int) -> int:
    """The first line that began `since_ns` or more after the start; the last line when there is none."""
    moment = known.start_ns + since_ns
    for chunk in known.lines.chunks():
        late = np.flatnonzero(chunk.at_ns >= moment)
        if len(late):
            return chunk.first + int(late[0])
    return max(0, known.lines.count - 1)
