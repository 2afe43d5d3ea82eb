"""What the Waiting sets tab says when nobody waits on a set of descriptors."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from tracer.analyze.results import SyscallRow

_HERE: Final = (
    "Here stand select, poll and epoll_wait: what was asked, what was ready, and what the thread then did; and "
    "io_uring and native AIO: what is in flight, and what was answered. "
    "Try: iotrace run epoll --clients 23"
)
_READS: Final = (
    "for one descriptor, and can wait for no other meanwhile. The Figure tab (6) shows how a message comes in."
)
_SIGNALS: Final = (
    "for a signal. There is no set of descriptors to watch: the signal says which one it is about. "
    "The Figure tab (6) shows how a message comes in."
)
_OTHERWISE: Final = {
    **dict.fromkeys(
        ("rt_sigsuspend", "sigsuspend", "pause", "rt_sigtimedwait", "rt_sigtimedwait_time64"), _SIGNALS
    ),
    **dict.fromkeys(("read", "readv", "recvfrom", "recvmsg", "accept", "accept4"), _READS),
}
"""Other calls to wait in."""
_PART: Final = 3
"""One part in so many of all threads' own time: who is asleep in a call for longer is said to wait there."""


def nobody_waits(rows: Iterable[SyscallRow], *, live: bool) -> str:
    """In words. `rows`: the calls the program makes; in some of them it waits for something else."""
    none = "Nobody has waited on a set of descriptors so far." if live else "Nobody waited on a set of descriptors."
    known = list(rows)
    whole = sum(row.times.own_ns for row in known)
    waits = [row for row in known if row.name in _OTHERWISE and row.times.blocked_ns * _PART > whole]
    if not waits:
        return f"{none} {_HERE}"
    most = max(waits, key=lambda row: row.times.blocked_ns)
    return f"{none} This program waits in {most.name}, {_OTHERWISE[most.name]}\n\n{_HERE}"
