"""Sets of descriptors: fd_sets, pollfds and epoll events, as asked and as answered."""

from __future__ import annotations

from struct import Struct
from typing import Final

from tracer.decode.buffers import MOST_SHOWN
from tracer.decode.constants_network import FLAGS
from tracer.decode.flags import flags_text
from tracer.decode.look import ENTRY, EXIT, Look, Reader
from tracer.decode.text import Unread
from tracer.wire import Abi

_POLLFD: Final = Struct("<ihH")
_POLL, _EPOLL = FLAGS["poll"], FLAGS["epoll"]


def members(data: bytes, nfds: int) -> list[int]:
    """The descriptors below `nfds` whose bits are set in an fd_set."""
    bits = int.from_bytes(data, "little") & ((1 << max(min(nfds, 8 * len(data)), 0)) - 1)
    found = []
    while bits:
        low = bits & -bits
        found.append(low.bit_length() - 1)
        bits ^= low
    return found


def fdset(look: Look) -> str:
    """[3 4], with [3 4] => [4] for what select left in it."""
    if not look.value:
        return "NULL"
    asked, left = look.piece(ENTRY), look.piece(EXIT)
    if isinstance(asked, Unread):
        return look.missing(asked)
    nfds = ((look.row.args[0] & 0xFFFFFFFF) ^ 0x80000000) - 0x80000000
    before = _set_text(asked, nfds)
    if isinstance(left, Unread) or look.result < 0:
        return before
    return f"{before} => {_set_text(left, nfds)}"


def _set_text(data: bytes, nfds: int) -> str:
    found = members(data, nfds)
    return "[" + " ".join(map(str, found[:MOST_SHOWN])) + (" ..." if len(found) > MOST_SHOWN else "") + "]"


def pollfds(look: Look) -> str:
    """[{fd=3, events=POLLIN, revents=POLLIN}, ...]; revents only when some are set."""
    if not look.value:
        return "NULL"
    asked, answered = look.piece(ENTRY), look.piece(EXIT)
    data = asked if isinstance(answered, Unread) else answered
    if isinstance(data, Unread):
        return look.missing(data)
    show_answers = data is answered
    parts = []
    whole = len(data) // _POLLFD.size * _POLLFD.size
    for fd, events, revents in _POLLFD.iter_unpack(data[: min(whole, MOST_SHOWN * _POLLFD.size)]):
        text = f"{{fd={fd}, events={flags_text(events & 0xFFFF, _POLL)}"
        if show_answers and revents:
            text += f", revents={flags_text(revents, _POLL)}"
        parts.append(text + "}")
    more = ", ..." if whole > MOST_SHOWN * _POLLFD.size else ""
    return f"[{', '.join(parts)}{more}]"


_PACKED, _ALIGNED = Struct("<IQ"), Struct("<IxxxxQ")


def _layout(look: Look) -> Struct:
    """struct epoll_event is packed on x86 only (linux/eventpoll.h)."""
    return _ALIGNED if look.row.abi == Abi.AARCH64 else _PACKED


def epoll_events(look: Look) -> str:
    """What became ready: [{events=EPOLLIN, data=0x3}]."""
    if not look.value:
        return "NULL"
    layout = _layout(look)
    data = look.piece(EXIT)
    if isinstance(data, Unread):
        return "[]" if look.result == 0 else look.missing(data)
    whole = len(data) // layout.size
    shown = data[: min(whole, MOST_SHOWN) * layout.size]
    epfd = look.sibling("epfd") & 0xFFFFFFFF
    parts = [_event_text(events, data, look.watched(epfd, data)) for events, data in layout.iter_unpack(shown)]
    return "[" + ", ".join(parts) + (", ..." if whole > MOST_SHOWN else "") + "]"


def epoll_event(look: Look) -> str:
    """What is to be watched; ignored (and not read) when a descriptor is taken off the list."""
    if not look.value:
        return "NULL"
    data = look.piece(ENTRY)
    layout = _layout(look)
    if isinstance(data, Unread) or len(data) < layout.size:
        return look.missing(data) if isinstance(data, Unread) else look.missing(Unread("cut off"))
    return _event_text(*layout.unpack_from(data))


def _event_text(events: int, data: int, fd: int | None = None) -> str:
    """`fd`: the descriptor that `data` was given for, shown unless `data` is that number."""
    known = "" if fd is None or fd == data else f" (fd {fd})"
    return f"{{events={flags_text(events, _EPOLL)}, data={data:#x}{known}}}"


READINESS: Final[dict[str, Reader]] = {
    "fdset": fdset,
    "pollfds": pollfds,
    "epoll_events": epoll_events,
    "epoll_event": epoll_event,
}
