"""What the Waiting sets tab says when nobody waits on a set of descriptors."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

_HERE: Final = (
    "Here stand select, poll and epoll_wait: what was asked, what was ready, and what the thread then did; and "
    "io_uring and native AIO: what is in flight, and what was answered. "
    "Try: iotrace run epoll --clients 23"
)
_OTHERWISE: Final = (
    (
        ("rt_sigtimedwait",),
        "rt_sigtimedwait, for a signal. There is no set of descriptors to watch: the signal says which one it is "
        "about",
    ),
)


def nobody_waits(calls: Collection[str], *, live: bool) -> str:
    """In words. `calls`: names of the calls the program makes; some of them wait for something else."""
    none = "Nobody has waited on a set of descriptors so far." if live else "Nobody waited on a set of descriptors."
    for names, what in _OTHERWISE:
        if any(name in calls for name in names):
            return (
                f"{none} This program waits in {what}. The Figure tab (6) shows how a message comes in.\n\n{_HERE}"
            )
    return f"{none} {_HERE}"
