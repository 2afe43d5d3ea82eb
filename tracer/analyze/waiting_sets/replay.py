"""An epoll's interest list as it was at any moment: its registrations replayed up to there.

The kernel's entry is a pair of open file and number (epoll(7), fs/eventpoll.c: struct epoll_filefd). It goes with
EPOLL_CTL_DEL, or when the last descriptor of the open file is closed: closing the number alone leaves it in the
list as long as a copy is open.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tracer.analyze.descriptors.history import OPEN
from tracer.analyze.growing import Growing
from tracer.analyze.waiting_sets.controls import ADD, DEL, THERE
from tracer.analyze.waiting_sets.index import WaitIndex
from tracer.analyze.waiting_sets.waiting_sets import Interest, Told

Ints = NDArray[np.int64]

ONESHOT: Final = 1 << 30


def interests_at(index: WaitIndex, waiter: int, line: int, row: int, told: tuple[Told, ...]) -> list[Interest]:
    """The entries in the list of `waiter` when the call of `line` (row `row`) returned, in order of their numbers.

    `told`: what that call handed out. Moments in the entries are lines here; `moments` makes times of them."""
    made = _upto(index, index.lists.controls, waiter, line)
    if not made["line"].size:
        return []
    slot, size = _slots(made["code"], index.lives.count)
    last, added = _last(slot, size), _last(slot, size, made["op"] == ADD)
    there = np.flatnonzero(last >= 0)
    there = there[(made["op"][last[there]] != DEL) & (row < _end(index, there))]
    fired, when = _reported(index, waiter, line, there, size)
    entries = [
        _entry(index, made, int(last[each]), int(added[each]), row, int(count), int(at), told)
        for each, count, at in zip(there.tolist(), fired, when, strict=True)
    ]
    return sorted(entries)


def _upto(index: WaitIndex, columns: Growing, waiter: int, line: int) -> dict[str, NDArray[Any]]:
    """The entries of `waiter` made by lines up to `line`."""
    here = index.of(columns, waiter)
    here = here[: np.searchsorted(columns["line"][here], line, side="right")]
    return {name: columns[name][here] for name in columns.names}


def _slots(code: NDArray[np.int32], count: int) -> tuple[Ints, int]:
    """A number for every descriptor: its code, and from `count` on the numbers of which nothing is known."""
    slot = np.where(code >= 0, code, count - 2 - code.astype(np.int64))
    return slot, max(count, int(slot.max(initial=0)) + 1)


def _last(slot: Ints, size: int, wanted: NDArray[np.bool_] | None = None) -> Ints:
    """By slot the last of its operations (of the `wanted` ones), -1 = none."""
    which = np.arange(len(slot)) if wanted is None else np.flatnonzero(wanted)
    last = np.full(size, -1)
    last[slot[which]] = which  # of several values for one place the last stays
    return last


def _end(index: WaitIndex, slots: Ints) -> Ints:
    """The row at which the open file of each slot was closed for good."""
    gone = index.lives.gone
    known = slots < len(gone)
    end = np.full(len(slots), OPEN)
    end[known] = gone[slots[known]]
    return end


def _reported(index: WaitIndex, waiter: int, line: int, slots: Ints, size: int) -> tuple[list[int], list[int]]:
    """How often each slot was reported up to `line`, and the line that did it last (-1 = none)."""
    events = _upto(index, index.lists.events, waiter, line)
    known = np.flatnonzero(events["code"] != -1)
    slot, more = _slots(events["code"][known], index.lives.count)
    counts = np.bincount(slot, minlength=max(size, more))
    last = np.full(len(counts), -1)
    last[slot] = events["line"][known]
    return counts[slots].tolist(), last[slots].tolist()


def _entry(
    index: WaitIndex, made: dict[str, NDArray[Any]], last: int, added: int, row: int, count: int, when: int,
    told: tuple[Told, ...],
) -> Interest:  # fmt: skip
    code, data, fd = int(made["code"][last]), int(made["data"][last]), int(made["fd"][last])
    seen = made["op"][last] != THERE
    events = int(made["events"][last]) if seen else None
    line = int(made["line"][last])
    closed = code >= 0 and int(index.lives.closed[code]) <= row
    now = 0
    for each in told:
        if each.data == data and each.fd in (fd, None):
            now |= each.events
    disarmed = events is not None and bool(events & ONESHOT) and when > line
    return Interest(
        fd, max(code, -1), events, data, int(made["line"][added]) if added >= 0 else None, line if seen else None,
        count, when if when >= 0 else None, closed, disarmed, now,
    )  # fmt: skip
