"""The set of traced threads, and the events in their lives: born, renamed by exec, exiting, gone."""

from __future__ import annotations

from collections.abc import Callable, Container
from typing import Final

from tracer.capture.clocks import best_source
from tracer.capture.inherited import inherited
from tracer.capture.inside import is_running
from tracer.capture.maps import maps_of
from tracer.capture.outbox import Outbox
from tracer.capture.phases import OpenPhases
from tracer.capture.placement import CoScheduling, affinity_of
from tracer.capture.rings import Rings
from tracer.capture.threads import Part, Thread, executable_of, namespace_ids, process_of
from tracer.wire import RECORD, Flag, Kind, Source, Spawn

_AGAIN_NS: Final = 500_000_000
"""How often is told of a thread that computes."""


class Tracees:
    """Every traced thread by tid, and the rows their lives leave in the recording."""

    def __init__(self, outbox: Outbox, scheduling: CoScheduling, source: Source | None = None) -> None:
        self.outbox = outbox
        self.scheduling = scheduling
        self.source = best_source() if source is None else source
        self.threads: dict[int, Thread] = {}
        self.root = 0
        """The program's first process, once there is one."""
        self.rings: dict[int, Rings] = {}
        """The io_uring instances of each process that has any, by pid."""
        self.unsettled = False
        """The number of threads changed: the placement is to be chosen again at the next stop."""
        self.divert: Callable[[], None] = lambda: None
        """Makes the loop look at the thread whose entry stop it handles (a call of ptrace(2))."""
        self.following = True
        """New processes are traced too; if not, they are let go at birth."""
        self.phases = OpenPhases()
        self.expected: dict[int, tuple[Spawn, Thread]] = {}
        """New threads whose event came before their first stop."""

    def rings_of(self, pid: int) -> Rings:
        """The io_uring instances of a process."""
        return self.rings.setdefault(pid, Rings())

    def named_by(self, caller: Thread, tid: int) -> Thread | None:
        """The traced thread that `caller` means by the number `tid`."""
        numbers = namespace_ids(caller.tid)
        if len(numbers) < 2:
            return self.threads.get(tid)
        # The caller is in a pid namespace of its own (pid_namespaces(7)), and gives the number that counts there.
        there = len(numbers) - 1
        return next((each for each in self.threads.values() if namespace_ids(each.tid)[there:][:1] == [tid]), None)

    def own_threads(self) -> list[Thread]:
        """The program's threads, without those of a calibration."""
        return [thread for thread in self.threads.values() if thread.outbox is self.outbox]

    def own_processes(self) -> set[int]:
        """The processes that can hear a signal: not those about to end, but those not yet seen to stop."""
        living = {thread.pid for thread in self.own_threads() if not thread.exiting}
        newborn = (
            tid for tid, (how, parent) in self.expected.items()
            if how is not Spawn.CLONE and parent.outbox is self.outbox
        )  # fmt: skip
        return living.union(newborn)

    def changed(self) -> None:
        """Choose the placement again at the next entry stop."""
        self.unsettled = True

    def expect(self, tid: int, how: Spawn, parent: Thread) -> None:
        """A clone, fork or vfork event of `parent` named `tid`; its first stop may be still to come."""
        if tid not in self.threads:
            self.expected[tid] = (how, parent)

    def adopt(
        self, tid: int, now: int, how: Spawn | None = None, outbox: Outbox | None = None,
        found: tuple[bytes, ...] = (),
    ) -> Thread:  # fmt: skip
        """A thread's first stop: from here on its time is accounted. `found`: what its process had before."""
        expected = self.expected.get(tid)
        pid, parent_pid = process_of(tid)
        parent = expected[1] if expected else self.threads.get(pid)
        if how is None:
            how = expected[0] if expected else Spawn.CLONE if pid != tid else Spawn.FORK
        source = self.source
        if source is Source.PROCESS_CLOCK and pid != tid:
            source = Source.TICKS
            for sibling in [each for each in self.threads.values() if each.pid == pid]:
                sibling.has_siblings()
        thread = Thread(pid, tid, source, outbox or (parent.outbox if parent else self.outbox), now)
        thread.mask = parent.mask if parent else affinity_of(tid)
        self.threads[tid] = thread
        self.expected.pop(tid, None)  # not before: an order may come any moment, and looks in both
        self.unsettled = True
        origin = (parent.tid, parent.pid) if parent else (parent_pid, parent_pid)
        thread.arriving = how is Spawn.ATTACH
        texts = (thread.name(), *found)
        thread.outbox.event(Kind.SPAWN, now, pid, tid, nr=how, args=origin, texts=texts, source=thread.source)
        return thread

    def begin(self, thread: Thread) -> None:
        """The program's first exec is about to happen: record it from here on."""
        at, nr, args, ip, *_ = thread.entry
        thread.outbox = self.outbox
        thread.ended = at
        thread.flags = Flag.FIRST
        thread.uncommon = True
        texts = (thread.name(), inherited(thread.pid))
        self.outbox.event(Kind.SPAWN, at, thread.pid, thread.tid, nr=Spawn.START, texts=texts, source=thread.source)
        self.scheduling.settle([thread])
        thread.entry = (at, nr, args, ip, 0, 0, 0, 0, 0, self.scheduling.placement)
        self.unsettled = False

    def renamed(self, tid: int, former: int, now: int) -> Thread | None:
        """An exec event of process `tid`: the thread that was `former` is its only thread now, as `tid`.

        When that was not the leader, the former tid's row ends where its last row ended, and the new tid's
        begins there, so that every ns is in exactly one lifetime.
        """
        thread = self.threads.get(former)
        for other in [t for t in self.threads.values() if t.pid == tid and t.tid != former]:
            self.gone(other.tid, 0)
        if thread is None:
            return None
        if former != tid:
            del self.threads[former]
            thread.outbox.event(Kind.EXIT, thread.ended, thread.pid, former, texts=(thread.name(),))
            thread.move_to(tid)
            self.threads[tid] = thread
            thread.outbox.event(
                Kind.SPAWN, thread.ended, tid, tid, nr=Spawn.RENAMED, args=(former, tid), texts=(thread.name(),)
            )
        thread.reader.reopen()
        self.rings.pop(tid, None)
        texts = (thread.name(), executable_of(tid), maps_of(tid))
        thread.outbox.event(Kind.EXEC, now, tid, tid, args=(former,), texts=texts)
        return thread

    def exiting(self, thread: Thread, status: int, now: int) -> None:
        """PTRACE_EVENT_EXIT: the thread's last moment with readable clocks. Writes its last rows."""
        part = thread.part(now, *thread.read_clock())
        if thread.in_call:
            self.write_entered(thread, part, now, Flag.FINAL)
            thread.ended = now
            part = (0, 0, 0, 0, 0)
        thread.outbox.event(
            Kind.EXIT, now, thread.pid, thread.tid, result=status, texts=(thread.name(),), user=part,
            span_ns=now - thread.ended, source=thread.source, placement=thread.entry[-1],
        )  # fmt: skip
        thread.in_call = False
        thread.ended = now
        thread.exiting = True

    def left(self, thread: Thread, now: int) -> None:
        """We leave a thread amid its own code: what it did there since its last row."""
        self.write_left(thread, thread.part(now, *thread.read_clock()), now)
        thread.ended = now

    def gone(self, tid: int, status: int) -> None:
        """Waitpid reported a death, or exec took the thread away."""
        thread = self.threads.pop(tid, None)
        self.expected.pop(tid, None)
        self.rings.pop(tid, None)
        self.unsettled = True
        if thread is None:
            return
        if not thread.exiting:
            # Killed without an exit event: what it did since its last row is not known, so it is not claimed.
            thread.outbox.event(Kind.EXIT, thread.ended, thread.pid, tid, result=status)
        thread.close()

    def write_entered(
        self, thread: Thread, part: Part, now: int, flags: int = 0, outbox: Outbox | None = None
    ) -> None:
        """A row for a call that has not returned, in the thread's own outbox or the one given; `part` covers it so
        far."""
        box = outbox or thread.outbox
        wall, run, delay, switches, stops = part
        at, nr, args, ip, u_wall, u_run, u_delay, u_switches, u_stops, placement = thread.entry
        box.records += RECORD.pack(
            Kind.ENTERED, thread.table.abi, placement, thread.source, thread.flags | flags, nr, thread.pid,
            thread.tid, thread.reader.count, at, now - thread.ended, *args, 0, wall, run, delay,
            u_wall, u_run, u_delay, ip, switches, u_switches, stops, u_stops,
        )  # fmt: skip
        box.add_pieces(thread.reader)

    def write_left(self, thread: Thread, part: Part, now: int) -> None:
        """A row for a thread amid its own code; `part` is what it did there so far."""
        thread.outbox.event(
            Kind.LEFT, now, thread.pid, thread.tid, user=part, span_ns=now - thread.ended, source=thread.source,
            placement=thread.entry[-1],
        )  # fmt: skip

    def announce(self, now: int, older_than: int, still: Container[int] = ()) -> bool:
        """Write an ENTERED row for each call that has lasted a while, and a LEFT row, again and again, for each
        thread that computes and has made no call for a while. True if more of them are to come.

        `still`: the threads that stand still at a stop, and are not told of.
        """
        young = False
        for thread in self.threads.values():
            at = thread.entry[0]
            if thread.in_call:
                if thread.announced_at == at or thread.tid in still:
                    continue
                if now - at >= older_than:
                    thread.announced_at = at
                    self.write_entered(thread, thread.so_far(now), now)
                else:
                    young = True
            elif not thread.exiting and not thread.arriving and thread.tid not in still:
                young |= self._computes(thread, now, older_than)
        return young

    def _computes(self, thread: Thread, now: int, older_than: int) -> bool:
        """Whether a thread in no call runs; it is told of when that was long ago."""
        told = thread.announced_at if thread.announced_at > thread.ended else 0
        if now - max(thread.ended, thread.resumed) < older_than or (told and now - told < _AGAIN_NS):
            return True
        part = thread.so_far(now)
        if part[1] <= thread.announced_run * (told > 0):  # stopped, or asleep for a page
            return False
        thread.announced_at, thread.announced_run = now, part[1]
        self.write_left(thread, *_covered(thread, part, now))
        return True


def _covered(thread: Thread, part: Part, now: int) -> tuple[Part, int]:
    """The part of a thread that may be running just now, and its end: as far as its clocks go.

    The kernel brings the first number of schedstat up to date at a tick, the second when the thread gets its CPU
    (`sched_info_arrive`, kernel/sched/stats.h). What a thread that runs or waits for a CPU did since is not sleep.
    """
    wall, run, delay, switches, stops = part
    behind = wall - run - delay
    if behind <= 0 or thread.source is not Source.SCHEDSTAT or not is_running(thread.pid, thread.tid):
        return part, now
    return (wall - behind, run, delay, switches, stops), now - behind
