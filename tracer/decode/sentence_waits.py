"""Sentences of the calls that wait for descriptors: select, poll, epoll."""

from __future__ import annotations

from collections import Counter
from struct import Struct
from typing import Final

from tracer.decode.look import ENTRY, EXIT
from tracer.decode.readiness import members
from tracer.decode.results import is_error
from tracer.decode.sentence_data import Saying
from tracer.decode.text import Unread
from tracer.decode.told import Told, counted, duration_text
from tracer.syscalls.layouts import layout

_IN, _OUT, _PRI = 1, 4, 2
_PAIR: Final = Struct("<qq")
_POLLFD: Final = Struct("<ihH")
_MOST_NAMED: Final = 5
_BECAME: Final = (
    (_IN, "readable"), (_OUT, "writable"), (_PRI, "exceptional"), (0x8, "in error"), (0x10, "hung up"),
    (0x2000, "half hung up"),
)  # fmt: skip
"""EPOLLERR, EPOLLHUP, EPOLLRDHUP beside those that are asked for (epoll_ctl(2))."""


def _events_text(events: int) -> str:
    kinds = [word for bit, word in ((_IN, "readable"), (_OUT, "writable"), (_PRI, "exceptional")) if events & bit]
    return " or ".join(kinds) or "in error"


def struct_timeout_ns(told: Told, name: str, fraction_ns: int) -> int | None:
    """ns; None = for ever."""
    if not told.value(name):
        return None
    data = told.look(name).piece(ENTRY)
    if isinstance(data, Unread) or len(data) < _PAIR.size:
        return -1
    seconds, part = _PAIR.unpack_from(data)
    return max(int(seconds) * 1_000_000_000 + int(part) * fraction_ns, 0)


def _ready(told: Told, timeout_ns: int | None, one: str, fds: list[int]) -> str:
    """How a wait ended: at once or not is told by its timeout."""
    if told.result == 0:
        return f"returns at once, {one} was" if timeout_ns == 0 else "none became so in time"
    shown = ", ".join(map(str, fds[:_MOST_NAMED])) + (", ..." if len(fds) > _MOST_NAMED else "")
    return f"{told.result} {'is' if told.result == 1 else 'are'}" + (f": {shown}" if fds else "")


def _patience(timeout_ns: int | None) -> str:
    if timeout_ns is None:
        return ", and waits until one is"
    if timeout_ns < 0:
        return ""
    return "" if timeout_ns == 0 else f", and waits for one at most {duration_text(timeout_ns)}"


def _any_of(number: int) -> str:
    return "descriptor" if number == 1 else f"any of {number} descriptors"


def _select(told: Told, timeout_ns: int | None) -> tuple[str, str]:
    asked, left = _sets(told, ENTRY), _sets(told, EXIT)
    parts = [f"{_which(fds)} is {word}" for word, fds in asked.items() if fds]
    fds = sorted({fd for each in left.values() for fd in each})
    if not parts:
        return _nothing(told, told.number("nfds"), timeout_ns)
    return "asks whether " + " or ".join(parts) + _patience(timeout_ns), _ready(told, timeout_ns, "none", fds)


def _nothing(told: Told, number: int, timeout_ns: int | None) -> tuple[str, str]:
    """A wait without descriptors, which is a sleep, or with some that could not be read."""
    if number > 0 and is_error(told.result):
        return f"watches {counted(number, 'descriptor')}{_patience(timeout_ns)}", ""
    if timeout_ns == 0:
        return "watches no descriptors and does not wait", ""
    limit = "until a signal comes" if timeout_ns is None else f"for {duration_text(max(timeout_ns, 0))}"
    return f"sleeps {limit}: it watches no descriptors", "the time is over"


def _which(fds: list[int]) -> str:
    return f"descriptor {fds[0]}" if len(fds) == 1 else f"any of {len(fds)} descriptors"


def _sets(told: Told, when: int) -> dict[str, list[int]]:
    found = {}
    for name, word in (("readfds", "readable"), ("writefds", "writable"), ("exceptfds", "exceptional")):
        data = told.look(name).piece(when) if told.value(name) else b""
        found[word] = [] if isinstance(data, Unread) else members(data, told.number("nfds"))
    return found


def _poll(told: Told, timeout_ns: int | None) -> tuple[str, str]:
    asked, answered = told.look("fds").piece(ENTRY), told.look("fds").piece(EXIT)
    number = told.value("nfds") & 0xFFFFFFFF
    if not number:
        return _nothing(told, 0, timeout_ns)
    if isinstance(asked, Unread) or len(asked) < number * _POLLFD.size:
        became = _ready(told, timeout_ns, "none", [])
        return f"watches {counted(number, 'descriptor')}{_patience(timeout_ns)}", became
    watched = [(fd, events) for fd, events, _ in _pollfds(asked) if fd >= 0]
    wanted = 0
    for _, events in watched:
        wanted |= events
    one = f"descriptor {watched[0][0]}" if len(watched) == 1 else _any_of(len(watched))
    fds = [] if isinstance(answered, Unread) else [fd for fd, _, revents in _pollfds(answered) if revents]
    return f"asks whether {one} is {_events_text(wanted)}{_patience(timeout_ns)}", _ready(
        told, timeout_ns, "none", fds
    )


def _pollfds(data: bytes) -> list[tuple[int, int, int]]:
    return list(_POLLFD.iter_unpack(data[: len(data) // _POLLFD.size * _POLLFD.size]))


def _milliseconds(told: Told) -> int | None:
    timeout = told.number("timeout")
    return None if timeout < 0 else timeout * 1_000_000


def _epoll(told: Told, timeout_ns: int | None) -> tuple[str, str]:
    does = (
        f"asks which descriptors on the interest list of {told.descriptor('epfd')} are ready{_patience(timeout_ns)}"
    )
    if told.result == 0:
        return does, "returns at once, none was" if timeout_ns == 0 else "none became so in time"
    return does, ", ".join(f"{number} {'is' if number == 1 else 'are'} {words}" for words, number in _became(told))


def _became(told: Told) -> list[tuple[str, int]]:
    """What entries of the list became, and how many of them, the most first."""
    look = told.look("events")
    data, event = look.piece(EXIT), layout("epoll_event", look.model).packed
    if isinstance(data, Unread):
        return [("ready", told.result)]
    whole = data[: len(data) // event.size * event.size]
    kinds = Counter(_ready_text(events) for events, _ in event.iter_unpack(whole))
    kinds["ready"] += told.result - kinds.total()  # those whose memory was not kept
    return [(words, number) for words, number in kinds.most_common() if number > 0]


def _ready_text(events: int) -> str:
    kinds = [word for bit, word in _BECAME if events & bit]
    return " and ".join(kinds) or "ready"


_ET, _ONESHOT = 1 << 31, 1 << 30


def _interest(told: Told) -> tuple[str, str]:
    target, whose = told.descriptor("fd"), told.descriptor("epfd")
    if told.number("op") == 2:
        return f"takes {target} off the interest list of {whose}", ""
    if told.number("op") not in (1, 3):
        return f"does {told.text('op')} with {target} on the interest list of {whose}", ""
    data = told.look("event").piece(ENTRY)
    unread = isinstance(data, Unread) or len(data) < 4
    events = 0 if isinstance(data, Unread) else int.from_bytes(data[:4], "little")
    how = ", only when that changes (edge-triggered)" if events & _ET else ""
    how += ", once (one-shot)" if events & _ONESHOT else ""
    verb = "puts" if told.number("op") == 1 else "changes the entry of"
    where = "on" if told.number("op") == 1 else "in"
    does = f"{verb} {target} {where} the interest list of {whose}"
    return does if unread else f"{does}: tell when it is {_events_text(events)}{how}", ""


WAITS: Final[dict[str, Saying]] = {
    "select": lambda told: _select(told, struct_timeout_ns(told, "timeout", 1000)),
    "pselect6": lambda told: _select(told, struct_timeout_ns(told, "timeout", 1)),
    "poll": lambda told: _poll(told, _milliseconds(told)),
    "ppoll": lambda told: _poll(told, struct_timeout_ns(told, "timeout", 1)),
    "epoll_wait": lambda told: _epoll(told, _milliseconds(told)),
    "epoll_pwait": lambda told: _epoll(told, _milliseconds(told)),
    "epoll_pwait2": lambda told: _epoll(told, struct_timeout_ns(told, "timeout", 1)),
    "epoll_create": lambda told: ("makes an epoll interest list", f"it is descriptor {told.result}"),
    "epoll_create1": lambda told: ("makes an epoll interest list", f"it is descriptor {told.result}"),
    "epoll_ctl": _interest,
}
