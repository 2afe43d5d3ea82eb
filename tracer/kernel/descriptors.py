"""How a descriptor of another process stands: what it is, whether it would let a read sleep, what is queued."""

from __future__ import annotations

import errno
import fcntl
import os
import re
import select
import stat
import struct
import termios
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from tracer.kernel.borrowed import borrowed
from tracer.kernel.sockets import of_tables, socket_facts
from tracer.kernel.states import DescriptorState, Watch

_FLAGS: Final = re.compile(r"^flags:\s*([0-7]+)$", re.MULTILINE)
_WATCH: Final = re.compile(r"^tfd:\s*(\d+) events:\s*([0-9a-f]+)", re.MULTILINE)
_COUNT: Final = re.compile(r"^(?:eventfd-count|ticks):\s*([0-9a-f]+)$", re.MULTILINE)
_POLLED: Final = ("anon_inode:[eventpoll]", "anon_inode:[eventfd]", "anon_inode:[timerfd]", "anon_inode:inotify")
"""Besides pipes, sockets and terminals. A signalfd would answer for our own signals, and a driver of who knows what
might do something when it is polled."""


def descriptor_states(pid: int, fds: Iterable[int]) -> tuple[DescriptorState, ...]:
    """How each of `fds` of process `pid` stands."""
    return tuple(descriptor_state(pid, fd) for fd in fds)


def descriptor_state(pid: int, fd: int) -> DescriptorState:
    """How descriptor `fd` of process `pid` stands. What cannot be known is None, and `reason` says why."""
    try:
        what = os.fsdecode(os.readlink(f"/proc/{pid}/fd/{fd}"))
        about = Path(f"/proc/{pid}/fdinfo/{fd}").read_text(errors="replace")
    except FileNotFoundError:
        return DescriptorState(fd, "", reason="not open")
    except OSError as error:
        return DescriptorState(fd, "", reason=_why("/proc/PID/fd", error))
    flags, count = _FLAGS.search(about), _COUNT.search(about)
    state = DescriptorState(
        fd, what,
        nonblocking=bool(int(flags[1], 8) & os.O_NONBLOCK) if flags else None,
        count=int(count[1], 16 if count[0].startswith("eventfd") else 10) if count else None,
        watches=tuple(Watch(int(tfd), int(events, 16)) for tfd, events in _WATCH.findall(about))
        if "[eventpoll]" in what
        else None,
    )  # fmt: skip
    try:
        with borrowed(pid, fd) as ours:
            return replace(state, **_asked(ours, what))
    except OSError as error:
        known = of_tables(pid, what)
        return replace(state, **known, reason="" if known else _why("pidfd_getfd", error))


def _asked(fd: int, what: str) -> dict[str, Any]:
    """What a copy of the descriptor answers."""
    mode = os.fstat(fd).st_mode
    terminal = stat.S_ISCHR(mode) and os.isatty(fd)
    if not (stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) or terminal or what in _POLLED):
        return {}
    found = _readiness(fd)
    if stat.S_ISSOCK(mode):
        return found | socket_facts(fd)
    if stat.S_ISFIFO(mode):
        found["capacity"] = fcntl.fcntl(fd, fcntl.F_GETPIPE_SZ)
    if stat.S_ISFIFO(mode) or terminal:
        found["queued"] = _bytes_queued(fd)
    return found


def _readiness(fd: int) -> dict[str, Any]:
    """poll(2) with no timeout; a read end that is not open for writing is never writable, and so on."""
    poll = select.poll()
    poll.register(fd, select.POLLIN | select.POLLOUT)
    events = dict(poll.poll(0)).get(fd, 0)
    access = fcntl.fcntl(fd, fcntl.F_GETFL) & os.O_ACCMODE
    ended = select.POLLHUP | select.POLLERR
    return {
        "readable": bool(events & (select.POLLIN | ended)) if access != os.O_WRONLY else None,
        "writable": bool(events & (select.POLLOUT | select.POLLERR)) if access != os.O_RDONLY else None,
        "hung_up": bool(events & ended),
    }


def _bytes_queued(fd: int) -> int | None:
    try:
        return int(struct.unpack("i", fcntl.ioctl(fd, termios.FIONREAD, bytes(4)))[0])
    except OSError:
        return None


def _why(what: str, error: OSError) -> str:
    return f"{what}: {errno.errorcode.get(error.errno or 0, str(error))}"
