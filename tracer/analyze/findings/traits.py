"""What a system call is, as far as findings are concerned: one bit set for every call."""

from __future__ import annotations

from enum import IntFlag
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tracer.analyze.calls import CallFacts
from tracer.analyze.ready import EPOLLS, POLLS, SELECTS, SIGNALS

Bits = NDArray[np.int32]


class Trait(IntFlag):
    """What a call does."""

    NONE = 0
    READ = 1 << 0
    """Reads data from a descriptor; the third argument is how much was asked for."""
    WRITE = 1 << 1
    MESSAGE = 1 << 2
    """Sends or receives on a socket; always with READ or WRITE."""
    ACCEPT = 1 << 3
    SELECT = 1 << 4
    POLL = 1 << 5
    EPOLL = 1 << 6
    OTHER_WAIT = 1 << 7
    """Waits for a signal or a completion."""
    SLEEP = 1 << 8
    SYNC = 1 << 9
    LOOKUP = 1 << 10
    """Looks for a path."""
    CONTROL = 1 << 11
    """epoll_ctl."""
    CLOSE = 1 << 12
    FUTEX = 1 << 13
    CHILD = 1 << 14
    """Waits for a child."""
    TRIVIAL = 1 << 15
    """Asks what time it is, or who one is: does no work."""
    QUEUE = 1 << 16
    """Queues a signal."""
    INTERRUPTED = 1 << 17
    """Ends with EINTR by design, or gives back the result of the call that was interrupted."""
    CONFIGURE = 1 << 19
    """fcntl."""
    NAME = 1 << 20
    """Asks for the addresses of a socket; Python does so when it closes one that was forgotten."""
    NUMBER = 1 << 18
    """The third argument is a number of bytes."""


READY: Final = Trait.SELECT | Trait.POLL | Trait.EPOLL
"""Waits for descriptors."""
WAIT: Final = READY | Trait.OTHER_WAIT
_READS = ("read", "pread64")
_WRITES = ("write", "pwrite64")
_NAMES: Final[dict[Trait, frozenset[str] | tuple[str, ...]]] = {
    Trait.READ: (
        *_READS, "readv", "preadv", "preadv2", "recv", "recvfrom", "recvmsg", "recvmmsg", "recvmmsg_time64",
    ),
    Trait.WRITE: (*_WRITES, "writev", "pwritev", "pwritev2", "send", "sendto", "sendmsg", "sendmmsg"),
    Trait.MESSAGE: ("recv", "recvfrom", "recvmsg", "send", "sendto", "sendmsg"),
    Trait.NUMBER: (*_READS, *_WRITES, "recv", "recvfrom", "send", "sendto"),
    Trait.ACCEPT: ("accept", "accept4"),
    Trait.SELECT: SELECTS,
    Trait.POLL: POLLS,
    Trait.EPOLL: EPOLLS,
    Trait.OTHER_WAIT: (
        *SIGNALS, "io_getevents", "io_pgetevents", "io_uring_enter", "rt_sigsuspend", "sigsuspend", "pause",
    ),
    Trait.INTERRUPTED: (*SIGNALS, "rt_sigsuspend", "sigsuspend", "pause", "rt_sigreturn", "sigreturn"),
    Trait.SLEEP: ("nanosleep", "clock_nanosleep", "clock_nanosleep_time64"),
    Trait.SYNC: ("fsync", "fdatasync", "sync", "syncfs", "sync_file_range", "msync"),
    Trait.LOOKUP: (
        "open", "openat", "openat2", "stat", "lstat", "newfstatat", "fstatat64", "stat64", "lstat64", "statx",
        "access", "faccessat", "faccessat2", "readlink", "readlinkat", "execve", "execveat", "getxattr",
        "lgetxattr",
    ),
    Trait.CONTROL: ("epoll_ctl",),
    Trait.CLOSE: ("close",),
    Trait.FUTEX: ("futex", "futex_time64"),
    Trait.CHILD: ("wait4", "waitid", "waitpid"),
    Trait.TRIVIAL: (
        "clock_gettime", "clock_gettime64", "gettimeofday", "time", "times", "getrusage", "getpid", "gettid",
        "sched_yield", "rt_sigprocmask",
    ),
    Trait.CONFIGURE: ("fcntl", "fcntl64"),
    Trait.NAME: ("getsockname", "getpeername"),
    Trait.QUEUE: ("rt_sigqueueinfo", "rt_tgsigqueueinfo"),
}  # fmt: skip


def trait_of(name: str) -> Trait:
    """The bits of one call."""
    found = Trait.NONE
    for trait, names in _NAMES.items():
        if name in names:
            found |= trait
    return found


class Traits:
    """The bits of all calls seen, as a column indexed by their code."""

    def __init__(self) -> None:
        self._bits: Bits = np.zeros(0, np.int32)

    def of(self, facts: list[CallFacts], code: NDArray[np.int64]) -> Bits:
        """The bits of every row."""
        if len(facts) != len(self._bits):
            self._bits = np.array([int(trait_of(fact.name)) for fact in facts], np.int32)
        bits: Bits = self._bits[code]
        return bits
