"""Every return of a waiting call, and every change of an interest list, as columns: built once, when somebody asks.

The compact lines tell which rows are concerned; only their results, registers and epoll_events are read from the
recording. 20 bytes a return, 29 a registration and 12 an event handed out are kept. `update` may be called again as
the recording grows.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tracer.account.times import column
from tracer.analyze.calls import CallCodes
from tracer.analyze.descriptors.history import Lives
from tracer.analyze.growing import Growing
from tracer.analyze.lines.lines import WAKEUP, Chunk, Lines
from tracer.analyze.memory import Memory
from tracer.analyze.ready import events_in
from tracer.analyze.row_places import RowPlaces
from tracer.analyze.waiting_sets.controls import DEL, controls_in
from tracer.analyze.waiting_sets.families import (
    AIO,
    BELONGS,
    BY_FD,
    CONTROL,
    EPOLL,
    FAMILY,
    URING,
    Contexts,
    kind_of,
)
from tracer.analyze.waiting_sets.found import lists_found
from tracer.analyze.waiting_sets.lists import Registrations
from tracer.analyze.waiting_sets.requests import RequestColumns
from tracer.analyze.waiting_sets.waiting_sets import Family
from tracer.wire import Kind, When

Ints = NDArray[np.int64]

SUMS: Final = (
    "returns", "wakeups", "ready", "timeouts", "failed", "bytes_in", "bytes_out", "blocked_ns", "useless",
)  # fmt: skip


class WaitIndex:
    """The columns, and the sums of every waiter."""

    def __init__(self, places: RowPlaces, codes: CallCodes, lives: Lives, useless_rows: Sequence[int]) -> None:
        """`useless_rows`: rows of useless wake-ups, which only grows (`Wakeups.useless_rows`)."""
        self._places, self._codes, self.lives, self._useless_rows = places, codes, lives, useless_rows
        self.waits = Growing(row="<u4", line="<u4", waiter="<i4", thread="<i4", ready="<i4", useless="?")
        """Returns of waiting calls, in order."""
        self.lists = Registrations(lives)
        self.asked = RequestColumns(places, codes)
        """Requests to io_uring and native AIO, and their answers."""
        self.contexts = Contexts(places)
        self.found: set[int] = set()
        """Epolls whose list was known when the trace began."""
        self.keys: list[tuple[Family, int]] = []
        """By waiter: its family, and the thread (of an epoll or io_uring: the code it was first used by; of an AIO
        context its place in `contexts`)."""
        self.threads: list[list[int]] = []
        """By waiter: the threads that waited."""
        self.sums = np.zeros((len(SUMS), 0), np.int64)
        self.lines = 0
        """Lines taken in."""
        self._places_of: dict[int, tuple[int, int, Ints]] = {}
        self._numbers: dict[int, int] = {}
        self._pairs: set[int] = set()
        self._judged = 0
        self._last_row = -1

    def update(self, stop: Callable[[], bool] = lambda: False) -> bool:
        """Take in what the recording has more by now; False when `stop` said so before the end."""
        lines: Lines = self._places.lines
        count = lines.count
        self.lives.update()
        for chunk in lines.chunks(self.lines, count):
            if stop():
                return False
            self._take_in(chunk)
            self.lines = chunk.last
            self._last_row = max(self._last_row, int(chunk.row.max()))
        self._judge()
        return True

    def of(self, columns: Growing, waiter: int) -> Ints:
        """Places in `waits`, or columns of `lists`, that are of a waiter; remembered for the waiter asked last."""
        key = id(columns)
        known = self._places_of.get(key)
        if known is None or known[:2] != (waiter, columns.count):
            known = self._places_of[key] = waiter, columns.count, np.flatnonzero(columns["waiter"] == waiter)
        return known[2]

    def waits_of(self, waiter: int) -> Ints:
        """The same of `waits`: the returns of a waiter."""
        return self.of(self.waits, waiter)

    def watched(self) -> Ints:
        """By code of a descriptor: the epoll that has it in its list now (the one added to last), -1 = none."""
        code = self.lists.controls["code"]
        known = np.flatnonzero(code >= 0)
        watched = np.full(self.lives.count, -1)
        removed = self.lists.controls["op"][known] == DEL
        watched[code[known]] = np.where(removed, -1, self.lists.controls["waiter"][known])
        return watched

    def _take_in(self, chunk: Chunk) -> None:
        begun = self._begun(chunk)
        family = np.array([kind_of(fact.name) for fact in self._codes.facts])[chunk.code]
        found = np.flatnonzero((family >= 0) & (chunk.kind == Kind.CALL) & (~BY_FD[family] | (chunk.fd >= 0)))
        family = family[found]
        if not len(found) and not begun:
            self.asked.take_in(chunk, found, found)
            return
        what = np.where(BY_FD[family], chunk.fd[found], chunk.thread[found]).astype(np.int64)
        aio = np.flatnonzero(BELONGS[family] == AIO)
        what[aio] = self.contexts.of(chunk.row[found[aio]].astype(np.int64))
        waiter = self._waiters(family, what)
        requests = BELONGS[family] >= URING
        self.asked.take_in(chunk, found[requests], waiter[requests])
        result = np.empty(len(found), np.int64)
        controls = [begun] if begun else []
        told: list[dict[str, NDArray[Any]]] = []
        rows = chunk.row[found].astype(np.int64)
        for batch, places, here in self._places.grouped(rows):
            result[here] = column(batch, "result")[places]
            lines = chunk.first + found[here]
            self._read(batch, places, family[here], waiter[here], lines, rows[here], controls, told)
        self.lists.add(controls, told)
        uring, waits = family == URING, family < CONTROL
        # What an io_uring_enter returns is how many requests it took, not how many were answered.
        told_of = np.where(uring & (result >= 0), self.asked.seen_at(chunk.first + found), result)
        timeouts = (result == 0) & ~uring
        self._add_waits(chunk, found[waits], waiter[waits], told_of[waits], timeouts[waits])

    def _begun(self, chunk: Chunk) -> dict[str, NDArray[Any]]:
        """The interest lists that capture found in processes that ran before the trace."""
        epolls, entries = lists_found(self._places, self.lives, chunk)
        waiters = {code: self._number(EPOLL << 40 | int(self.lives.description[code]), code) for code in epolls}
        self.found.update(waiters.values())
        if entries:
            entries["waiter"] = np.array([waiters[code] for code in entries.pop("epoll").tolist()], np.int64)
        return entries

    def _waiters(self, family: Ints, what: Ints) -> Ints:
        """The waiter of each call. Descriptors of one epoll instance are one waiter."""
        same = what.copy()
        same[BY_FD[family]] = self.lives.description[same[BY_FD[family]]]
        each, first, inverse = np.unique(BELONGS[family] << 40 | same, return_index=True, return_inverse=True)
        return np.array(
            [self._number(int(key), int(what[at])) for key, at in zip(each, first, strict=True)], np.int64
        )[inverse]

    def _number(self, key: int, what: int) -> int:
        number = self._numbers.setdefault(key, len(self.keys))
        if number == len(self.keys):
            self.keys.append((FAMILY[key >> 40], what))
            self.threads.append([])
            self.sums = np.concatenate((self.sums, np.zeros((len(SUMS), 1), np.int64)), axis=1)
        return number

    def _read(
        self, batch: pa.RecordBatch, places: Ints, family: Ints, waiter: Ints, lines: Ints, rows: Ints,
        controls: list[dict[str, NDArray[Any]]], told: list[dict[str, NDArray[Any]]],
    ) -> None:  # fmt: skip
        """The registrations and events of one batch."""
        result = column(batch, "result")
        number = np.full(batch.num_rows, -1)
        number[places] = np.arange(len(places))
        wanted = np.zeros(batch.num_rows, np.bool_)
        if (family == CONTROL).any():
            wanted[places[family == CONTROL]] = True
            wanted &= (result == 0) | (result == -errno.EEXIST)
            at = number[np.flatnonzero(wanted)]
            if len(at):
                controls.append(
                    {"row": rows[at], "line": lines[at], "waiter": waiter[at]} | controls_in(batch, wanted)
                )
        wanted[:] = False
        wanted[places[family == EPOLL]] = True
        wanted &= result > 0
        if wanted.any():
            events = events_in(Memory(batch).pieces(wanted, (1,), When.EXIT), result)
            at = number[events.row]
            told.append({"row": rows[at], "line": lines[at], "waiter": waiter[at], "data": events.data})

    def _add_waits(
        self, chunk: Chunk, found: Ints, waiter: Ints, result: Ints, timeouts: NDArray[np.bool_]
    ) -> None:
        thread = chunk.thread[found].astype(np.int64)
        woken = (chunk.flags[found] & WAKEUP) != 0
        self.waits.append(
            row=chunk.row[found], line=chunk.first + found, waiter=waiter, thread=thread,
            ready=np.clip(result, -4096, 1 << 30), useless=np.zeros(len(found), np.bool_),
        )  # fmt: skip
        for pair in np.unique(waiter << 32 | thread).tolist():
            if pair not in self._pairs:
                self._pairs.add(pair)
                self.threads[pair >> 32].append(pair & 0xFFFFFFFF)
        values = {
            "returns": np.ones(len(found)), "wakeups": woken, "ready": np.where(woken, result, 0),
            "timeouts": timeouts, "failed": result < 0, "bytes_in": chunk.bytes_in[found],
            "bytes_out": chunk.bytes_out[found], "blocked_ns": chunk.blocked_ns[found],
        }  # fmt: skip
        for name, value in values.items():
            sums = np.bincount(waiter, value, minlength=len(self.keys))
            self.sums[SUMS.index(name)] += np.rint(sums).astype(np.int64)

    def _judge(self) -> None:
        """Mark the wake-ups that turned out useless since."""
        rows = np.array(self._useless_rows[self._judged :], np.int64)
        known = self.waits["row"]
        if not len(rows) or not len(known):
            return
        later = np.flatnonzero(rows > self._last_row)  # of lines still to come
        rows = rows[: later[0]] if len(later) else rows
        self._judged += len(rows)
        place = np.searchsorted(known, rows)
        place = place[known[np.minimum(place, len(known) - 1)] == rows]
        self.waits["useless"][place] = True
        self.sums[SUMS.index("useless")] += np.bincount(self.waits["waiter"][place], minlength=len(self.keys))
