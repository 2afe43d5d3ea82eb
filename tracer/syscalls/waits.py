"""Calls that wait for something to happen, and where their timeout is."""

from __future__ import annotations

from typing import Final

MILLISECONDS: Final = {"poll": 2, "epoll_wait": 3, "epoll_pwait": 3}
"""Waits whose timeout is an int of milliseconds, and the argument it is."""
TIME_STRUCTS: Final = {
    "select": 4,
    "_newselect": 4,
    "pselect6": 4,
    "pselect6_time64": 4,
    "ppoll": 2,
    "ppoll_time64": 2,
    "epoll_pwait2": 3,
    "io_getevents": 4,
    "io_pgetevents": 4,
    "io_pgetevents_time64": 4,
    "rt_sigtimedwait": 2,
    "rt_sigtimedwait_time64": 2,
}
"""Waits whose timeout is behind a pointer (timeval or timespec), and the argument it is."""
