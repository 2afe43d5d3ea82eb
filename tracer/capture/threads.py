"""What the capture loop remembers of every traced thread."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from tracer.capture.clocks import ThreadClock
from tracer.capture.memory import Reader
from tracer.capture.outbox import Outbox
from tracer.wire import Source

if TYPE_CHECKING:
    from tracer.capture.calls import CallTable

Part = tuple[int, int, int, int, int]
"""Wall, run and delay in ns, switch-ins and resumes of one part of a thread's life."""


Entry = tuple[int, int, tuple[int, ...], int, int, int, int, int, int, int]
"""An entry stop: its time, nr, args, ip; wall, run, delay, switch-ins and resumes of the user part before it;
the placement."""


class Thread:
    """A traced thread: where it is, and its clocks at the last stop. All times in ns.

    Times are gathered in two alternating parts, user space and inside a call. A part begins when the thread is
    resumed from an entry or exit stop and ends at the next one; `wall` and `stops` add up over the resumes that
    other stops (signals, events) put in between.
    """

    __slots__ = (
        "announced_at", "announced_run", "arriving", "clock", "delay", "ended", "entry", "exiting", "finish",
        "flags", "held", "in_call", "mask", "outbox", "pid", "reader", "resumed", "run", "schedstat", "signals",
        "source", "stops", "switches", "table", "tid", "uncommon", "wall", "watched",
    )  # fmt: skip

    def __init__(self, pid: int, tid: int, source: Source, outbox: Outbox, now: int) -> None:
        self.pid, self.tid = pid, tid
        self.outbox = outbox
        self.reader = Reader(pid)
        self._open_clock(source)
        self.run, self.delay, self.switches = self.clock.read()
        self.ended = self.resumed = now
        self.wall = 0
        self.stops = 0
        self.entry: Entry = (now, -1, (0, 0, 0, 0, 0, 0), 0, 0, 0, 0, 0, 0, 1)
        self.table: CallTable
        self.in_call = False
        self.exiting = False
        self.announced_at = 0
        """The entry time of the call an ENTERED row was written for, or when a LEFT row was."""
        self.announced_run = 0
        """ns on a CPU in the part under way that the LEFT row told of."""
        self.flags = 0
        self.arriving = False
        """It ran before us, and has not been stopped yet."""
        self.held = False
        """Whether it is kept on the capture process's CPU."""
        self.mask: frozenset[int] = frozenset()
        """The affinity mask the program believes it has."""
        self.uncommon = False
        """Whether the end of this call needs more than a record: `flags` or `finish` is set."""
        self.finish: Callable[[int], None] | None = None
        """What to do with the call's result (`tracer.capture.specials`)."""
        self.signals: deque[bytes] = deque(maxlen=8)
        """The beginnings of the siginfos delivered last, as a handler's frame has them."""
        self.watched: Callable[[], bool] | None = None
        """What to look at whenever a call returns, for as long as it says True."""

    def _open_clock(self, source: Source) -> None:
        self.clock = ThreadClock(self.pid, self.tid, source)
        self.schedstat = self.clock.schedstat
        self.source = self.clock.source

    def has_siblings(self) -> None:
        """Its process has a second thread, which has not run yet."""
        if self.source is Source.PROCESS_CLOCK:
            self.clock.go_over_to_ticks(self.pid, self.tid)
            self.source = self.clock.source

    def read_clock(self) -> tuple[int, int, int]:
        """ns on CPU, ns on the run queue, switch-ins. When the thread is gone its clocks stand still."""
        run, delay, switches = self.clock.read()
        return max(run, self.run), max(delay, self.delay), max(switches, self.switches)

    def so_far(self, now: int) -> Part:
        """The part that is under way, which goes on."""
        run, delay, switches = self.read_clock()
        wall = self.wall + max(0, now - self.resumed)
        return (wall, run - self.run, delay - self.delay, switches - self.switches, self.stops)

    def part(self, now: int, run: int, delay: int, switches: int) -> Part:
        """End the current part at a stop whose time and clocks are given, and begin the next."""
        part = (
            self.wall + now - self.resumed, run - self.run, delay - self.delay,
            switches - self.switches, self.stops,
        )  # fmt: skip
        self.run, self.delay, self.switches = run, delay, switches
        self.wall = self.stops = 0
        return part

    def finish_call(self, result: int) -> int:
        """Carry out what was asked for at the end of this call, before its record; returns the record's flags."""
        self.uncommon = False
        finish, self.finish = self.finish, None
        if finish is not None:
            finish(result)
        if self.watched is not None:
            if self.watched():
                self.uncommon = True
            else:
                self.watched = None
        flags, self.flags = self.flags, 0
        return flags

    def watch(self, look: Callable[[], bool]) -> None:
        """Have `look` called when this call returns, and at further returns until it says False."""
        self.watched = look
        self.uncommon = True

    def when_done(self, finish: Callable[[int], None]) -> None:
        """Have `finish` called with the current call's result at its exit stop."""
        self.finish = finish
        self.uncommon = True

    def move_to(self, tid: int) -> None:
        """Become the leader of its process after an exec: same thread, other tid."""
        self.clock.close()
        self.tid = self.pid = tid
        self._open_clock(self.source)

    def close(self) -> None:
        """Give its descriptors back."""
        self.clock.close()
        self.reader.close()

    def name(self) -> bytes:
        """Its command name (comm), as the kernel has it now; empty when it is gone."""
        try:
            with open(f"/proc/{self.pid}/task/{self.tid}/comm", "rb") as file:
                return file.read().rstrip(b"\n")
        except OSError:
            return b""


def process_of(tid: int) -> tuple[int, int]:
    """(process id, parent process id) of a thread, from `/proc/TID/status`; (tid, 0) when it is gone."""
    fields = {}
    try:
        with open(f"/proc/{tid}/status", "rb") as file:
            for line in file:
                key, _, value = line.partition(b":")
                fields[key] = value
        return int(fields[b"Tgid"]), int(fields[b"PPid"])
    except (OSError, KeyError, ValueError):
        return tid, 0


def namespace_ids(tid: int) -> list[int]:
    """A thread's number in each pid namespace, ours first (NSpid in `/proc/TID/status`); empty when it is gone."""
    try:
        with open(f"/proc/{tid}/status", "rb") as file:
            return [int(number) for line in file if line.startswith(b"NSpid:") for number in line.split()[1:]]
    except (OSError, ValueError):
        return []


def threads_of(pid: int) -> list[int]:
    """The tids of a process; empty when it is gone."""
    try:
        return [int(name) for name in os.listdir(f"/proc/{pid}/task")]
    except OSError:
        return []


def executable_of(pid: int) -> bytes:
    """The path of a process's executable; empty when it cannot be read."""
    try:
        return os.fsencode(os.readlink(f"/proc/{pid}/exe"))
    except OSError:
        return b""
