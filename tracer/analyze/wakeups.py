"""Wake-ups: how much each brought, and whether anything was then transferred.

A wake-up is the return of a waiting call with something ready. It was *useless* when its thread transferred
nothing on any of the descriptors reported before it returned from its next waiting call, or ended, and took none
of them out of the epoll either (EPOLL_CTL_DEL: it hands the descriptor to another thread, or is done with it). Then
the kernel woke the thread for somebody else (a thundering herd), or the program did not take what it was told of.

Waiting calls, and what of them is known:

* select, poll, epoll_wait and their variants: how many are ready, and which descriptors;
* rt_sigtimedwait: one signal; the descriptor when the signal is about one (F_SETSIG), else any use is credited;
* io_getevents: its completions. With them the data has been moved, so the wake-up is never useless (requests
  that only poll, IOCB_CMD_POLL, are not told apart);
* io_uring_enter that waits (min_complete > 0): likewise, and how many completions there are stands in shared
  memory, not in the call: such a wake-up counts, but not in the number of ready per wake-up.

rt_sigsuspend and pause always "fail" with EINTR; what wakes them is counted as signals.

What a transfer is says `tracer.analyze.transferring`. What one thread is told and another one transfers looks
useless; what cannot be judged, because a registration was not seen or memory could not be read, counts as useful.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from tracer.account.distinct import distinct
from tracer.analyze.calls import CallCodes
from tracer.analyze.columns import Columns
from tracer.analyze.cube import Cube
from tracer.analyze.interests import CTL_DEL, UNKNOWN, Interests
from tracer.analyze.ready import EPOLLS, POLLS, SELECTS, SIGNALS, Ready, by_epoll, by_poll, by_select, by_signal
from tracer.analyze.transferring import transfers
from tracer.wire import Kind

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]

READY: Final = ("ready", "counted", "useless")
"""Columns of `Wakeups.sums`: ready descriptors, wake-ups of which that number is known, useless wake-ups."""

_NONE: Final = np.zeros(0, np.int64)
NOTHING_READY: Final = Ready(_NONE, _NONE, _NONE)


class Wakeups:
    """What became of every wake-up, by set of phases."""

    def __init__(self) -> None:
        self.sums = Cube(len(READY))
        self.useless_rows: list[int] | None = None
        """Set to a list by whoever wants the rows of the recording whose wake-ups turned out useless."""
        self.useless_by_thread = Cube(1)
        """Useless wake-ups by set of phases << 32 | thread."""
        self.ready = NOTHING_READY
        """What the wake-ups of the batch that was added last reported, as far as it is known."""
        self._rows = 0
        self._since: dict[int, int] = {}
        """By thread: row of the wake-up in `_open`."""
        self._interests = Interests()
        self._open: dict[int, tuple[int, list[int]]] = {}
        """By thread: set of phases and ready descriptors of a wake-up that has brought nothing so far."""

    def add(self, columns: Columns, codes: CallCodes, within: Ints, thread: Ints) -> None:
        """Take in the next batch: `within` is the set of phases, `thread` the code of the thread, of every row."""
        self._interests.births(columns)
        first = self._rows
        self._rows += len(columns.kind)
        self.ready = NOTHING_READY
        names = np.array([fact.name for fact in codes.facts])
        controls = columns.returned & np.isin(names, ["epoll_ctl"])[columns.code]
        if not (columns.wakeup.any() or controls.any() or self._open):
            return
        ready = self.ready = _joined([*self._told(columns, names, controls)])
        self._count(columns, names, within)
        self._settle(columns, names, ready, within, thread, first)

    def _told(self, columns: Columns, names: NDArray[np.str_], controls: Mask) -> list[Ready]:
        def woken(calls: frozenset[str]) -> Mask:
            return columns.wakeup & np.isin(names, list(calls))[columns.code]

        events = by_epoll(columns.memory, woken(EPOLLS), columns.result)
        fds = self._interests.fds_of(columns, controls, events)
        strange = events.row[fds == UNKNOWN]
        return [
            by_select(columns.memory, woken(SELECTS), columns.result),
            by_poll(columns.memory, woken(POLLS), columns.result),
            Ready(events.row, fds, np.setdiff1d(events.complete, strange)),
            by_signal(columns.memory, woken(SIGNALS)),
        ]

    def _count(self, columns: Columns, names: NDArray[np.str_], within: Ints) -> None:
        rows = np.flatnonzero(columns.wakeup)
        code = columns.code[rows]
        brought = np.where(np.isin(names, list(SIGNALS))[code], 1, columns.result[rows])
        counted = (names != "io_uring_enter")[code]
        self.sums.add(within[rows], [np.where(counted, brought, 0), counted])

    def _settle(
        self, columns: Columns, names: NDArray[np.str_], ready: Ready, within: Ints, thread: Ints, first: int
    ) -> None:
        """Decide about the wake-ups of this batch, and the ones still open, as far as the rows tell."""
        complete = np.zeros(len(thread), np.bool_)  # by row: looked up, where `isin` would sort
        complete[ready.complete] = True
        kept = complete[ready.row]
        carried = [(each, fd) for each, (_, fds) in self._open.items() for fd in fds]
        old = np.array(carried, dtype=np.int64).reshape(-1, 2)
        pair_thread = np.concatenate((old[:, 0], thread[ready.row[kept]]))
        pair_row = np.concatenate((np.full(len(old), -1), ready.row[kept]))
        pair_fd = np.concatenate((old[:, 1], ready.fd[kept]))
        if not len(pair_row):
            return
        used = _first_transfer(columns, names, thread, pair_thread, pair_row, pair_fd)
        closed = _next_boundary(columns, names, thread, pair_thread, pair_row)
        self._judge(pair_thread, pair_row, pair_fd, used, closed, within, first)

    def _judge(
        self, thread: Ints, row: Ints, fd: Ints, used: Ints, closed: Ints, within: Ints, first_row: int
    ) -> None:
        """A wake-up is the pairs of one thread and row; it was used when one of them was, in time."""
        never = np.iinfo(np.int64).max
        _, first, wakeup = np.unique(_pair(thread, row), return_index=True, return_inverse=True)
        in_time = np.zeros(len(first), dtype=np.bool_)
        in_time[wakeup[(used <= closed) & (used != never)]] = True
        sets = within[row[first]]
        for index in np.flatnonzero(row[first] < 0).tolist():
            sets[index] = self._open[int(thread[first[index]])][0]
        over = closed[first] != never
        self._open, since = {}, self._since  # what was open is among the pairs
        useless = over & ~in_time
        self.sums.add(sets[useless], [np.ones(useless.sum(), np.bool_)], READY.index("useless"))
        by_thread = sets[useless] << 32 | thread[first[useless]]
        self.useless_by_thread.add(by_thread, [np.ones(len(by_thread), np.bool_)])
        if self.useless_rows is not None:
            pairs = zip(thread[first[useless]].tolist(), row[first[useless]].tolist(), strict=True)
            self.useless_rows += [since[each] if at < 0 else first_row + at for each, at in pairs]
        self._since = {}
        for index in np.flatnonzero(~over & ~in_time).tolist():
            theirs, each, at = fd[wakeup == index].tolist(), int(thread[first[index]]), int(row[first[index]])
            self._open[each] = int(sets[index]), theirs
            self._since[each] = since[each] if at < 0 else first_row + at


def _joined(parts: list[Ready]) -> Ready:
    return Ready(*(np.concatenate([getattr(part, name) for part in parts]) for name in ("row", "fd", "complete")))


def _next_boundary(columns: Columns, names: NDArray[np.str_], thread: Ints, of: Ints, after: Ints) -> Ints:
    """The row at which thread `of` returned from its next waiting call after row `after`, or ended."""
    return _next(thread[rows := _boundaries(columns, names)], rows, of, after)


def _boundaries(columns: Columns, names: NDArray[np.str_]) -> Ints:
    waits = np.isin(names, list(SELECTS | POLLS | EPOLLS | SIGNALS | {"io_getevents", "io_pgetevents"}))
    return np.flatnonzero((columns.returned & waits[columns.code]) | columns.wakeup | (columns.kind == Kind.EXIT))


def _first_transfer(
    columns: Columns, names: NDArray[np.str_], thread: Ints, of: Ints, after: Ints, fd: Ints
) -> Ints:
    """The first row after `after` at which thread `of` transferred something on `fd`, or unregistered it."""
    rows, fds = (
        np.concatenate(pair) for pair in zip(transfers(columns, names), _taken_out(columns, names), strict=True)
    )
    return _next(_pair(thread[rows], fds), rows, _pair(of, fd), after)


def _taken_out(columns: Columns, names: NDArray[np.str_]) -> tuple[Ints, Ints]:
    """Rows that removed a registration, and its descriptor (epoll_ctl(2))."""
    controls = columns.returned & (columns.result == 0) & np.isin(names, ["epoll_ctl"])[columns.code]
    rows = np.flatnonzero(controls & ((columns.args[:, 1] & np.uint64(0xFFFFFFFF)) == CTL_DEL))
    return rows, columns.args[rows, 2].astype(np.uint32).view(np.int32).astype(np.int64)


def _pair(thread: Ints, fd: Ints) -> Ints:
    """One number for a thread and a descriptor."""
    return thread << 32 | (fd & 0xFFFFFFFF)


def _next(keys: Ints, rows: Ints, key: Ints, after: Ints) -> Ints:
    """For every `key` the smallest of the `rows` with that key that is greater than `after`; int64 max = none."""
    never = np.iinfo(np.int64).max
    if not len(rows) or not len(key):
        return np.full(len(key), never)
    # Numbered in the order they are met: those that are asked for come first, and only their rows are sorted.
    number = distinct(np.concatenate((key, keys)))[1].astype(np.int64)
    wanted, number = number[: len(key)], number[len(key) :]
    asked = number <= wanted.max()
    if not asked.any():
        return np.full(len(key), never)
    span = int(max(rows.max(), after.max())) + 2
    place = np.sort(number[asked] * span + rows[asked] + 1)
    at = np.searchsorted(place, wanted * span + after + 1, side="right")
    hit = place[np.minimum(at, len(place) - 1)]
    found = (at < len(place)) & (hit // span == wanted)
    return np.where(found, hit % span - 1, never)
