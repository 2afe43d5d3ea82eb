"""Applies a filter to the lines of a recording, stretch by stretch, also while more lines come.

One thread steps; what has been found so far can be read at any time.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

import numpy as np

from tracer.analyze.filter.known import Known
from tracer.analyze.filter.masks import Stopped, compiled
from tracer.analyze.filter.matches import Collected, Matches
from tracer.analyze.filter.tree import Node
from tracer.analyze.lines.lines import CHUNK

_SHORTEST: Final = 256
_SOON, _LATE = 0.01, 0.03
"""Seconds a step is to take: it can be stopped, and its matches shown, after that."""


class Search:
    """The lines for which `node` holds."""

    def __init__(self, node: Node, known: Known, stopped: Callable[[], bool] = lambda: False) -> None:
        """`stopped` is asked between steps, and between lines whose texts are read."""
        self._known = known
        self._stopped = stopped
        self._test = compiled(node, known, stopped)
        self._found = Collected()
        self._searched = 0
        self._stride = 16 * _SHORTEST

    @property
    def matches(self) -> Matches:
        """Those found so far."""
        return self._found.matches

    @property
    def done(self) -> bool:
        """Whether all lines there are have been looked at."""
        return self._searched >= self._known.lines.count

    def step(self) -> bool:
        """Look at the next stretch of lines; False when there is nothing to do (or it was stopped)."""
        if self._stopped():
            return False
        began = time.monotonic()
        for chunk in self._known.lines.chunks(self._searched, self._searched + self._stride):
            try:
                mask = self._test(chunk, np.ones(len(chunk.row), np.bool_))
            except Stopped:
                return False
            self._found.add(np.flatnonzero(mask) + chunk.first, chunk.last)
            self._searched = chunk.last
        took = time.monotonic() - began
        if took < _SOON:
            self._stride = min(2 * self._stride, CHUNK)
        elif took > _LATE:
            self._stride = max(self._stride // 2, _SHORTEST)
        return not self.done
