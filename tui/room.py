"""Leaving the CPU that capture and program share to them, while a run is watched live.

With one traced thread, capture and thread are on one CPU (co-scheduling), where a call costs a handful of
microseconds; a view that the scheduler puts on the same CPU takes its turns there and slows both. So while capture
is bound to a CPU, the view keeps off it, where there is another.
"""

from __future__ import annotations

import os
from contextlib import suppress


class Room:
    """Our own CPUs, and whom to leave one of them to."""

    def __init__(self, capture: int) -> None:
        """`capture`: pid of the capture process."""
        self._capture = capture
        self._ours = os.sched_getaffinity(0)
        self._now = self._ours

    def make(self) -> None:
        """Look where capture may run, and stay elsewhere if that is one CPU; called now and then."""
        try:
            theirs = os.sched_getaffinity(self._capture)
        except OSError:  # it has ended
            theirs = self._ours
        wanted = self._ours - theirs if len(theirs) == 1 and self._ours - theirs else self._ours
        if wanted != self._now:
            self._now = wanted
            for thread in os.listdir("/proc/self/task"):  # the mask is each thread's own (sched_setaffinity(2))
                with suppress(OSError):
                    os.sched_setaffinity(int(thread), wanted)
