"""Who watched one descriptor: its registrations with epoll, and the select and poll calls that asked about it."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from tracer.analyze.row_places import RowPlaces
from tracer.analyze.tally import Tally
from tracer.analyze.waiting_sets.controls import ADD, DEL, MOD
from tracer.analyze.waiting_sets.decode import array_of, bits_of
from tracer.analyze.waiting_sets.index import WaitIndex
from tracer.analyze.waiting_sets.waiting_sets import Family
from tracer.decode.constants_network import FLAGS
from tracer.decode.flags import flags_text

SAMPLES: Final = 8
"""Returns of one select or poll waiter that are looked at, spread over the descriptor's life."""
WAITERS: Final = 32
"""Such waiters that are looked at."""
_SETS: Final = ("reading", "writing", "exceptions")


class Watching(NamedTuple):
    """One moment at which somebody was seen to watch it."""

    line: int
    text: str


def watchings_of(index: WaitIndex, places: RowPlaces, tally: Tally, code: int) -> list[Watching]:
    """All changes of its registrations in order, then the first call of each select or poll waiter seen to ask."""
    return [*_registered(index, tally, code), *_asked(index, places, tally, code)]


def _registered(index: WaitIndex, tally: Tally, code: int) -> list[Watching]:
    controls, found = index.lists.controls, []
    for place in np.flatnonzero(controls["code"] == code).tolist():
        _, epoll = index.keys[int(controls["waiter"][place])]
        name = f"epoll {tally.descriptors.seen[epoll].fd}"
        events = flags_text(int(controls["events"][place]), FLAGS["epoll"])
        texts = {ADD: f"watched by {name} for {events}", MOD: f"{name} now watches for {events}",
                 DEL: f"no longer watched by {name}"}  # fmt: skip
        text = texts.get(int(controls["op"][place]), f"watched by {name} since before (EEXIST)")
        found.append(Watching(int(controls["line"][place]), text))
    return found


def _asked(index: WaitIndex, places: RowPlaces, tally: Tally, code: int) -> list[Watching]:
    seen, found = tally.descriptors.seen[code], []
    threads = tally.threads.lives
    candidates = [
        (waiter, family, what)
        for waiter, (family, what) in enumerate(index.keys)
        if family in (Family.SELECT, Family.POLL) and threads[what].pid == seen.pid
    ]
    for waiter, family, what in candidates[:WAITERS]:
        rows = index.waits["row"][index.waits_of(waiter)].astype(np.int64)
        rows = rows[(rows > index.lives.opened[code]) & (rows <= index.lives.closed[code])]
        for row in (
            rows[np.unique(np.linspace(0, len(rows) - 1, SAMPLES).astype(np.int64))].tolist() if len(rows) else ()
        ):
            asks = _asks(places, family, row, seen.fd)
            if asks:
                line = places.line_of(row)
                found.append(Watching(line or 0, f"{family.value} of thread {threads[what].tid} asks for {asks}"))
                break
    return found


def _asks(places: RowPlaces, family: Family, number: int, fd: int) -> str:
    """What the call in row `number` asked of `fd`, empty when nothing."""
    row = places.row(number)
    if family is Family.POLL:
        events = [each.events for each in array_of(row).entries if each.fd == fd]
        return flags_text(events[0], FLAGS["poll"]) if events else ""
    return " and ".join(
        name for name, asked in zip(_SETS, bits_of(row).asked, strict=True) if asked and fd in asked
    )
