"""Running before others, for whoever empties a ring that nobody waits for."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable
from typing import Final

_FIRST: Final = -20
_URGENT_S: Final = 5.0
"""So long it is urgent after it was late."""


def be_heard() -> None:
    """Take the highest priority, where we may: with as many busy threads as CPUs, a reader of ordinary priority
    comes too late and rows are lost. What we start afterwards inherits it (setpriority(2))."""
    with contextlib.suppress(PermissionError):
        os.setpriority(os.PRIO_PROCESS, 0, _FIRST)


def _real_time(*, wanted: bool) -> None:
    """Take the lowest of the real-time priorities, or leave them. What we start is ordinary."""
    policy, priority = (os.SCHED_RR, os.sched_get_priority_min(os.SCHED_RR)) if wanted else (os.SCHED_OTHER, 0)
    with contextlib.suppress(OSError):  # EPERM also where a cgroup has no real-time share (sched_setscheduler(2))
        os.sched_setscheduler(0, policy | os.SCHED_RESET_ON_FORK, os.sched_param(priority))


class Urgency:
    """Before all ordinary processes while it is needed.

    A nice value counts only among the processes of a session (autogroups, sched(7)), so beside busy sessions a
    reader waits for its turn. A real-time priority does not wait, but who is there at once takes the CPU from
    the program in the middle of its work: a server answered a third fewer requests."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, take: Callable[..., None] = _real_time) -> None:
        """`clock`: seconds; `take`: what is told, with `wanted`, when that changes."""
        self._clock, self._take = clock, take
        self._until = 0.0
        self._urgent = False

    def told(self, *, late: bool) -> None:
        """Whether we are behind just now."""
        now = self._clock()
        if late:
            self._until = now + _URGENT_S
        if (now < self._until) != self._urgent:
            self._urgent = not self._urgent
            self._take(wanted=self._urgent)
