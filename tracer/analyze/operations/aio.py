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

from tracer.analyze.operations.births import Births
from tracer.analyze.operations.futexes import Futexes
from tracer.analyze.operations.helpers import CLONES, ESPIPE, PLAIN, POSITIONED, Helper, blocks_all, request_name
from tracer.analyze.operations.notices import SI_ASYNCIO, Notices
from tracer.analyze.operations.request import Request
from tracer.analyze.operations.results import Operation
from tracer.analyze.operations.rows import Event, Mask, Rows
from tracer.wire import Kind, Spawn

_OF_HELPERS: Final = frozenset({"rt_sigprocmask", "rt_sigqueueinfo", "futex"}) | set(POSITIONED) | set(PLAIN)


class Requests:
    """The POSIX AIO requests of all processes."""

    def __init__(self) -> None:
        self._births = Births()
        self._working: dict[int, Request] = {}
        """By helper: its last request."""
        self._held: dict[int, Request] = {}
        """By thread: a request that is over, but for whether this thread was started to tell of it."""
        self._futexes: defaultdict[int, Futexes] = defaultdict(Futexes)
        self._notices: defaultdict[int, Notices] = defaultdict(Notices)

    def wanted(self, rows: Rows) -> Mask:
        """Births of threads, what young threads and helpers call, and who wakes them or is woken or told."""
        births = rows.of_kind(Kind.SPAWN) & (rows.flat.nr == Spawn.CLONE)
        clones: Mask = rows.named(CLONES)
        refused = rows.named(POSITIONED) & (rows.flat.result == ESPIPE) & (rows.flat.tid != rows.flat.pid)
        fresh = births | refused
        tids = {*self._births.threads, *rows.flat.tid[fresh].tolist()}
        pids = {*(each.pid for each in self._births.threads.values()), *rows.flat.pid[fresh].tolist()}
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
            helper = self._births.threads.get(event.tid)
            name = request_name(helper, event) if helper is not None and not helper.rejected else None
            if helper is not None and name is not None and (helper.sure or helper.masked):
                yield from self._begin(helper, event, name, over=False)
        for tid in list(self._working):
            yield from self._end(tid)
        for child in list(self._held):
            yield from self._resolved(child, tells=False)
        for notices in self._notices.values():
            yield from notices.left()

    def _spawned(self, event: Event) -> Iterator[Operation]:
        yield from self._end(event.tid)
        self._births.spawned(event)

    def _cloned(self, event: Event) -> None:
        ordinary = self._births.cloned(event)
        mistaken = self._working.pop(ordinary.tid, None) if ordinary is not None else None
        if mistaken is not None:
            self._futexes[mistaken.pid].drop(mistaken)
        request = self._working.get(event.tid)
        if request is None or not request.over or request.notified or self._births.is_sure(event.result):
            return
        if self._births.is_open(event.result):
            request.told(f"thread {event.result}", event.at_ns)
        elif request.child is None:
            request.child = event.result, event.at_ns

    def _called(self, event: Event) -> Iterator[Operation]:
        helper = self._births.threads.get(event.tid)
        if helper is None and event.result == ESPIPE and event.name in POSITIONED:
            helper = self._births.seen_refused(event)
        if event.name == "futex":
            self._futexes[event.pid].add(event, self._working.get(event.tid), helps=self._births.helps(event.tid))
        elif helper is None:
            return
        elif event.name == "rt_sigprocmask":
            yield from self._mask(helper, event)
        elif event.name == "rt_sigqueueinfo":
            self._notices[event.pid].queued(event, self._working.get(event.tid))
        else:
            yield from self._transfer(helper, event)

    def _mask(self, helper: Helper, event: Event) -> Iterator[Operation]:
        """A thread begins with the mask its parent had; one that lets signals in is not a helper."""
        blocked = blocks_all(event)
        helper.masked |= bool(blocked)
        if blocked is False and not helper.sure and helper.refused is None:
            yield from self._resolved(helper.tid, tells=True)
            self._births.lets_signals_in(helper)

    def _resolved(self, child: int, *, tells: bool) -> Iterator[Operation]:
        """What a thread that a helper started is for: to tell of the request before, or to help as well."""
        thread = self._births.threads.get(child)
        held = self._held.pop(child, None)
        working = self._working.get(thread.parent) if thread is not None else None
        for request in (held, working):
            if request is not None and request.child is not None and request.child[0] == child:
                if tells:
                    request.told(f"thread {child}", request.child[1])
                request.child = None
        if held is not None:
            yield from self._over(held)

    def _transfer(self, helper: Helper, event: Event) -> Iterator[Operation]:
        if event.result == ESPIPE and event.name in POSITIONED:
            helper.refused = event
            return
        name = request_name(helper, event)
        if name is None or not (helper.sure or helper.masked or helper.refused):
            if not helper.sure:
                self._births.rule_out(helper)
            return
        if not helper.sure:
            helper.sure = True
            yield from self._resolved(helper.tid, tells=False)
        yield from self._begin(helper, event, name, over=True)

    def _begin(self, helper: Helper, event: Event, name: str, *, over: bool) -> Iterator[Operation]:
        yield from self._end(helper.tid)
        first = helper.refused or event
        futexes = self._futexes[helper.pid]
        request = Request.of(helper, event, name, first.at_ns, over=over)
        if helper.begun or not helper.parent or helper.by_helper:
            futexes.begun(request)
        helper.begun += 1
        helper.refused = None
        self._working[helper.tid] = request

    def _end(self, tid: int) -> Iterator[Operation]:
        """The last request of a helper is over: whatever was to be told has been told."""
        request = self._working.pop(tid, None)
        if request is not None and request.child is not None:
            self._held[request.child[0]] = request
        elif request is not None:
            yield from self._over(request)

    def _over(self, request: Request) -> Iterator[Operation]:
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
