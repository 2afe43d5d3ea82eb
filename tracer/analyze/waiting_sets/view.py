"""Who waits in a recording, and any one return of a waiting call: what was asked, what was ready, what it brought.

`update` is for a worker, the other methods are quick (some ms at ten million calls). All take turns on one lock.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from threading import Lock
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tracer.analyze.descriptors.history import Lives
from tracer.analyze.inherited import INHERITED
from tracer.analyze.row_places import RowPlaces
from tracer.analyze.tally import Tally
from tracer.analyze.waiting_sets.asked import Requests
from tracer.analyze.waiting_sets.brought import brought_by
from tracer.analyze.waiting_sets.decode import array_of, bits_of, events_of, told_of
from tracer.analyze.waiting_sets.index import SUMS, WaitIndex
from tracer.analyze.waiting_sets.replay import interests_at
from tracer.analyze.waiting_sets.standing import requests_at
from tracer.analyze.waiting_sets.waiting_sets import Array, Bits, Family, Interest, Interests, Waiter, WaitReturn
from tracer.decode.call import row_text
from tracer.recording.captured import Row

Ints = NDArray[np.int64]
Watched = Bits | Array | Interests | Requests
_TIMEOUT: Final = {Family.SELECT: 4, Family.POLL: 2, Family.EPOLL: 3, Family.AIO: 4}
"""Which argument is the timeout; io_uring_enter has none of its own."""
_OF_REQUESTS: Final = (Family.URING, Family.AIO)
_BLOCK: Final = 1 << 14
SLICE: Final = 0.2
"""Seconds taken at once of a long recording."""


class WaitingSets:
    """The waiting calls of one recording."""

    def __init__(self, places: RowPlaces, tally: Tally, lives: Lives, useless_rows: Sequence[int]) -> None:
        self._places, self._tally = places, tally
        self.lock = Lock()
        self.index = WaitIndex(places, tally.codes, lives, useless_rows)

    def update(self, stop: Callable[[], bool] = lambda: False) -> bool:
        """Take in what the recording has more by now; False when `stop` said so before the end."""
        with self.lock:
            return self.index.update(stop)

    def update_for_a_while(self) -> bool:
        """The same for about `SLICE` seconds: the screen shows what there is in between."""
        until = time.monotonic() + SLICE
        return self.update(lambda: time.monotonic() > until)

    def waiters(self) -> tuple[Waiter, ...]:
        """Everybody who waited, the busiest first."""
        with self.lock:
            found = [self._waiter(number) for number in range(len(self.index.keys))]
        return tuple(
            sorted((each for each in found if each.returns), key=lambda each: (-each.returns, each.number))
        )

    def one(self, waiter: int, number: int) -> WaitReturn | None:
        """Return `number` of a waiter (from 0; negative: from the end), or the nearest; None = it has none."""
        with self.lock:
            places = self.index.waits_of(waiter)
            if not len(places):
                return None
            number = max(0, min(number if number >= 0 else len(places) + number, len(places) - 1))
            return self._return(self._waiter(waiter), number, int(places[number]))

    def useless(self, waiter: int, after: int, step: int) -> int | None:
        """The next useless wake-up of a waiter after its return `after` (`step` 1), or the one before it (-1)."""
        with self.lock:
            marked = np.flatnonzero(self.index.waits["useless"][self.index.waits_of(waiter)])
        at = int(np.searchsorted(marked, after, side="right" if step > 0 else "left")) - (step < 0)
        return int(marked[at]) if 0 <= at < len(marked) else None

    def number_at(self, waiter: int, line: int) -> int:
        """The return of a waiter nearest to a line of the list of calls, from before."""
        with self.lock:
            lines = self.index.waits["line"][self.index.waits_of(waiter)]
        return max(0, int(np.searchsorted(lines, line, side="right")) - 1)

    def _waiter(self, number: int) -> Waiter:
        family, what = self.index.keys[number]
        lives = self._tally.threads.lives
        threads = [lives[each] for each in self.index.threads[number]]
        sums = dict(zip(SUMS, self.index.sums[:, number].tolist(), strict=True))
        seen = self._tally.descriptors.seen[what] if family in (Family.EPOLL, Family.URING) else None
        pid, context = self.index.contexts[what] if family is Family.AIO else (None, None)
        if pid is None:
            pid = seen.pid if seen is not None else lives[what].pid
        return Waiter(
            number=number, family=family, pid=pid, fd=seen.fd if seen is not None else None,
            tids=tuple(each.tid for each in threads), context=context, **sums,
        )  # fmt: skip

    def _return(self, waiter: Waiter, number: int, place: int) -> WaitReturn:
        waits = self.index.waits
        line, row_number, thread = (int(waits[name][place]) for name in ("line", "row", "thread"))
        row, text = self._places.row(row_number), None
        text = row_text(row)
        chunk = next(self._places.lines.chunks(line, line + 1))
        watched, fds = self._watched(waiter, row, number, line, row_number)
        until, settled = self._until(place, thread)
        brought, cut = (
            ((), False)  # answers are results
            if waiter.family in _OF_REQUESTS
            else brought_by(self._places, self._tally.codes, thread, line, until, fds)
        )
        timeout = _TIMEOUT.get(waiter.family, len(text.args))
        return WaitReturn(
            waiter=waiter, number=number, line=line, at_ns=int(chunk.at_ns[0]), pid=row.pid, tid=row.tid,
            name=text.name, timeout=text.args[timeout] if timeout < len(text.args) else "", result=row.result,
            outcome=text.result, kernel_ns=int(chunk.kernel_ns[0]), blocked_ns=int(chunk.blocked_ns[0]),
            bytes_in=int(chunk.bytes_in[0]), bytes_out=int(chunk.bytes_out[0]),
            useless=bool(waits["useless"][place]), watched=watched, brought=brought, settled=settled, cut=cut,
            names=self._names(watched, fds, row.pid, row_number),
        )  # fmt: skip

    def _watched(
        self, waiter: Waiter, row: Row, number: int, line: int, row_number: int
    ) -> tuple[Watched, list[int]]:
        """The set, and which descriptors of it were ready."""
        if waiter.family is Family.SELECT:
            bits = bits_of(row)
            return bits, sorted(frozenset().union(*(each for each in bits.ready if each)))
        if waiter.family is Family.POLL:
            array = array_of(row)
            return array, list(dict.fromkeys(each.fd for each in array.entries if each.revents > 0))
        if waiter.family in _OF_REQUESTS:
            return self._requests(waiter, row, number, line), []
        interests = self._interests(waiter, row, line, row_number)
        return interests, list(dict.fromkeys(each.fd for each in interests.told if each.fd is not None))

    def _interests(self, waiter: Waiter, row: Row, line: int, row_number: int) -> Interests:
        events, unread = events_of(row)
        columns = self.index.lists.events
        here = slice(*np.searchsorted(columns["line"], (line, line + 1)).tolist())
        told = told_of(events, [self._fd(code) for code in columns["code"][here].tolist()])
        entries = interests_at(self.index, waiter.number, line, row_number, told)
        inherited = self._inherited(waiter) and waiter.number not in self.index.found
        return Interests(tuple(self._with_moments(entries)), told, inherited, unread)

    def _requests(self, waiter: Waiter, row: Row, number: int, line: int) -> Requests:
        lines = self.index.waits["line"][self.index.waits_of(waiter.number)]
        since = int(lines[number - 1]) if number else -1
        inherited = waiter.family is Family.URING and self._inherited(waiter)
        return requests_at(self.index, self._places, waiter.number, since, line, row, inherited=inherited)

    def _inherited(self, waiter: Waiter) -> bool:
        """What is waited on was open before the trace began."""
        _, code = self.index.keys[waiter.number]
        return self._tally.descriptors.seen[code].description.opened_by == INHERITED

    def _fd(self, code: int) -> int | None:
        if code == -1:
            return None
        return self._tally.descriptors.seen[code].fd if code >= 0 else -2 - code

    def _with_moments(self, entries: list[Interest]) -> Iterable[Interest]:
        """Lines as times."""
        lines = sorted({line for each in entries for line in (each.added_ns, each.last_ns) if line is not None})
        at = self._places.lines.gather(np.array(lines, np.int64), ["at_ns"])["at_ns"].tolist()
        times: dict[int | None, int] = dict(zip(lines, at, strict=True))
        return [e._replace(added_ns=times.get(e.added_ns), last_ns=times.get(e.last_ns)) for e in entries]

    def _until(self, place: int, thread: int) -> tuple[int, bool]:
        """The line of the thread's next return from a waiting call, or of its end; and whether there is one."""
        threads = self.index.waits["thread"]
        for first in range(place + 1, len(threads), _BLOCK):
            found = np.flatnonzero(threads[first : first + _BLOCK] == thread)
            if len(found):
                return int(self.index.waits["line"][first + int(found[0])]), True
        life = self._tally.threads.lives[thread]
        return self.index.lines - 1, life.ended_ns is not None or self._tally.ended is not None

    def _names(self, watched: Watched, ready: list[int], pid: int, row: int) -> dict[int, str]:
        """What the descriptors in the set are."""
        seen = self._tally.descriptors.seen
        if isinstance(watched, Interests):
            known = {each.fd: seen[each.code].description.what for each in watched.entries if each.code >= 0}
            return known | self._looked_up([fd for fd in ready if fd not in known], pid, row)
        fds = [each.fd for each in watched.entries] if isinstance(watched, Array) else ready
        if isinstance(watched, Requests):
            fds = [each.fd for each in watched.entries if each.fd is not None and not each.fixed]
        return self._looked_up(fds, pid, row)

    def _looked_up(self, fds: list[int], pid: int, row: int) -> dict[int, str]:
        wanted = np.array(sorted({fd for fd in fds if fd >= 0}), np.int64)
        codes = self.index.lives.at(pid << 32 | wanted, np.full(len(wanted), row))
        seen = self._tally.descriptors.seen
        return {
            fd: seen[code].description.what
            for fd, code in zip(wanted.tolist(), codes.tolist(), strict=True)
            if code >= 0
        }
