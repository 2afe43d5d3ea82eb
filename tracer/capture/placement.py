"""Which CPU the traced program and the capture process run on.

Handing over between two CPUs costs an inter-processor wake-up at every stop, and a virtual machine charges it
to the *traced thread*; on one CPU it costs a plain context switch. So `auto` keeps the capture process and the
program on one CPU while exactly one thread is traced, and lets the program run where it wants from its first
clone on; `all` keeps the whole tree on that CPU (exact clocks, no parallelism); `off` leaves everything alone.

The program never sees a changed mask: the mask it believes in (`Thread.mask`) is put back around
sched_getaffinity and sched_setaffinity, before a fork in `auto`, and when it is let go.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Collection, Iterable

from tracer.capture.threads import Thread
from tracer.wire import Placement

_libc = ctypes.CDLL(None)


class CoScheduling:
    """Keeps the traced threads on the capture process's CPU as the mode says."""

    def __init__(self, mode: str) -> None:
        self.mode = mode
        self.own_mask = os.sched_getaffinity(0)
        """Where the capture process may run by itself."""
        self.placement = Placement.APART
        self.cpu = -1

    @property
    def enabled(self) -> bool:
        """Whether threads may be moved at all."""
        return self.mode != "off"

    def settle(self, threads: Collection[Thread]) -> None:
        """Choose the placement for this set of threads; call when a thread has come or gone.

        Every thread must be stopped or new: moving a running thread would tear its clocks apart.
        """
        if not self.enabled or not threads:
            return
        if self.mode == "all" or len(threads) == 1:
            self._share(threads)
        else:
            self.part(threads)

    def _share(self, threads: Iterable[Thread]) -> None:
        for thread in threads:
            if self.cpu not in thread.mask or self.placement is Placement.APART:
                self.cpu = self._move_to(thread.mask)
            if self.cpu >= 0:
                self.hold(thread)
        if self.cpu >= 0:
            self.placement = Placement.SHARED

    def _move_to(self, mask: frozenset[int]) -> int:
        """Move the capture process to a CPU of `mask`; -1 when it may run on none of them."""
        if self.cpu in mask:
            cpu = self.cpu
        else:
            common = mask & self.own_mask
            if not common:
                return -1
            # Where the scheduler has put us just now is the least busy place we know of.
            here = _libc.sched_getcpu()
            cpu = here if here in common else max(common)
        return cpu if _set_affinity(0, {cpu}) else -1

    def part(self, threads: Iterable[Thread]) -> None:
        """Let the threads run where they want, and the capture process too."""
        if self.placement is Placement.SHARED:
            for thread in threads:
                self.let_go(thread)
            _set_affinity(0, self.own_mask)
            self.placement = Placement.APART

    def step_aside(self, tid: int) -> None:
        """For a measurement between two CPUs: keep this process where it is, and `tid` elsewhere."""
        here = _libc.sched_getcpu()
        others = self.own_mask - {here}
        if others and _set_affinity(0, {here}):
            _set_affinity(tid, others)

    def step_back(self) -> None:
        """Undo `step_aside`, unless the placement has changed since."""
        if self.placement is Placement.APART:
            _set_affinity(0, self.own_mask)

    def hold(self, thread: Thread) -> None:
        """Put a thread on the shared CPU."""
        if not thread.held and _set_affinity(thread.tid, {self.cpu}):
            thread.held = True

    def let_go(self, thread: Thread) -> None:
        """Give a thread the mask it believes in."""
        if thread.held:
            _set_affinity(thread.tid, thread.mask)
            thread.held = False


def affinity_of(tid: int) -> frozenset[int]:
    """The affinity mask of a thread; every CPU of this process when it is gone."""
    try:
        return frozenset(os.sched_getaffinity(tid))
    except OSError:
        return frozenset(os.sched_getaffinity(0))


def _set_affinity(tid: int, mask: Collection[int]) -> bool:
    try:
        os.sched_setaffinity(tid, mask)
    except OSError:  # gone, not ours (credentials changed), or the CPU went offline: it stays where it is
        return False
    return True
