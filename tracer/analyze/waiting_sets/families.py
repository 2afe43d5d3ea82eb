"""Which calls wait, or change what is waited for, and what they are about: a number for each kind, for columns."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from tracer.account.times import column
from tracer.analyze.row_places import RowPlaces
from tracer.analyze.waiting_sets.requests import SUBMITS
from tracer.analyze.waiting_sets.waiting_sets import FAMILIES, Family

Ints = NDArray[np.int64]

FAMILY: Final = (Family.SELECT, Family.POLL, Family.EPOLL, Family.URING, Family.AIO)
EPOLL, URING, AIO = 2, 3, 4
CONTROL, SUBMIT = 5, 6
"""Calls that are no waits, but change what is waited for: of an epoll, and of an AIO context."""
BELONGS: Final = np.array([0, 1, EPOLL, URING, AIO, EPOLL, AIO])
"""The family of what each kind of call is about."""
BY_FD: Final = np.array([False, False, True, True, False, True, False])
"""Which kinds are about the descriptor in their first argument."""


def kind_of(name: str) -> int:
    """The kind of a call; -1 = none of them."""
    if name == "epoll_ctl":
        return CONTROL
    if name in SUBMITS:
        return SUBMIT
    family = FAMILIES.get(name)
    return -1 if family is None else FAMILY.index(family)


class Contexts:
    """Native AIO contexts. A context is a number in its process (io_setup(2)); here each has a place."""

    def __init__(self, places: RowPlaces) -> None:
        self._places = places
        self._known: dict[tuple[int, int], int] = {}

    def of(self, rows: Ints) -> Ints:
        """The places of the contexts that calls in `rows` are about."""
        found = np.empty(len(rows), np.int64)
        for batch, places, here in self._places.grouped(rows):
            args = batch.column("args")
            first = args.values.to_numpy().reshape(-1, 6)[args.offset :][places, 0]
            pairs = zip(column(batch, "pid")[places].tolist(), first.tolist(), strict=True)
            found[here] = [self._known.setdefault(pair, len(self._known)) for pair in pairs]
        return found

    def __getitem__(self, place: int) -> tuple[int, int]:
        """Process and number of the context at a place."""
        return list(self._known)[place]
