"""The capture loop: wait for any traced thread to stop, note what happened, let it go on.

The loop does the least that can be done while a thread is stopped: read its clocks, copy the memory that the
call's declaration names, pack one wire record, restart. Everything else is somebody else's work.

Facts about ptrace stops that shape it (ptrace(2)):

* A blocking `waitpid(-1, __WALL)` is the only wait. With SEIZE every stop says what it is: SIGTRAP | 0x80 is a
  syscall stop; all others are rare (`tracer.capture.rare_stops`).
* A thread may die while it is stopped (SIGKILL): any request can then fail with ESRCH, and that is normal; its
  death is reported by waitpid in its own time.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from typing import Final

from tracer.capture import ptrace_binding as ptrace
from tracer.capture.calls import CallTables
from tracer.capture.rare_stops import NEVER, SYSCALL_STOP, RareStops
from tracer.capture.spawn import send_signal
from tracer.capture.threads import Thread
from tracer.capture.tracees import Tracees
from tracer.wire import RECORD, Kind

_WALL: Final = ptrace.WALL
_GET_SYSCALL_INFO: Final = ptrace.GET_SYSCALL_INFO
_SYSCALL: Final = ptrace.SYSCALL
_ENTRY: Final = ptrace.SYSCALL_ENTRY
_EXIT: Final = ptrace.SYSCALL_EXIT
_CALL: Final = int(Kind.CALL)
_PLAIN_NR: Final = 0x3FFFFFFF
"""Numbers above carry the x32 bit, or are -1."""
_SECCOMP_STOP: Final = ptrace.EVENT_SECCOMP << 16 | signal.SIGTRAP << 8 | 0x7F
_FLUSH_NS: Final = 20_000_000
_QUIET_NS: Final = 2_000_000
_FLUSH_BYTES: Final = 512 * RECORD.size
_ANNOUNCE_NS: Final = 50_000_000
_PATIENCE_NS: Final = 1_000_000_000
"""How long a detach waits for threads in uninterruptible sleep."""


class CaptureLoop(RareStops):
    """Runs until no traced thread is left (or all were let go)."""

    def __init__(self, tracees: Tracees, tables: CallTables, flushing: bool = True, filtered: bool = False) -> None:
        """`filtered`: a seccomp filter says which calls stop (`tracer.capture.seccomp_filter`); the tracees must be
        seized with PTRACE_O_TRACESECCOMP. A wanted call stops at its entry by the filter and, resumed by
        PTRACE_SYSCALL, at its exit; between calls a thread is resumed by PTRACE_CONT, so no other call stops."""
        super().__init__(tracees, filtered)
        self.tables = tables
        self.may_leave = False
        """The tracees run on when this process ends: those that do not stop can be left behind (`detach`)."""
        self.between: Callable[[int], None] | None = None
        """Called now and then between two stops, with the time."""
        self.stacks: Callable[[Thread, int, tuple[int, ...], int, int], None] | None = None
        """Keeps user stacks (`tracer.capture.stacks.Stacks`)."""
        self._aside: Callable[[int], object] | None = None
        self._waiting = False
        self._armed = not flushing
        self._noticed = 0
        self._flush_at = 0 if flushing else NEVER
        self._announce_at = 0
        self._flush_bytes = _FLUSH_BYTES if flushing else NEVER

    def run(self) -> None:
        """Handle stops until nothing is traced any more.

        This function is long because it is the hot path: every call of the traced program comes through twice,
        and in Python a function call costs as much as a kernel entry. Rare stops are handled elsewhere.

        Raises:
            BrokenPipeError: the recorder is gone.
        """
        tracees = self.tracees
        threads, box = tracees.threads, tracees.outbox
        by_arch, scheduling = self.tables.by_arch, self.scheduling
        pending = self._pending
        waitpid, now_ns, request = os.waitpid, time.monotonic_ns, ptrace.quick_request
        pread, pack = os.pread, RECORD.pack
        information = ptrace.SyscallInfo()
        at_entry, at_exit = information.entry.unpack_from, information.exit.unpack_from
        buffer, address = information.buffer, information.pointer
        entry_stop, entered = (_SECCOMP_STOP, ptrace.SYSCALL_SECCOMP) if self.filtered else (SYSCALL_STOP, _ENTRY)
        onward, stacks = self.onward, self.stacks
        while threads or tracees.expected:
            if pending:
                tid, status, now = pending.pop()
            else:
                self._waiting = True
                try:
                    tid, status = waitpid(-1, _WALL)
                except ChildProcessError:
                    break
                self._waiting = False
                self._noticed = now = now_ns()
                if len(threads) > 1:
                    self._notice_others()
            if now >= self._flush_at or len(box.records) >= self._flush_bytes:
                # Here, while the thread is held: after its resume it would wait for us and seem to be blocked.
                # Kept as pending meanwhile: when the pipe is broken, this thread is still to be let go.
                pending.append((tid, status, now))
                self._flush(now)
                pending.pop()
            thread = threads.get(tid)
            if (status != SYSCALL_STOP and status != entry_stop) or thread is None:
                self._other_stop(tid, status, thread, now)
            elif request(_GET_SYSCALL_INFO, tid, 88, address) >= 0:
                try:
                    on_cpu, queued, count = pread(thread.schedstat, 64, 0).split()
                    run, delay, switches = int(on_cpu), int(queued), int(count)
                except (OSError, ValueError):  # another clock, or the thread is gone
                    run, delay, switches = thread.read_clock()
                wall = thread.wall + now - thread.resumed
                if buffer[0] == entered:
                    if tracees.unsettled:
                        self._settle()
                    stop = at_entry(buffer)
                    arch, ip, nr, args = stop[1], stop[2], stop[4], stop[5:]
                    table = by_arch.get(arch)
                    if table is None or nr > _PLAIN_NR:
                        table, nr, args = self.tables.find(arch, nr, args, thread.reader)
                    thread.table = table
                    thread.entry = (now, nr, args, ip, wall, run - thread.run, delay - thread.delay,
                                    switches - thread.switches, thread.stops, scheduling.placement)  # fmt: skip
                    thread.in_call = True
                    restart = _SYSCALL
                    entry_plan = table.entry_plans.get(nr)
                    if entry_plan is not None:
                        entry_plan(thread.reader, args)
                    special = table.specials.get(nr)
                    if special is not None:
                        special(tracees, thread)
                elif buffer[0] != _EXIT:
                    continue  # killed since the stop was noticed: it stands in its exit event now, which comes next
                elif thread.in_call:
                    result = at_exit(buffer)[4]
                    at, nr, args, ip, u_wall, u_run, u_delay, u_switches, u_stops, placement = thread.entry
                    reader = thread.reader
                    exit_plan = thread.table.exit_plans.get(nr)
                    if exit_plan is not None:
                        exit_plan(reader, args, result)
                    flags = thread.finish_call(result) if thread.uncommon else 0
                    if stacks is not None:
                        stacks(thread, nr, args, result, wall - run + thread.run - delay + thread.delay)
                    out = thread.outbox
                    out.records += pack(
                        _CALL, thread.table.abi, placement, thread.source, flags, nr, thread.pid, tid,
                        reader.count, at, now - thread.ended, *args, result, wall, run - thread.run,
                        delay - thread.delay, u_wall, u_run, u_delay, ip, switches - thread.switches, u_switches,
                        thread.stops, u_stops,
                    )  # fmt: skip
                    if reader.count:
                        out.add_pieces(reader)
                        reader.clear()
                    thread.ended = now
                    thread.in_call = False
                    restart = onward
                else:
                    # A new thread's way out of the clone that made it: part of its life, but not its call.
                    thread.wall = wall
                    self._go_on(thread, 0)
                    continue
                thread.run, thread.delay, thread.switches = run, delay, switches
                thread.wall = 0
                if self.diverted:
                    self._divert(thread, now)
                else:
                    thread.stops = 1
                    thread.resumed = now_ns()
                    request(restart, tid, 0, 0)
            if not self._armed:
                self._arm()
        if self._flush_at < NEVER:
            self._disarm()
            self.tracees.outbox.flush()

    def _notice_others(self) -> None:
        """Take note of every thread that is stopped by now, before any is resumed.

        waitpid looks through the tracees in the order of their birth, so a thread that stops often would keep
        later ones from ever being seen.
        """
        while True:
            try:
                tid, status = os.waitpid(-1, _WALL | os.WNOHANG)
            except ChildProcessError:
                break
            if tid == 0:
                break
            self._pending.append((tid, status, time.monotonic_ns()))
        self._pending.reverse()

    def _flush(self, now: int) -> None:
        if now >= self._announce_at:  # while one thread makes calls, others may sleep or compute
            self._announce_at = now + _ANNOUNCE_NS
            stopped = {tid for tid, *_ in self._pending}
            self.tracees.announce(now, _ANNOUNCE_NS, stopped.union(self.holding.held))
        self.tracees.outbox.flush()
        self._flush_at = now + _FLUSH_NS
        if self._aside is not None:
            self._step_aside(now)
        if self.between is not None:
            self.between(now)

    def _step_aside(self, now: int) -> None:
        aside, self._aside = self._aside, None
        if aside is not None:
            aside(now)

    def _arm(self) -> None:
        self._armed = True
        signal.setitimer(signal.ITIMER_REAL, _FLUSH_NS / 1e9, _FLUSH_NS / 1e9)

    def _disarm(self) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)
        self._armed = False

    def hold(self) -> None:
        """Before `run`: hold the program at its first call."""
        self.holding.on = self.diverted = True

    def _settle(self) -> None:
        self.tracees.unsettled = False
        if not self.detaching:
            self.scheduling.settle(self.tracees.own_threads())

    # --- called from signal handlers, which Python runs while waitpid is interrupted -----------------------

    def tick(self) -> None:
        """Send what waits and tell of calls that last; called by the timer, works only while waiting."""
        if not self._waiting:
            return
        now = time.monotonic_ns()
        if now - self._noticed < _QUIET_NS:
            return  # busy: the loop itself flushes, while a thread is held
        # A flush may block on a full pipe for longer than the timer's period, and the next tick must not write
        # into the middle of its frame.
        self._waiting = False
        try:
            asleep = self.interrupted.announce(now, _ANNOUNCE_NS, self.tables) if self.may_leave else False
            young = self.tracees.announce(now, _ANNOUNCE_NS, self.holding.held) or asleep
            self.tracees.outbox.flush()
            self._step_aside(now)
        finally:
            self._waiting = True
        self._flush_at = now + _FLUSH_NS
        if self.holding.unheard:
            self.holding.ring()
        if now >= self._leave_at:
            self.holding.ring()
        if not young and not self.holding.unheard and self._leave_at == NEVER:
            self._disarm()

    def soon(self, aside: Callable[[int], object]) -> None:
        """Have `aside` called once between two stops, with the time; at the next moment there is."""
        self._aside, self._flush_at = aside, 0
        self._arm()

    def kill(self) -> None:
        """End every traced process, and those that are being born just now."""
        self.killing = True
        for pid in {thread.pid for thread in self.tracees.threads.values()}:
            send_signal(pid, signal.SIGKILL)

    def detach(self) -> None:
        """Let every thread go at its next stop, which is made to come now.

        A thread in uninterruptible sleep (state D: a hanging file system, the parent of a vfork) does not come. If
        this process may, it ends without it after a while, and the kernel lets it go (`exit_ptrace`,
        kernel/ptrace.c)."""
        self.detaching = self.diverted = True
        if self.may_leave:
            self._leave_at = time.monotonic_ns() + _PATIENCE_NS
            self._arm()
        for tid in list(self.tracees.threads):
            ptrace.request(ptrace.INTERRUPT, tid, 0, 0)
        if self.holding.on and not self.holding.ring():  # those that are held will not stop again
            self._arm()

    def order(self, line: str) -> None:
        """Hold, step, run on (`tracer.capture.holding`): carried out between two stops."""
        if not self.holding.order(line):
            self._arm()
