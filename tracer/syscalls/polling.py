"""select and poll: the sets cross the boundary at every call, ready or not.

select copies min(nfds, FDSize) bits of each set, in and (unless it failed) out; the timeout is written back
even when it failed, but not when it was zero (`poll_select_finish`, fs/select.c). poll reads whole pollfds and
writes back only the revents of each, always (`do_sys_poll`).
"""

from __future__ import annotations

from typing import Final

from tracer.syscalls.arguments import struct_in, value
from tracer.syscalls.expression import (
    ALWAYS,
    SUCCEEDED,
    Expr,
    arg,
    both,
    either,
    failed,
    fdset_bytes,
    given,
    int_arg,
    load,
    more,
    negate,
    times,
    unless,
    was,
)
from tracer.syscalls.model import CONTROL, FDSIZE, IN, OUT, Arg, Syscall, call, memory
from tracer.syscalls.structures import POLLFD, SIGSET, TIMESPEC, TIMEVAL

_SANE: Final = more(int_arg("nfds"), 0)
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


def _timeout(reads: str, size: int, written_on: Expr) -> Arg:
    """A relative timeout: read always, the rest of it written back unless it was zero."""
    nonzero = either(was("timeout", 0, 8), was("timeout", 8, 8))
    read = memory(IN, CONTROL, size, what=reads)
    written = memory(OUT, CONTROL, size, on=both(given("timeout"), written_on, nonzero), what=reads)
    return Arg("timeout", reads, (read, written))


# An invalid timeout fails before anything else; nfds < 0 fails after the timeout was taken.
_TIMEOUT_TAKEN: Final = negate(both(failed("EINVAL"), more(int_arg("nfds"), -1)))
_SETS: Final = (_nfds(), _set("readfds"), _set("writefds"), _set("exceptfds"))


def _argpack() -> Arg:
    """pselect6's sixth argument: a pointer to {pointer to a signal set, its size}."""
    mask = load(0, "sig", arg("sig"), 0, 8)
    pack = memory(IN, CONTROL, 16, what="sigset argpack")
    sigset = memory(IN, CONTROL, SIGSET, given=given("sig"), at=mask, on=unless("EINVAL"), what="sigset")
    return Arg("sig", "argpack", (pack, sigset))


def _pollfds() -> Arg:
    read = memory(IN, CONTROL, times(POLLFD, arg("nfds")), on=unless("EINVAL", "ENOMEM"), what="pollfd")
    written = memory(
        OUT, CONTROL, times(2, arg("nfds")), capture=times(POLLFD, arg("nfds")),
        on=unless("EINVAL", "ENOMEM"), what="revents",
    )  # fmt: skip
    return Arg("fds", "pollfds", (read, written))


CALLS: Final[tuple[Syscall, ...]] = (
    call("select", *_SETS, _timeout("timeval", TIMEVAL, _TIMEOUT_TAKEN), returns="ready"),
    call("pselect6", *_SETS, _timeout("timespec", TIMESPEC, _TIMEOUT_TAKEN), _argpack(), returns="ready"),
    call("poll", _pollfds(), value("nfds", "size"), value("timeout", "milliseconds"), returns="ready"),
    call(
        "ppoll",
        _pollfds(),
        value("nfds", "size"),
        _timeout("timespec", TIMESPEC, ALWAYS),
        struct_in("sigmask", "sigset", SIGSET, on=unless("EINVAL")),
        value("sigsetsize", "size"),
        returns="ready",
        unknown=failed("EINVAL"),
    ),
)
