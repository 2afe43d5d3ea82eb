"""select and poll: the sets cross the boundary at every call, ready or not.

select copies min(nfds, FDSize) bits of each set, in and (unless it failed) out; the timeout is written back
even when it failed, but not when it was zero (`poll_select_finish`, fs/select.c). poll reads whole pollfds and
writes back only the revents of each, always (`do_sys_poll`).
"""

from __future__ import annotations

from typing import Final

from tracer.syscalls.arguments import struct_in, value
from tracer.syscalls.expression import (
    ENTRY,
    SUCCEEDED,
    Expr,
    Term,
    arg,
    bits,
    both,
    either,
    failed,
    fdset_bytes,
    given,
    int_arg,
    member,
    more,
    negate,
    same,
    size_of,
    times,
    unless,
)
from tracer.syscalls.model import CONTROL, FDSIZE, IN, OUT, Arg, Syscall, call, memory
from tracer.syscalls.structures import POLLFD, SIGSET, TIMESPEC, TIMEVAL

_SANE: Final = more(int_arg("nfds"), 0)
_SECOND_NS: Final = 1_000_000_000
_SETS_READ: Final = unless("EINVAL", "ENOMEM")
_ANY_SET: Final = either(given("readfds"), given("writefds"), given("exceptfds"))


def _nfds() -> Arg:
    return Arg("nfds", "int", (
        memory(IN, CONTROL, 0, shape=FDSIZE, entries=int_arg("nfds"), at=int_arg("nfds"), counted=False),
    ))  # fmt: skip


def _set(name: str) -> Arg:
    size = fdset_bytes("nfds")
    read = memory(IN, CONTROL, size, given=_SANE, on=_SETS_READ, what=name)
    written = memory(OUT, CONTROL, size, given=_SANE, on=SUCCEEDED, what=name)
    return Arg(name, "fdset", (read, written))


def _seconds_and_part() -> tuple[Expr, Expr]:
    """The fields of the timeout; a timeval lies like a timespec."""
    seconds, part = (member(ENTRY, "timeout", arg("timeout"), "timespec", field) for field in ("tv_sec", "tv_nsec"))
    return seconds, part


def invalid_timespec() -> Expr:
    """Whether the argument `timeout` is a timespec that no call accepts (`timespec64_valid`)."""
    seconds, part = _seconds_and_part()
    return both(given("timeout"), either(more(0, seconds), more(0, part), more(part, _SECOND_NS - 1)))


def _timeout(reads: str, size: Term, written_on: Expr) -> Arg:
    """A relative timeout: read always, the rest of it written back unless it was zero."""
    nonzero = either(*_seconds_and_part())
    read = memory(IN, CONTROL, size, what=reads)
    written = memory(OUT, CONTROL, size, on=both(given("timeout"), written_on, nonzero), what=reads)
    return Arg("timeout", reads, (read, written))


# An invalid timeout fails before anything else; nfds < 0 fails after the timeout was taken.
_TIMEOUT_TAKEN: Final = negate(both(failed("EINVAL"), more(int_arg("nfds"), -1)))
_SETS: Final = (_nfds(), _set("readfds"), _set("writefds"), _set("exceptfds"))


def sigset_argpack(name: str) -> Arg:
    """The last argument of pselect6 and io_pgetevents: a pointer to {pointer to a signal set, its size}."""
    mask = member(ENTRY, name, arg(name), "sigset_argpack", "set")
    pack = memory(IN, CONTROL, size_of("sigset_argpack"), what="sigset argpack")
    sigset = memory(IN, CONTROL, SIGSET, given=given(name), at=mask, on=unless("EINVAL"), what="sigset")
    return Arg(name, "argpack", (pack, sigset))


# ppoll looks at its timeout, then at its mask, and writes nothing back when it does not like them
# (SYSCALL_DEFINE5(ppoll), fs/select.c). Too many descriptors give EINVAL after both.
_MASK_REFUSED: Final = both(given("sigmask"), negate(same(arg("sigsetsize"), SIGSET)))
_PPOLL_BEGUN: Final = negate(both(failed("EINVAL"), either(invalid_timespec(), _MASK_REFUSED)))

_COUNT: Final = bits(arg("nfds"), 0xFFFFFFFF)
"""An unsigned int: the upper half of the register means nothing (SYSCALL_DEFINE3(poll), fs/select.c)."""


def _pollfds() -> Arg:
    read = memory(IN, CONTROL, times(POLLFD, _COUNT), on=unless("EINVAL", "ENOMEM"), what="pollfd")
    written = memory(
        OUT, CONTROL, times(2, _COUNT), capture=times(POLLFD, _COUNT),
        on=unless("EINVAL", "ENOMEM"), what="revents",
    )  # fmt: skip
    return Arg("fds", "pollfds", (read, written))


CALLS: Final[tuple[Syscall, ...]] = (
    call("select", *_SETS, _timeout("timeval", TIMEVAL, _TIMEOUT_TAKEN), returns="ready"),
    call(
        "pselect6", *_SETS, _timeout("timespec", TIMESPEC, _TIMEOUT_TAKEN), sigset_argpack("sig"), returns="ready"
    ),
    call("poll", _pollfds(), value("nfds", "uint"), value("timeout", "milliseconds"), returns="ready"),
    call(
        "ppoll",
        _pollfds(),
        value("nfds", "uint"),
        _timeout("timespec", TIMESPEC, _PPOLL_BEGUN),
        struct_in("sigmask", "sigset", SIGSET, on=_PPOLL_BEGUN),
        value("sigsetsize", "size"),
        returns="ready",
    ),
)
