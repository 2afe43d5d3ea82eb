"""Where a thread's time on the CPU is read: `/proc/PID/task/TID/schedstat`, or what comes next best.

schedstat gives three numbers: ns on a CPU, ns waiting on a run queue, and how often the thread was switched
onto a CPU (Documentation/scheduler/sched-stats.rst). All are exact while the thread is stopped, because the
scheduler updates them when it takes the thread off the CPU. They need CONFIG_SCHED_INFO and no privileges.

Without them, a process with one thread can be read through its CPU clock (clock_getcpuclockid(3): ns on CPU,
nothing about run queues), and any thread through utime + stime in `/proc/PID/task/TID/stat`, in clock ticks.
"""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Callable

from tracer.wire import Source

Reading = tuple[int, int, int]
"""ns on CPU, ns on the run queue, times switched in."""
Clock = Callable[[], Reading]

_NS_PER_TICK = 1_000_000_000 // os.sysconf("SC_CLK_TCK")


class ThreadClock:
    """The on-CPU clock of one thread; call `read` at a stop. Keeps one descriptor open until `close`."""

    __slots__ = ("_descriptor", "read", "schedstat", "source")

    def __init__(self, pid: int, tid: int, source: Source) -> None:
        self._descriptor = -1
        self.schedstat = -1
        """The descriptor of the thread's schedstat, for the loop to read by itself; -1 = call `read`."""
        self.source = source
        self.read: Clock = _nothing
        if source is Source.SCHEDSTAT:
            self._open(f"/proc/{pid}/task/{tid}/schedstat", _read_schedstat)
            self.schedstat = self._descriptor
        elif source is Source.PROCESS_CLOCK:
            self.read = _process_clock(pid)
        elif source is Source.TICKS:
            self._open(f"/proc/{pid}/task/{tid}/stat", _read_ticks)

    def go_over_to_ticks(self, pid: int, tid: int) -> None:
        """Count what this thread alone does, going on from where the reading is. A process's clock counts
        all its threads together, so it is to be left before a second one runs."""
        before = self.read()[0]
        self._open(f"/proc/{pid}/task/{tid}/stat", _read_ticks)
        ticks = self.read
        base = before - ticks()[0]
        self.read = lambda: (base + ticks()[0], 0, 0)
        self.source = Source.TICKS

    def _open(self, path: str, parse: Callable[[bytes], Reading]) -> None:
        try:
            descriptor = self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError as error:
            if error.errno in (errno.EMFILE, errno.ENFILE):
                self.read = _reopening(path, parse)
            return
        pread = os.pread
        last = (0, 0, 0)

        def read() -> Reading:
            nonlocal last
            try:
                last = parse(pread(descriptor, 512, 0))
            except (OSError, ValueError, IndexError):  # ESRCH: the thread is gone; its clocks stand still
                pass
            return last

        self.read = read

    def close(self) -> None:
        """Give the descriptor back; further reads repeat the last value."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
            self.read = _nothing


def _read_schedstat(text: bytes) -> Reading:
    run, delay, switches = text.split()
    return int(run), int(delay), int(switches)


def _read_ticks(text: bytes) -> Reading:
    # The command name, field 2, may hold spaces and parentheses: fields are counted from its last ')'.
    fields = text[text.rindex(b")") + 2 :].split()
    return (int(fields[11]) + int(fields[12])) * _NS_PER_TICK, 0, 0


def _reopening(path: str, parse: Callable[[bytes], Reading]) -> Clock:
    """For when there are more threads than descriptors: slower, but it works."""

    def read() -> Reading:
        try:
            with open(path, "rb", buffering=0) as file:
                return parse(file.read(512))
        except (OSError, ValueError, IndexError):
            return 0, 0, 0

    return read


def _process_clock(pid: int) -> Clock:
    # The clock id of another process's CPU clock, as clock_getcpuclockid(3) makes it: CPUCLOCK_SCHED is 2.
    identity = (~pid << 3) | 2
    last = (0, 0, 0)

    def read() -> Reading:
        nonlocal last
        try:
            last = (time.clock_gettime_ns(identity), 0, 0)
        except OSError:
            pass
        return last

    return read


def _nothing() -> Reading:
    return 0, 0, 0


def best_source() -> Source:
    """The best clock this machine has: schedstat where the kernel counts it, else the process CPU clock."""
    try:
        with open("/proc/self/schedstat", "rb") as file:
            if _read_schedstat(file.read())[0] > 0:
                return Source.SCHEDSTAT
    except (OSError, ValueError):
        pass
    return Source.PROCESS_CLOCK


SOURCES = {
    "schedstat": Source.SCHEDSTAT,
    "process": Source.PROCESS_CLOCK,
    "ticks": Source.TICKS,
    "none": Source.NONE,
}
