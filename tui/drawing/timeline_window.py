"""Which stretch of time a picture shows, in how many cells; zooming and panning keep a moment in its place."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

FINEST_NS: Final = 100
"""A cell is never shorter than this."""


@dataclass(frozen=True, slots=True)
class Window:
    """From `begin_ns` to `end_ns` (CLOCK_MONOTONIC) in `cells` cells, within a run from `first_ns` to `last_ns`."""

    begin_ns: int
    end_ns: int
    cells: int
    first_ns: int
    last_ns: int

    @classmethod
    def whole(cls, first_ns: int, last_ns: int, cells: int) -> Self:
        """The whole run."""
        last_ns = max(last_ns, first_ns + 1)
        return cls(first_ns, max(last_ns, first_ns + FINEST_NS * cells), cells, first_ns, last_ns)

    @property
    def span_ns(self) -> int:
        """How much time it shows."""
        return self.end_ns - self.begin_ns

    @property
    def cell_ns(self) -> float:
        """How much time a cell shows."""
        return self.span_ns / self.cells

    @property
    def edges(self) -> NDArray[np.int64]:
        """The moments at which cells begin, and the end of the last."""
        return self.begin_ns - (np.arange(self.cells + 1, dtype=np.int64) * -self.span_ns // self.cells)

    @property
    def at_end(self) -> bool:
        """It touches the end of the run."""
        return self.end_ns >= self.last_ns

    @property
    def is_whole(self) -> bool:
        """It shows all of the run."""
        return self.begin_ns <= self.first_ns and self.at_end

    def cell_of(self, moment_ns: int) -> int:
        """The cell a moment lies in; outside 0 .. cells - 1 for moments not shown."""
        return int((moment_ns - self.begin_ns) * self.cells // self.span_ns)

    def begin_of(self, cell: int) -> int:
        """The moment a cell begins: the first that `cell_of` puts there."""
        return self.begin_ns - (cell * -self.span_ns // self.cells)

    def middle_of(self, cell: int) -> int:
        """The moment in the middle of a cell."""
        return (self.begin_of(cell) + self.begin_of(cell + 1)) // 2

    def zoomed(self, factor: float, around_ns: int) -> Self:
        """`factor` times as much time (below 1: closer), with a moment staying in its cell."""
        whole = max(self.last_ns - self.first_ns, FINEST_NS * self.cells)
        span = min(max(round(self.span_ns * factor), FINEST_NS * self.cells), whole)
        share = (around_ns - self.begin_ns) / self.span_ns
        return self._from(around_ns - round(share * span), span)

    def panned(self, cells: int) -> Self:
        """Moved by whole cells (to the right above 0), but not beyond the run."""
        return self._from(self.begin_ns + round(cells * self.cell_ns), self.span_ns)

    def to(self, begin_ns: int, end_ns: int) -> Self:
        """From `begin_ns` to `end_ns`, or as near as the limits allow."""
        missing = max(0, FINEST_NS * self.cells - (end_ns - begin_ns))
        return self._from(begin_ns - missing // 2, end_ns - begin_ns + missing)

    def showing(self, moment_ns: int) -> Self:
        """Moved as little as needed to show a moment, a tenth of the width from the side; itself if it does."""
        if self.begin_ns <= moment_ns < self.end_ns:
            return self
        margin = self.span_ns // 10
        begin = moment_ns - margin if moment_ns < self.begin_ns else moment_ns - self.span_ns + margin
        return self._from(begin, self.span_ns)

    def wide(self, cells: int) -> Self:
        """The same stretch in another number of cells."""
        if cells == self.cells:
            return self
        new = replace(self, cells=cells)
        return new._from(new.begin_ns, max(new.span_ns, FINEST_NS * cells))

    def grown(self, first_ns: int, last_ns: int) -> Self:
        """The run is longer by now. A window that showed all of it still does; one at its end follows, by whole
        cells, so that what is drawn does not flicker."""
        if self.is_whole:
            return type(self).whole(first_ns, last_ns, self.cells)
        new = replace(self, first_ns=first_ns, last_ns=last_ns)
        if not self.at_end:
            return new
        behind = -(-(last_ns - new.end_ns) // max(1, round(new.cell_ns)))
        shift = round(behind * new.cell_ns)
        return replace(new, begin_ns=new.begin_ns + shift, end_ns=new.end_ns + shift)

    def _from(self, begin_ns: int, span: int) -> Self:
        last = max(self.last_ns, self.first_ns + span)
        begin = max(self.first_ns, min(begin_ns, last - span))
        return replace(self, begin_ns=begin, end_ns=begin + span)
