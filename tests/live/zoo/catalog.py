"""Which rule must find each program of the zoo, and where."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

ZOO: Final = Path(__file__).parent


@dataclass(frozen=True)
class Animal:
    """One program."""

    program: str
    rule: str
    syscalls: frozenset[str]
    """The finding names one of these; empty: it names none."""
    fd: int | None = None
    """The descriptor it names."""
    main: bool = True
    """The finding is about the main thread."""
    severities: frozenset[str] = frozenset({"high", "medium", "low"})
    model: str | None = None
    """The I/O model of the main thread with the bug."""

    @property
    def source(self) -> Path:
        return ZOO / self.program

    @property
    def name(self) -> str:
        return self.source.stem


def animal(
    program: str,
    rule: str,
    syscalls: str,
    fd: int | None = None,
    *,
    main: bool = True,
    severities: str = "high medium low",
    model: str | None = None,
) -> Animal:
    return Animal(program, rule, frozenset(syscalls.split()), fd, main, frozenset(severities.split()), model)


_WORSE: Final = "high medium"
ANIMALS: Final = (
    animal("busy_wait.py", "busy-wait", "read", 3, severities=_WORSE),
    animal("zero_timeout_spin.py", "zero-timeout-spin", "epoll_wait", 3, severities=_WORSE, model="epoll-level"),
    animal("level_unconsumed.py", "level-unconsumed", "epoll_wait", 3, severities=_WORSE, model="epoll-level"),
    animal("level_writable.py", "level-unconsumed", "epoll_wait", 3, severities=_WORSE, model="epoll-level"),
    animal("level_oneshot.py", "level-unconsumed", "epoll_wait", 3, model="epoll-level"),
    animal("level_eof.py", "level-unconsumed", "poll", 3, severities=_WORSE, model="poll"),
    animal("accept_emfile.py", "accept-emfile", "accept4", 3, severities=_WORSE),
    animal("sleep_poll.py", "sleep-poll", "read", 3, model="nonblocking-backoff"),
    animal("sleep_watch.py", "sleep-poll", "epoll_wait", 5, model="nonblocking-backoff"),
    animal("sleep_child.py", "sleep-poll", "wait4", model="nonblocking-backoff"),
    animal("useless_wakeups.py", "useless-wakeups", "epoll_wait", 3),
    animal("thundering_herd.py", "thundering-herd", "accept4", 3, main=False),
    animal("blocking_in_loop.py", "blocking-in-loop", "clock_nanosleep", severities=_WORSE, model="epoll-level"),
    animal("loop_lag.py", "loop-lag", "epoll_wait read", 4, severities=_WORSE, model="epoll-level"),
    animal("edge_undrained.py", "edge-undrained", "recvfrom", 3, model="epoll-edge"),
    animal("tiny_io.py", "tiny-io", "read", 3),
    animal("large_wait_set.py", "large-wait-set", "poll", model="poll"),
    animal("fd_setsize.c", "fd-setsize", "select pselect6", 1500, severities="high"),
    animal("redundant_copy.py", "redundant-copy", "read", 3),
    animal("unbatched.py", "unbatched", "sendto", 4),
    animal("epoll_ctl_churn.py", "epoll-ctl-churn", "epoll_ctl", 3, model="epoll-level"),
    animal("fsync_bound.py", "fsync-bound", "fsync", 3, severities=_WORSE),
    animal("failed_lookups.py", "failed-lookups", "newfstatat stat access faccessat2"),
    animal("fd_leak.py", "fd-leak", "openat", main=False, severities=_WORSE),
    animal("eintr_storm.py", "eintr-storm", "read wait4", main=True),
    animal("signal_overflow.py", "signal-overflow", "rt_sigtimedwait", severities="high"),
    animal("cpu_starved.py", "cpu-starved", "", main=False, severities=_WORSE),
    animal("futex_contention.c", "futex-contention", "futex", main=False),
    animal("sync_aio.c", "sync-aio", "io_submit", severities=_WORSE, model="native-aio"),
)
