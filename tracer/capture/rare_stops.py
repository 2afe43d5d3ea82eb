"""What the capture loop does at every stop but the two of a call, and where a thread goes from any of them.

Births, execs, signals, group-stops, deaths; and the syscall stops after which a thread does not simply go on: while
detaching or holding, of a call that lasted already when we came, of a thread that traces others itself.

Facts about ptrace stops that shape it (ptrace(2)):

* With SEIZE every stop says what it is: a number above bit 16 is an event, of which PTRACE_EVENT_STOP is a new
  child's first stop, a group-stop or an interrupt; anything else but a syscall stop is a signal about to be
  delivered.
* A new child's first stop may arrive before or after its parent's clone event. Neither waits for the other.
* A group-stop is left with PTRACE_LISTEN, or job control would not work under trace.
* PTRACE_INTERRUPT ends a sleeping call with ERESTART*; the kernel restarts it after the detach.
"""

from __future__ import annotations

import errno
import os
import signal
import time
from struct import Struct
from typing import Final

from tracer.capture import ptrace_binding as ptrace
from tracer.capture.holding import Holding
from tracer.capture.interrupted import BEGIN_AGAIN, Interrupted, begin_again, lasts
from tracer.capture.spawn import send_signal
from tracer.capture.threads import Thread, process_of
from tracer.capture.tracees import Tracees
from tracer.capture.yielding import Yielding
from tracer.wire import RECORD, Kind, Spawn

SYSCALL_STOP: Final = (signal.SIGTRAP | 0x80) << 8 | 0x7F
"""The wait status of a stop at a call's entry or exit."""
NEVER: Final = 1 << 63
_GROUP_STOPS: Final = (signal.SIGSTOP, signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU)
_BIRTHS: Final = {
    ptrace.EVENT_FORK: Spawn.FORK,
    ptrace.EVENT_VFORK: Spawn.VFORK,
    ptrace.EVENT_CLONE: Spawn.CLONE,
}
_RESULT: Final = Struct("<q")
_RESULT_AT: Final = 88
"""Where a packed record has its result (`tracer.wire.RECORD`)."""


class RareStops:
    """The threads' way through every stop that is not on the hot path."""

    def __init__(self, tracees: Tracees, filtered: bool) -> None:
        """`filtered`: a seccomp filter says which calls stop (`tracer.capture.seccomp_filter`)."""
        self.filtered = filtered
        self.onward: Final = ptrace.CONT if filtered else ptrace.SYSCALL
        """How a thread that is in no call goes on."""
        self.tracees = tracees
        self.scheduling = tracees.scheduling
        self.statuses: dict[int, int] = {}
        """Wait statuses of the processes that ended, by pid."""
        self.detaching = False
        self.killing = False
        """From `kill` on: what is born now is killed as well."""
        self.holding = Holding(tracees, self.resume)
        self.interrupted = Interrupted(tracees)
        self.yielding = Yielding(tracees)
        tracees.divert = self._divert_once
        self.diverted = False
        """A thread at a syscall stop does not simply go on: detaching, holding, or back in a call we came into."""
        self._tracing = False
        """The thread at hand enters ptrace(2)."""
        self._pending: list[tuple[int, int, int]] = []
        """Stops noticed and not yet handled, the last to be handled first: tid, wait status, when."""
        self._flush_at = NEVER
        """When what was collected is to be sent."""
        self._leave_at = NEVER
        """When a detach stops waiting for threads that do not come."""

    def resume(self, thread: Thread, number: int = 0) -> None:
        """Restart a stopped thread until its next stop, delivering signal `number` if not 0."""
        thread.stops += 1
        thread.resumed = time.monotonic_ns()
        ptrace.request(ptrace.SYSCALL if thread.in_call else self.onward, thread.tid, 0, number)

    def _divert(self, thread: Thread, now: int) -> None:
        """A thread has come to a syscall stop at `now`, while detaching, holding, or expecting it there."""
        if thread.tid in self.yielding.wanted:
            self._go_on(thread, 0)
            return
        if thread.in_call and not self.detaching and self._yields(thread, now):
            return
        if thread.tid in self.interrupted.inside:
            if self.interrupted.back(thread, now):
                self._flush_at = 0  # somebody waits to see it
            self._redirect()
        if self.detaching:
            self._restart(thread)
            self._let_go(thread, 0)
        elif not self.holding.takes(thread, now):
            thread.stops = 0
            self.resume(thread)

    def _divert_once(self) -> None:
        """A thread enters ptrace(2)."""
        self._tracing, self.diverted = not self.filtered, True

    def _redirect(self) -> None:
        expecting = bool(self.interrupted.inside or self.yielding.wanted)
        self.diverted = self.detaching or self.holding.on or expecting

    def _yields(self, thread: Thread, now: int) -> bool:
        """A thread that traces others, or wants to be traced, is let go or kept waiting."""
        tracing, self._tracing = self._tracing, False
        if not tracing:
            return False
        waits = self.yielding.wants(thread)
        self._redirect()
        if not waits and self.yielding.asks_to_be_traced(thread):
            self.yielding.tell(thread, now)
            self._let_go(thread, 0)
            return True
        return waits

    def _restart(self, thread: Thread) -> None:
        """Our interrupt may have ended the call that a thread just returned from: then it is begun again."""
        _, nr, args, *_ = thread.entry
        records = thread.outbox.records
        if thread.in_call or len(records) < RECORD.size or thread.ended <= thread.resumed:
            return
        result = _RESULT.unpack_from(records, len(records) - RECORD.size + _RESULT_AT)[0]
        if result == -errno.EINTR and lasts(thread.table.abi, nr, args) and begin_again(thread.tid):
            _RESULT.pack_into(records, len(records) - RECORD.size + _RESULT_AT, BEGIN_AGAIN)

    def _other_stop(self, tid: int, status: int, thread: Thread | None, now: int) -> None:
        if not os.WIFSTOPPED(status):
            self._ended(tid, status)
            return
        if thread is None:
            if not self.tracees.following and process_of(tid)[0] == tid:
                ptrace.request(ptrace.DETACH, tid, 0, 0)
                return
            thread = self.tracees.adopt(tid, now)
            if self.killing:  # born while its parent was killed
                send_signal(thread.pid, signal.SIGKILL)
            if status == SYSCALL_STOP:  # not its first stop: it belongs to a call whose entry we did not see
                self._go_on(thread, 0)
                return
        # SIGKILL moves a stopped thread: its exit event may be noticed before its former stop was handled.
        now = max(now, thread.resumed)
        self.holding.lose(thread, now)
        event, number = status >> 16, os.WSTOPSIG(status)
        if event == ptrace.EVENT_EXIT:
            self.tracees.exiting(thread, ptrace.event_message(tid), now)
            self._go_on(thread, 0)
            return
        if event == ptrace.EVENT_EXEC:
            thread = self._executed(tid, now) or thread
        thread.wall += now - thread.resumed
        thread.resumed = now
        if thread.arriving:
            thread.arriving = False
            # What it waited for a CPU to come here began before us, or is our doing.
            thread.run, thread.delay, thread.switches = thread.read_clock()
            self.interrupted.stopped(thread)
            self._redirect()
        if event in _BIRTHS:
            child = ptrace.event_message(tid)
            if self.tracees.following or process_of(child)[0] != child:
                self.tracees.expect(child, _BIRTHS[event], thread)
        elif event == ptrace.EVENT_STOP and number in _GROUP_STOPS and not self._lets_go(tid):
            thread.resumed = now
            ptrace.request(ptrace.LISTEN, tid, 0, 0)
            return
        elif event == 0:
            self._signal(thread, number, now)
            self._go_on(thread, number)
            return
        self._go_on(thread, 0)

    def _executed(self, tid: int, now: int) -> Thread | None:
        """The thread an exec left. Stops of those it ended are void; a newborn's first stop is not."""
        known = self.tracees.threads
        before = set(known)
        thread = self.tracees.renamed(tid, ptrace.event_message(tid), now)
        ended = before - known.keys()
        if ended:
            for each in ended:
                self.holding.forget(each)
            self._pending[:] = [stop for stop in self._pending if stop[0] not in ended]
        return thread

    def _lets_go(self, tid: int) -> bool:
        return self.detaching or tid in self.yielding.wanted

    def _go_on(self, thread: Thread, number: int) -> None:
        if thread.tid in self.yielding.wanted:
            self.yielding.tell(thread, time.monotonic_ns())
            self._let_go(thread, number)
            self._gone(thread.tid)
        elif self.detaching:
            self._let_go(thread, number)
        else:
            self.resume(thread, number)

    def _gone(self, tid: int) -> None:
        """A thread is not ours any more: whoever waited to trace it goes on."""
        for caller in self.yielding.waited_for(tid):
            self.resume(caller)
        self._redirect()

    def _signal(self, thread: Thread, number: int, now: int) -> None:
        information = ptrace.signal_information(thread.tid)
        thread.signals.append(information[:48])
        code = int.from_bytes(information[8:12], "little")
        thread.outbox.event(Kind.SIGNAL, now, thread.pid, thread.tid, nr=number, args=(code,), texts=(information,))

    def _ended(self, tid: int, status: int) -> None:
        if self.holding.rang(tid, self.detaching):
            if self.detaching:
                self.holding.let_go(lambda thread: self._let_go(thread, 0), time.monotonic_ns())
            if time.monotonic_ns() >= self._leave_at:
                for each in list(self.tracees.threads.values()):
                    self._let_go(each, 0)
                self.tracees.expected.clear()
            self._redirect()
            return
        self.holding.forget(tid)
        self.interrupted.forget(tid)
        self.statuses[tid] = status
        self.tracees.gone(tid, status)
        if tid in self.yielding.wanted:
            self._gone(tid)

    def _let_go(self, thread: Thread, number: int) -> None:
        now = time.monotonic_ns()
        if thread.in_call:
            part = thread.part(now, *thread.read_clock())
            self.tracees.write_entered(thread, part, now)
        elif thread.resumed > thread.ended and not thread.exiting:
            self.tracees.left(thread, now)
        self.scheduling.let_go(thread)
        ptrace.request(ptrace.DETACH, thread.tid, 0, number)
        self.tracees.threads.pop(thread.tid, None)
        thread.close()
