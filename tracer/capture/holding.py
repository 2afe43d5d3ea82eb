"""Holding the program at its calls, so that somebody can look: `hold`, `step`, `until`, `release`.

While holding, every thread of the program that comes to a syscall stop stays there, at the entry and at the exit
of each call. One held thread at a time is let go on to its next stop; any other that is held stays where it is, and
the rest run until they stop by themselves. So nothing can lock up: a thread that waits for what a held one would do
goes on as soon as that one is stepped, and whoever stops next is the next that can be stepped.

Where the clocks are: a stop's clocks are read before its thread is held, and its next part begins at its resume
(`Thread.resumed`). The time between is in the row's span and in no part: it is the tracer's.

Orders come from a signal handler, which may run between any two steps of the loop. They are only noted there; a
child that ends at once, the *bell*, makes the loop's waitpid return, and the loop carries them out between two
stops. waitpid(2) cannot be made to return otherwise without the risk of losing a stop it has just taken.
"""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable
from functools import lru_cache
from typing import Final

from tracer.capture.specials import marks
from tracer.capture.threads import Thread
from tracer.capture.tracees import Tracees
from tracer.syscalls.table import declaration_of
from tracer.wire import Held, Kind

_DESCRIPTORS: Final = ("fd", "dirfd", "mmap_fd")
"""How an argument that is a descriptor reads (`tracer.syscalls.arguments`)."""

Wanted = Callable[[Thread], bool]
"""Whether a thread that has just entered a call is to be held there."""


class Holding:
    """Which threads are held, and what makes others be."""

    def __init__(self, tracees: Tracees, resume: Callable[[Thread], None]) -> None:
        """`resume` restarts a stopped thread until its next stop."""
        self._tracees = tracees
        self._resume = resume
        self.held: dict[int, Held] = {}
        """By tid, in the order they stopped."""
        self.on = False
        """Threads are held when they stop, or once the call comes that somebody waits for."""
        self._wanted: Wanted | None = None
        """While running on to a certain call: is this it?"""
        self._orders: deque[str] = deque()
        self._bells: set[int] = set()
        self.unheard = False
        """The bell could not be rung the last time."""

    # --- from the signal handler -----------------------------------------------------------------------------

    def order(self, line: str) -> bool:
        """Note an order, and ring. As `ring`."""
        self._orders.append(line)
        return self.ring()

    def ring(self) -> bool:
        """Make the loop's waitpid return. False when there can be no more processes just now: ring again."""
        try:
            pid = os.fork()
        except OSError:  # EAGAIN, ENOMEM
            self.unheard = True
            return False
        if pid == 0:
            os._exit(0)
        self._bells.add(pid)
        self.unheard = False
        return True

    # --- from the loop ---------------------------------------------------------------------------------------

    def rang(self, pid: int, detaching: bool) -> bool:
        """Whether the child that ended was a bell; then the orders are carried out."""
        if pid not in self._bells:
            return False
        self._bells.discard(pid)
        while self._orders:
            self._obey(self._orders.popleft(), detaching)
        return True

    def takes(self, thread: Thread, now: int) -> bool:
        """Hold a thread at the syscall stop it has just come to, if it is to be held; `now` is the stop's time."""
        if not self.on or thread.outbox is not self._tracees.outbox:  # a calibration's subject runs free
            return False
        if self._wanted is not None:
            if not (thread.in_call and self._wanted(thread)):
                return False
            self._wanted = None
        where = Held.ENTRY if thread.in_call else Held.EXIT
        if thread.in_call:
            thread.announced_at = thread.entry[0]
            self._tracees.write_entered(thread, (0, 0, 0, 0, 0), now)
        thread.stops = 0
        self.held[thread.tid] = where
        self._tell(thread, where, now)
        self._tracees.outbox.flush()
        return True

    def lose(self, thread: Thread, now: int) -> None:
        """A held thread moves although nobody let it go: it was killed. What it did meanwhile is nothing."""
        if self.held.pop(thread.tid, None) is not None:
            thread.resumed = now

    def forget(self, tid: int) -> None:
        """A thread is gone."""
        self.held.pop(tid, None)

    def let_go(self, leave: Callable[[Thread], None], now: int) -> None:
        """Give all that are held to `leave`, which detaches from them; hold no more."""
        self.on, self._wanted = False, None
        for tid in list(self.held):
            thread = self._tracees.threads[tid]
            thread.resumed = now
            self._tell(thread, Held.GOES_ON, now)
            del self.held[tid]
            leave(thread)

    def _obey(self, line: str, detaching: bool) -> None:
        if detaching:
            return
        word, *rest = line.split()
        numbers = tuple(int(each) for each in rest[1 if word == "until" else 0 :] if each.isdigit())
        match word, rest[:1], numbers:
            case "hold", _, _:
                self.on, self._wanted = True, None
            case "step", _, (tid, *_):
                self.on, self._wanted = True, None
                self._go_on((tid,) if tid in self.held else ())
            case "step", _, _:
                self.on, self._wanted = True, None
                self._go_on(tuple(self.held)[-1:])
            case "until", ["call"], (abi, nr):
                self._until(lambda thread: _is_call(thread, abi, nr))
            case "until", ["fd"], (pid, fd):
                self._until(lambda thread: thread.pid == pid and _uses(thread, fd))
            case "until", ["mark"], _:
                self._until(marks)
            case "release", _, _:
                self.on, self._wanted = False, None
                self._go_on(tuple(self.held))

    def _until(self, wanted: Wanted) -> None:
        self.on, self._wanted = True, wanted
        self._go_on(tuple(self.held))

    def _go_on(self, tids: tuple[int, ...]) -> None:
        for tid in tids:
            self._tell(self._tracees.threads[tid], Held.GOES_ON, time.monotonic_ns())
        self._tracees.outbox.flush()  # while they are held: see `CaptureLoop.run`
        for tid in tids:
            thread = self._tracees.threads[tid]
            thread.announced_at = 0  # if the call lasts from now on, that is worth another row
            del self.held[tid]
            self._resume(thread)

    def _tell(self, thread: Thread, where: Held, now: int) -> None:
        at, nr, *_ = thread.entry
        self._tracees.outbox.event(
            Kind.HELD, now, thread.pid, thread.tid, nr=where, args=(at, nr, thread.table.abi), source=thread.source
        )


def _is_call(thread: Thread, abi: int, nr: int) -> bool:
    return thread.table.abi == abi and thread.entry[1] == nr


def _uses(thread: Thread, fd: int) -> bool:
    _, nr, args, *_ = thread.entry
    return any(args[place] & 0xFFFFFFFF == fd for place in _descriptors(thread.table.abi, nr))


@lru_cache(maxsize=512)
def _descriptors(abi: int, nr: int) -> tuple[int, ...]:
    """Which arguments of a call are descriptors."""
    declared = declaration_of(abi, nr)
    if declared is None:
        return ()
    return tuple(place for place, each in enumerate(declared.args) if each.reads in _DESCRIPTORS)
