"""POSIX AIO unmasked: each request of glibc's helper threads, from the call that handed it over to its notice.

    aio_read request N: submitted -> worked on by thread T -> notified

A request is handed over in memory. What can be seen is the call that made a helper go to work: the clone that
started it, or the futex wake on the word where idle helpers wait. The n-th such wake is taken to have brought the
n-th request; a request that came while all helpers were busy was handed over without a call, and its submission
is not known.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Final

import numpy as np

from tracer.analyze.operations_futexes import Futexes
from tracer.analyze.operations_helpers import (
    CLONES,
    ESPIPE,
    PLAIN,
    POSITIONED,
    Born,
    Helper,
    blocks_all,
    born_by,
    request_name,
)
from tracer.analyze.operations_notices import SI_ASYNCIO, Notices
from tracer.analyze.operations_request import Request
from tracer.analyze.operations_results import Operation
from tracer.analyze.operations_rows import Event, Mask, Rows
from tracer.wire import Kind, Spawn

_OF_HELPERS: Final = frozenset({"rt_sigprocmask", "rt_sigqueueinfo", "futex"}) | set(POSITIONED) | set(PLAIN)
_MOST_CLONES: Final = 1 << 10


class Requests:
    """The POSIX AIO requests of all processes."""

    def __init__(self) -> None:
        self._threads: dict[int, Helper] = {}
        """By thread: helpers, and young threads that may be."""
        self._working: dict[int, Request] = {}
        """By helper: its last request."""
        self._clones: dict[int, Born] = {}
        """By thread: the clone that started it, when its row came first."""
        self._futexes: defaultdict[int, Futexes] = defaultdict(Futexes)
        self._notices: defaultdict[int, Notices] = defaultdict(Notices)

    def wanted(self, rows: Rows) -> Mask:
        """Births of threads, what young threads and helpers call, and who wakes them or is woken or told."""
        births = rows.of_kind(Kind.SPAWN) & (rows.flat.nr == Spawn.CLONE)
        clones: Mask = rows.named(CLONES)
        refused = rows.named(POSITIONED) & (rows.flat.result == ESPIPE) & (rows.flat.tid != rows.flat.pid)
        fresh = births | refused
        tids = {*self._threads, *rows.flat.tid[fresh].tolist()}
        pids = {*(each.pid for each in self._threads.values()), *rows.flat.pid[fresh].tolist()}
        if not tids:
            return clones
        theirs = rows.of_threads(tids) & rows.named(_OF_HELPERS)
        others = rows.of_processes(pids) & (rows.named(("futex",)) | _asynchronous(rows))
        found: Mask = births | clones | refused | theirs | others
        return found

    def take(self, event: Event) -> Iterator[Operation]:
        """The requests that are over with this row."""
        if event.kind == Kind.SPAWN:
            yield from self._spawned(event)
        elif event.kind == Kind.SIGNAL:
            yield from self._notices[event.pid].delivered(event)
        elif event.kind == Kind.CALL and event.name in CLONES and event.result > 0:
            self._cloned(event)
        elif event.kind == Kind.CALL and event.name in _OF_HELPERS:
            yield from self._called(event)

    def left(self, inside: Iterable[Event], /) -> Iterator[Operation]:
        """Requests whose helper did nothing after them, and those it is still at."""
        for event in inside:
            helper = self._threads.get(event.tid)
            name = request_name(helper, event) if helper is not None and not helper.rejected else None
            if helper is not None and name is not None and (helper.sure or helper.masked):
                yield from self._begin(helper, event, name, over=False)
        for tid in list(self._working):
            yield from self._end(tid)
        for notices in self._notices.values():
            yield from notices.left()

    def _spawned(self, event: Event) -> Iterator[Operation]:
        if event.nr != Spawn.CLONE or event.tid == event.pid:
            return
        yield from self._end(event.tid)
        young = Helper(event.pid, event.tid, event.args[0], event.at_ns, self._clones.pop(event.tid, None))
        if not young.rejected:
            self._threads[event.tid] = young

    def _cloned(self, event: Event) -> None:
        born = born_by(event)
        child = self._threads.get(event.result)
        if child is None or child.born is not None:
            self._clones[event.result] = born
            if len(self._clones) > _MOST_CLONES:
                self._clones.pop(next(iter(self._clones)))
        else:
            child.born = born
            if child.rejected:
                self._forget(event.result)
        request = self._working.get(event.tid)
        ordinary = Helper(event.pid, event.result, event.tid, event.at_ns, born).rejected
        if request is not None and (ordinary or born.stack is None):
            request.told(f"thread {event.result}", event.at_ns)

    def _forget(self, tid: int) -> None:
        del self._threads[tid]
        request = self._working.pop(tid, None)
        if request is not None:
            self._futexes[request.pid].drop(request)

    def _called(self, event: Event) -> Iterator[Operation]:
        helper = self._threads.get(event.tid)
        if helper is None and event.result == ESPIPE and event.tid != event.pid:
            helper = self._threads[event.tid] = Helper(event.pid, event.tid, 0, event.at_ns)
        if event.name == "futex":
            self._futexes[event.pid].add(
                event, self._working.get(event.tid), helps=helper is not None and helper.sure
            )
        elif helper is None:
            return
        elif event.name == "rt_sigprocmask":
            self._mask(helper, event)
        elif event.name == "rt_sigqueueinfo":
            self._notices[event.pid].queued(event, self._working.get(event.tid))
        else:
            yield from self._transfer(helper, event)

    def _mask(self, helper: Helper, event: Event) -> None:
        """A thread begins with the mask its parent had; one that lets signals in is not a helper."""
        if helper.sure or helper.masked:
            return
        helper.masked = blocks_all(event)
        if not helper.masked and not helper.refused:
            self._threads.pop(helper.tid, None)

    def _transfer(self, helper: Helper, event: Event) -> Iterator[Operation]:
        if event.result == ESPIPE and event.name in POSITIONED:
            helper.refused = event
            return
        name = request_name(helper, event)
        if name is None or not (helper.sure or helper.masked or helper.refused):
            if not helper.sure:
                self._threads.pop(helper.tid, None)
            return
        helper.sure = True
        yield from self._begin(helper, event, name, over=True)

    def _begin(self, helper: Helper, event: Event, name: str, *, over: bool) -> Iterator[Operation]:
        yield from self._end(helper.tid)
        first = helper.refused or event
        futexes = self._futexes[helper.pid]
        request = Request.of(helper, event, name, first.at_ns, over=over)
        parent = self._threads.get(helper.parent)
        if helper.begun or not helper.parent or (parent is not None and parent.sure):
            futexes.begun(request)
        helper.begun += 1
        helper.refused = None
        self._working[helper.tid] = request

    def _end(self, tid: int) -> Iterator[Operation]:
        """The last request of a helper is over: whatever was to be told has been told."""
        request = self._working.pop(tid, None)
        if request is None:
            return
        futexes = self._futexes[request.pid]
        futexes.settle(request)
        woke_ns = futexes.woken_by(request)
        if woke_ns is not None:
            request.told("aio_suspend", woke_ns)
        if not self._notices[request.pid].keeps(request):
            yield request.operation()


def _asynchronous(rows: Rows) -> Mask:
    code = rows.argument(0)
    mask: Mask = rows.of_kind(Kind.SIGNAL) & np.isin(code, (SI_ASYNCIO, SI_ASYNCIO & 0xFFFFFFFF))
    return mask
