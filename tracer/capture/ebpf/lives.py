"""Threads born, replaced, ended, signalled: their rows, with what /proc still tells when they are read.

The programs say who and when. What a process has open or mapped is read from /proc a few milliseconds later; when
it is gone by then, nothing is said about it.
"""

from __future__ import annotations

import os
from typing import Any

from tracer.capture.ebpf.pieces import Pieces
from tracer.capture.inherited import inherited
from tracer.capture.maps import maps_of
from tracer.capture.outbox import Outbox
from tracer.capture.phases import OpenPhases
from tracer.capture.threads import executable_of
from tracer.wire import Kind, Placement, Source, Spawn

_NAME = slice(4, 6)
"""Where a record has its thread's name among the arguments."""


class Lives:
    """Takes the records that are not calls."""

    def __init__(self, outbox: Outbox, pieces: Pieces) -> None:
        self._outbox = outbox
        self._pieces = pieces
        self._known: dict[int, int] = {}
        """Process by thread, of those that live."""
        self.ended: list[int] = []
        self.phases = OpenPhases()

    @property
    def live(self) -> dict[int, int]:
        """Process by thread."""
        return self._known

    def attached(self, tid: int, pid: int, now: int, name: bytes) -> None:
        """A thread that ran before us."""
        texts: tuple[bytes, ...] = (name,)
        if tid == pid:
            texts += (inherited(pid), maps_of(pid))
        self._known[tid] = pid
        self._event(Kind.SPAWN, now, pid, tid, nr=Spawn.ATTACH, texts=texts)

    def started(self, pid: int, at: int, name: bytes, found: bytes) -> None:
        """The program's first process is about to become it; `found`: what is open already."""
        self._known[pid] = pid
        self._event(Kind.SPAWN, at, pid, pid, nr=Spawn.START, texts=(name, found))

    def forget_the_gone(self) -> None:
        """Drop threads that /proc does not have any more: the records of their ends were lost."""
        for tid in [tid for tid in self._known if not os.path.exists(f"/proc/{tid}")]:
            del self._known[tid]
            self.ended.append(tid)

    def __call__(self, record: Any) -> None:
        """Put the row of one record into the outbox."""
        kind, pid, tid = Kind(int(record["kind"])), int(record["pid"]), int(record["tid"])
        at, args = int(record["at"]), [int(value) for value in record["args"]]
        name = record["args"][_NAME].tobytes().partition(b"\0")[0]
        if kind is Kind.SPAWN:
            how = Spawn.CLONE if pid != tid else Spawn.FORK
            self._known[tid] = pid
            self._event(kind, at, pid, tid, nr=how, args=(args[0], args[1]), texts=(name,))
        elif kind is Kind.EXEC:
            self._executed(record, at, pid, args[0], name)
        elif kind is Kind.EXIT:
            self._known.pop(tid, None)
            self.ended.append(tid)
            self._last(kind, record, name)
        elif kind is Kind.LEFT:
            self._last(kind, record)
        elif kind is Kind.SIGNAL:
            information = self._memory_of(record)
            self._event(
                kind, at, pid, tid, nr=int(record["nr"]), args=(args[0],), texts=(information.ljust(128, b"\0"),)
            )

    def _memory_of(self, record: Any) -> bytes:
        return self._pieces.belonging(record["tid"][None], record["seq"][None]).memory.tobytes()

    def _executed(self, record: Any, at: int, pid: int, former: int, name: bytes) -> None:
        if former != pid:
            self._pieces.rename(former, pid)
            self._known.pop(former, None)
            self._event(Kind.EXIT, at, pid, former, texts=(name,))
            self._event(Kind.SPAWN, at, pid, pid, nr=Spawn.RENAMED, args=(former, pid), texts=(name,))
        for tid in [tid for tid, process in self._known.items() if process == pid and tid != pid]:
            self._known.pop(tid)
        self._known[pid] = pid
        given = self._memory_of(record)
        path = executable_of(pid) or (given if given.startswith(b"/") else b"")
        self._event(Kind.EXEC, at, pid, pid, args=(former,), texts=(name, path, maps_of(pid)))

    def _last(self, kind: Kind, record: Any, *name: bytes) -> None:
        """What a thread did outside of calls before its end, or ours."""
        span = int(record["end"] - record["since"])
        blocked, delay = int(record["user_blocked"]), int(record["user_delay"])
        user = (span, max(span - blocked - delay, 0), delay, int(record["user_switches"]) + 1, 1)
        self._event(
            kind, int(record["at"]), int(record["pid"]), int(record["tid"]),
            result=int(record["result"]), texts=name, user=user, span_ns=span,
        )  # fmt: skip

    def _event(self, kind: Kind, at: int, pid: int, tid: int, **more: Any) -> None:
        self._outbox.event(kind, at, pid, tid, source=Source.SWITCHES, placement=Placement.APART, **more)
