"""Waiting sets: what a thread asked the kernel to watch, what was ready, and what it then did about it.

The frozen results of `waiting_sets_index` (who waits, and how it went) and `waiting_sets_view` (one return of one
waiting call). A *waiter* is an epoll instance, one thread's calls of the select or the poll family, an io_uring, or
a native AIO context. Sizes are bytes, times ns.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple

from tracer.analyze.ready import EPOLLS, POLLS, SELECTS
from tracer.analyze.waiting_sets.asked import COLLECTS, Requests


class Family(Enum):
    """How the set is handed over."""

    SELECT = "select"
    POLL = "poll"
    EPOLL = "epoll"
    URING = "io_uring"
    AIO = "native AIO"


_CALLS = (
    (SELECTS, Family.SELECT), (POLLS, Family.POLL), (EPOLLS, Family.EPOLL), ({"io_uring_enter"}, Family.URING),
    (COLLECTS, Family.AIO),
)  # fmt: skip
FAMILIES = {name: family for names, family in _CALLS for name in names}
"""The family of each waiting call."""
READ, WRITE, EXCEPT = 0, 1, 2
"""select's three sets, in the order of its arguments."""


@dataclass(frozen=True, slots=True)
class Waiter:
    """Who waits, and how it went so far."""

    number: int
    """Its number in the index: never changes."""
    family: Family
    pid: int
    fd: int | None
    """The descriptor of an epoll instance or an io_uring, the one it was first waited on by."""
    tids: tuple[int, ...]
    """Threads that waited, in order of their first wait."""
    returns: int
    wakeups: int
    """Returns with something ready."""
    ready: int
    """Descriptors reported by the wake-ups; of an io_uring or AIO context the answers found then."""
    useless: int
    """Wake-ups after which nothing was transferred on any ready descriptor."""
    timeouts: int
    failed: int
    """Interrupted by a signal, or an error."""
    bytes_in: int
    bytes_out: int
    blocked_ns: int
    """Time asleep in these calls."""
    context: int | None = None
    """Of native AIO: the context's number (io_setup(2))."""

    @property
    def mean_ready(self) -> float | None:
        """Ready descriptors per wake-up; None when there was none."""
        return self.ready / self.wakeups if self.wakeups else None

    @property
    def bytes_per_return(self) -> float:
        """What one return cost in copied bytes, both ways."""
        return (self.bytes_in + self.bytes_out) / self.returns if self.returns else 0.0


@dataclass(frozen=True, slots=True)
class Bits:
    """What select was given and gave back. A set is None when it was NULL, or could not be read."""

    nfds: int
    asked: tuple[frozenset[int] | None, frozenset[int] | None, frozenset[int] | None]
    ready: tuple[frozenset[int] | None, frozenset[int] | None, frozenset[int] | None]
    bytes_each: int
    """Bytes of one set, each way: whole longs, as many as `nfds` bits need."""
    unread: str = ""
    """Why a set that was given could not be read."""


class Polled(NamedTuple):
    """One struct pollfd."""

    fd: int
    """Negative: the kernel skips the entry (poll(2))."""
    events: int
    revents: int
    """-1 = not known."""


@dataclass(frozen=True, slots=True)
class Array:
    """poll's array, in its order."""

    entries: tuple[Polled, ...]
    unread: str = ""


class Interest(NamedTuple):
    """One entry of an epoll's interest list."""

    fd: int
    code: int
    """The descriptor (place in `Descriptors.seen`), -1 when it is not known."""
    events: int | None
    """None when the registration was not seen."""
    data: int
    added_ns: int | None
    """None when it was registered before the trace began, or the registration was not seen."""
    line: int | None
    """The epoll_ctl that gave it its present events."""
    ready: int
    """How often it was reported, up to and with this return."""
    last_ns: int | None
    """When it was reported last."""
    stale: bool
    """The process closed the descriptor, but a copy keeps the file open: it is still watched (epoll(7))."""
    disarmed: bool
    """EPOLLONESHOT, and reported since: not watched until it is modified."""
    now: int
    """The events reported by this return, 0 = not ready."""


class Told(NamedTuple):
    """One struct epoll_event handed out."""

    fd: int | None
    """None when its registration was not seen."""
    events: int
    data: int


@dataclass(frozen=True, slots=True)
class Interests:
    """An epoll's interest list at the moment of a return, and its ready list as handed out."""

    entries: tuple[Interest, ...]
    """In order of their numbers."""
    told: tuple[Told, ...]
    inherited: bool
    """The epoll was there before the trace began, and what was registered then is not known."""
    unread: str = ""


class Brought(NamedTuple):
    """What the thread did on one ready descriptor until it waited again."""

    fd: int
    received: int
    sent: int
    transfers: int
    """Calls that transferred something; end of file and accepted connections count."""
    accepted: int
    ended: bool
    """A read found the end of file."""
    again: int
    """Calls that failed with EAGAIN: drained, or there was nothing."""
    failed: int


@dataclass(frozen=True, slots=True)
class WaitReturn:
    """One return of a waiting call."""

    waiter: Waiter
    number: int
    """Which of the waiter's returns, from 0."""
    line: int
    at_ns: int
    """CLOCK_MONOTONIC of the entry."""
    pid: int
    tid: int
    name: str
    timeout: str
    """As the program gave it."""
    result: int
    outcome: str
    """The result in words: a number or the error."""
    kernel_ns: int
    blocked_ns: int
    bytes_in: int
    bytes_out: int
    useless: bool
    watched: Bits | Array | Interests | Requests
    brought: tuple[Brought, ...] = ()
    """One for each ready descriptor that is known."""
    settled: bool = True
    """The thread has waited again, or ended: nothing will be added to `brought`."""
    cut: bool = False
    """There were too many calls until then to look at all of them."""
    names: Mapping[int, str] = field(default_factory=dict)
    """What the descriptors are."""
