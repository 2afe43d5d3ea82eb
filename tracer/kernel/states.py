"""What was found out about a thread and its descriptors. What could not be is None, with the reason beside it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ThreadState:
    """A thread as the scheduler has it (proc_pid_stat(5), proc_pid_wchan(5))."""

    letter: str
    """R running, S asleep, D asleep and not to be woken by signals, t held by the tracer, T stopped, Z and X gone;
    empty when the thread is gone."""
    words: str
    function: str = ""
    """The kernel function it sleeps in; empty when it does not sleep, or the kernel does not tell."""


@dataclass(frozen=True, slots=True)
class Watch:
    """An entry of an epoll instance's interest list."""

    fd: int
    events: int
    """EPOLL* bits; EPOLLONESHOT entries that have fired have none left."""


@dataclass(frozen=True, slots=True)
class DescriptorState:
    """A descriptor now."""

    fd: int
    what: str
    """Where it leads, as /proc/PID/fd says; empty when it is not open."""
    nonblocking: bool | None = None
    queued: int | None = None
    """Bytes a read would find; of a datagram socket those of the next datagram."""
    unsent: int | None = None
    """Bytes that were written to a TCP socket and are not acknowledged by the other end yet (SIOCOUTQ, tcp(7))."""
    waiting: int | None = None
    """Connections that wait to be accepted."""
    readable: bool | None = None
    """Whether a read, an accept or a wait for it would not sleep (poll(2): POLLIN, POLLHUP or POLLERR)."""
    writable: bool | None = None
    hung_up: bool = False
    """The other end is closed."""
    listening: bool = False
    state: str = ""
    """Of a TCP socket: ESTABLISHED, ..."""
    capacity: int | None = None
    """Bytes a pipe holds."""
    count: int | None = None
    """Of an eventfd, or how often a timerfd went off."""
    watches: tuple[Watch, ...] | None = None
    """The interest list, of an epoll instance."""
    reason: str = ""
    """Why more is not known; empty when nothing is missing."""
