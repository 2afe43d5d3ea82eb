"""Programs that trace others: a thread has one tracer only, and a debugger in the program is to work as untraced.

When a traced process is about to trace another one, or asks to be traced by its parent (PTRACE_TRACEME of
ptrace(2)), we let the one go that is wanted, before the call is carried out: from then on it is the other tracer's,
and not seen by us. A MARK row says so. The caller of PTRACE_ATTACH or PTRACE_SEIZE waits at its entry stop until
the wanted thread has come to a stop and has been let go.

The program's first process is our own child: if it asked to be traced by its parent, that would be us. It gets
EPERM.
"""

from __future__ import annotations

from typing import Final

from tracer.capture import ptrace_binding as ptrace
from tracer.capture.threads import Thread, process_of
from tracer.capture.tracees import Tracees
from tracer.wire import Kind

TRACEME: Final = 0
_ATTACH: Final = 16


class Yielding:
    """Which threads other tracers wait for."""

    def __init__(self, tracees: Tracees) -> None:
        self._tracees = tracees
        self.wanted: dict[int, list[int]] = {}
        """By tid of the one that is wanted: the tids of the callers that wait for it."""

    def asks_to_be_traced(self, thread: Thread) -> bool:
        """Whether `thread`, at the entry of ptrace(2), wants its parent for a tracer, and may."""
        return thread.entry[2][0] == TRACEME and thread.pid != self._tracees.root

    def wants(self, thread: Thread) -> bool:
        """Whether `thread`, at the entry of ptrace(2), has to wait for one of ours; that is interrupted then."""
        request, target, *_ = thread.entry[2]
        if request not in (_ATTACH, ptrace.SEIZE):
            return False
        found = self._tracees.named_by(thread, target & 0xFFFFFFFF)
        if found is None or found is thread:
            return False
        self.wanted.setdefault(found.tid, []).append(thread.tid)
        ptrace.request(ptrace.INTERRUPT, found.tid, 0, 0)
        return True

    def tell(self, thread: Thread, now: int) -> None:
        """`thread` is about to be let go: a row says to whom."""
        callers = self.wanted.get(thread.tid)
        first = self._tracees.threads.get(callers[0]) if callers else None
        tracer = first.pid if first is not None else process_of(thread.tid)[1]
        label = b"process %d traces this thread from here on" % tracer
        thread.outbox.event(Kind.MARK, now, thread.pid, thread.tid, texts=(label,))

    def waited_for(self, tid: int) -> list[Thread]:
        """The callers that can go on, now that `tid` is not ours any more."""
        callers = self.wanted.pop(tid, [])
        return [self._tracees.threads[each] for each in callers if each in self._tracees.threads]
