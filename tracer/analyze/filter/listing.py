"""What the list of calls shows: a filter and an order, worked out step by step, also while the recording grows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tracer.analyze.filter.known import Known
from tracer.analyze.filter.matches import AllLines, Backwards, Matches, Shown
from tracer.analyze.filter.ranking import Ranking
from tracer.analyze.filter.search import Search
from tracer.analyze.filter.tree import Everything, Field, Node


@dataclass(frozen=True, slots=True)
class Order:
    """The order of the lines; `field` None = of time. `reverse` turns the usual order round: time runs forwards,
    of everything else the largest comes first."""

    field: Field | None = None
    reverse: bool = False


IN_TIME = Order()


@dataclass(frozen=True, slots=True)
class Listed:
    """What is known of a listing so far."""

    shown: Shown
    matched: int
    searched: int
    """Lines looked at."""
    done: bool
    """All lines there were have been looked at."""


class Listing:
    """The lines that fit `node`, in an `order`. One thread steps; `listed` may be asked at any time."""

    def __init__(
        self, known: Known, node: Node, order: Order = IN_TIME, stopped: Callable[[], bool] = lambda: False
    ) -> None:
        self._known = known
        self._order = order
        self._search = None if isinstance(node, Everything) else Search(node, known, stopped)
        self._ranking = Ranking(known, order.field, ascending=order.reverse) if order.field is not None else None
        self._stopped = stopped

    @property
    def stopped(self) -> bool:
        """Whether nobody waits for it any more."""
        return self._stopped()

    def step(self) -> bool:
        """Work out a little more; False when there is nothing left to do for now."""
        if self._stopped():
            return False
        if self._search is not None and self._search.step():
            return True
        if self._ranking is not None and self._ranking.step(self._matching()):
            return not self._stopped()
        return False

    def listed(self, upto: int | None = None) -> Listed:
        """How it stands. `upto`: leave out lines from this one on, where the order is that of time."""
        matching = self._matching()
        searched = matching.searched if isinstance(matching, Matches) else matching.count
        done = self._search is None or self._search.done
        if self._ranking is not None:
            return Listed(self._ranking.ranked, matching.count, searched, done)
        if upto is not None:
            matching = matching.upto(upto) if isinstance(matching, Matches) else AllLines(min(upto, matching.count))
        shown = Backwards(matching) if self._order.reverse else matching
        return Listed(shown, matching.count, searched, done)

    def _matching(self) -> AllLines | Matches:
        return AllLines(self._known.lines.count) if self._search is None else self._search.matches
