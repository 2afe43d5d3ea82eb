"""What a call that has not begun will meet: which descriptors it is about, and whether it will sleep.

    nothing is there: its thread will sleep until something comes

Said of how things stand while the thread is held before the call; somebody else may change them meanwhile. Empty
where nothing certain can be said.
"""

from __future__ import annotations

from collections.abc import Mapping
from struct import Struct
from typing import Final

from tracer.decode.look import ENTRY
from tracer.decode.readiness import members
from tracer.decode.sentence_waits import struct_timeout_ns
from tracer.decode.text import Unread
from tracer.decode.told import Told, counted
from tracer.kernel.states import DescriptorState
from tracer.recording.captured import Row
from tracer.syscalls.table import declaration_of

_POLLFD: Final = Struct("<ihH")
_IN, _OUT = 1, 4
_DONTWAIT: Final = 0x40
_READS: Final = frozenset({"read", "readv", "recvfrom", "recvmsg", "recvmmsg"})
_WRITES: Final = frozenset({"write", "writev", "sendto", "sendmsg", "sendmmsg"})
_ACCEPTS: Final = frozenset({"accept", "accept4"})
_EPOLLS: Final = frozenset({"epoll_wait", "epoll_pwait", "epoll_pwait2"})
_POLLS: Final = frozenset({"poll", "ppoll", "select", "pselect6"})
_DESCRIPTORS: Final = frozenset({"fd", "dirfd", "mmap_fd"})
_NOT_OPEN: Final = "that descriptor is not open: it will fail with EBADF"

Asked = dict[int, int]
"""What is asked of each descriptor: POLLIN and POLLOUT bits."""


def descriptors_of(row: Row) -> tuple[int, ...]:
    """The descriptors a call is given, in its arguments or in the sets they lead to; each once, in order."""
    told = _told(row)
    if told is None:
        return ()
    found = [told.number(each.name) for each in told.declared.args if each.reads in _DESCRIPTORS]
    found += _asked(told)
    return tuple(dict.fromkeys(fd for fd in found if fd >= 0))


def outlook(row: Row, states: Mapping[int, DescriptorState]) -> str:
    """What the call of `row` will meet, given how its descriptors stand."""
    told = _told(row)
    if told is None:
        return ""
    family = told.declared.family
    if family in _POLLS | _EPOLLS:
        return _wait(told, family, states)
    state = states.get(told.number("fd")) if told.has("fd") else None
    if state is None or family not in _READS | _WRITES | _ACCEPTS:
        return ""
    if state.reason == "not open":
        return _NOT_OPEN
    sleeps = not (state.nonblocking or (told.has("flags") and family not in _ACCEPTS and _flag(told, _DONTWAIT)))
    if family in _WRITES:
        return _writing(state, sleeps)
    return _accepting(state, sleeps) if family in _ACCEPTS else _reading(state, sleeps)


def _reading(state: DescriptorState, sleeps: bool) -> str:
    if state.queued:
        waiting = counted(state.queued, "byte")
        return f"{waiting} {'is' if state.queued == 1 else 'are'} waiting: it will not sleep"
    if state.hung_up:
        return "nothing is there and the other end is closed: it will not sleep"
    if state.readable:
        return "something is there: it will not sleep"
    return _else(state.readable, "nothing is there", "something comes", sleeps)


def _accepting(state: DescriptorState, sleeps: bool) -> str:
    if state.readable:
        return "somebody is waiting to be accepted: it will not sleep"
    return _else(state.readable, "nobody is waiting to be accepted", "somebody connects", sleeps)


def _writing(state: DescriptorState, sleeps: bool) -> str:
    if state.writable and state.hung_up:
        return "nobody is there to read any more: it will fail"
    if state.writable:
        return "there is room: it will not sleep, unless that is more than fits"
    return _else(state.writable, "there is no room", "there is", sleeps)


def _else(ready: bool | None, lack: str, end: str, sleeps: bool) -> str:
    if ready is None:
        return ""
    if not sleeps:
        return f"{lack}, and it may not sleep: it will fail with EAGAIN"
    return f"{lack}: its thread will sleep until {end}"


def _wait(told: Told, family: str, states: Mapping[int, DescriptorState]) -> str:
    asked = {told.number("epfd"): _IN} if family in _EPOLLS else _asked(told)
    if not asked:
        return ""
    known = [(states[fd], events) for fd, events in asked.items() if fd in states]
    if any(_ready(state, events) for state, events in known):
        return "one is ready now: it will not sleep"
    if len(known) < len(asked) or any(_ready(state, events) is None for state, events in known):
        return ""
    if _timeout(told) == 0:
        return "none is ready now, and it may not sleep: it will return 0"
    return "none is ready now: its thread will sleep"


def _ready(state: DescriptorState, events: int) -> bool | None:
    """None when it is not known."""
    if state.hung_up or state.reason == "not open":
        return True
    wanted = [state.readable] * bool(events & _IN) + [state.writable] * bool(events & _OUT)
    if any(wanted):
        return True
    return None if None in wanted or events & ~(_IN | _OUT) else False


def _timeout(told: Told) -> int | None:
    """ns; below 0 or None: for ever, or not known."""
    reads = {each.name: each.reads for each in told.declared.args}
    if "timeout" not in reads:
        return None
    family = told.declared.family
    if family in ("poll", "epoll_wait", "epoll_pwait"):
        return told.number("timeout") * 1_000_000
    return struct_timeout_ns(told, "timeout", 1000 if family == "select" else 1)


def _asked(told: Told) -> Asked:
    family = told.declared.family
    if family in ("poll", "ppoll"):
        data = told.look("fds").piece(ENTRY)
        whole = b"" if isinstance(data, Unread) else data[: len(data) // _POLLFD.size * _POLLFD.size]
        return {fd: events for fd, events, _ in _POLLFD.iter_unpack(whole) if fd >= 0}
    found: Asked = {}
    for name, bit in (("readfds", _IN), ("writefds", _OUT)) if family in ("select", "pselect6") else ():
        data = told.look(name).piece(ENTRY) if told.value(name) else b""
        for fd in [] if isinstance(data, Unread) else members(data, told.number("nfds")):
            found[fd] = found.get(fd, 0) | bit
    return found


def _flag(told: Told, bit: int) -> bool:
    return bool(told.number("flags") & bit)


def _told(row: Row) -> Told | None:
    declared = declaration_of(row.abi, row.nr)
    return None if declared is None else Told(row, declared, lambda _fd: None)
