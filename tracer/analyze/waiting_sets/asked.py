"""What a program has asked an io_uring or a native AIO context to do: the frozen results.

Such a ring or context is waited for like an epoll, but what stands in it is requests, not descriptors: each names
its own, and an answer is a result, not readiness.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

COLLECTS: Final = frozenset({"io_getevents", "io_pgetevents", "io_pgetevents_time64"})
"""Calls that wait for native AIO."""


class Request(NamedTuple):
    """One request as it stood when a waiting call returned. Times ns, sizes bytes."""

    operation: str
    """READ, ACCEPT, PREAD, ...; empty when its submission was not seen."""
    fd: int | None
    """None when that is not known."""
    fixed: bool
    """`fd` is a place in the ring's table of registered files, not a descriptor."""
    length: int
    """As it was asked for: bytes, of a vector its entries, of others what the operation makes of it."""
    data: int
    """The program's own: user_data of io_uring, the address of an iocb."""
    submitted_ns: int | None
    """CLOCK_MONOTONIC of the call that handed it over; None when that was not seen."""
    waited_ns: int | None
    """From there to the end of the call at which its answer was seen, or to this return. The answer may have
    been there earlier."""
    new: bool
    """It was handed over since the waiter's return before this one."""
    result: int | None
    """Its answer, seen since the return before; None: it is in flight."""


@dataclass(frozen=True, slots=True)
class Requests:
    """What was in flight when a waiting call returned, and what was answered since its return before."""

    answered: tuple[Request, ...]
    """In the order in which the answers were seen; a request may be answered several times (multishot)."""
    flying: tuple[Request, ...]
    """In the order in which they were handed over."""
    handed: int
    """Requests handed over since the return before, by this call or others."""
    wanted: int
    """How many answers the call was to wait for (min_complete, min_nr); 0 = it was not to wait."""
    inherited: bool
    """It was there before the trace began: what was in flight then is not known."""
    unread: str = ""
    """Why not all requests or answers could be seen."""

    @property
    def entries(self) -> tuple[Request, ...]:
        """All of them, the answered ones first."""
        return self.answered + self.flying
