"""Sets of descriptors: fd_sets, pollfds and epoll events, as asked and as answered."""

from __future__ import annotations

from struct import Struct
from typing import Final

from tracer.decode.arrays import array_text
from tracer.decode.buffers import MOST_SHOWN
from tracer.decode.constants_network import FLAGS
from tracer.decode.flags import flags_text
from tracer.decode.look import ENTRY, EXIT, Look, Reader
from tracer.decode.text import Unread
from tracer.syscalls.layouts import layout
from tracer.wire import NO_ARG

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
    if len(asked) < _copied(look, nfds):
        return look.missing(Unread("cut off"))
    before = _set_text(look, asked, nfds)
    if isinstance(left, Unread) or look.result < 0:
        return before
    return f"{before} => {_set_text(look, left, nfds)}"


def _copied(look: Look, nfds: int) -> int:
    """Bytes of each set that the kernel looks at: as many bits as the descriptor table has, in whole longs."""
    sizes = [piece.data for piece in look.row.pieces if piece.arg == NO_ARG and piece.when == ENTRY]
    most = int.from_bytes(sizes[0], "little") if sizes else 64
    word = look.model.word
    return (max(min(nfds, most), 0) + 8 * word - 1) // (8 * word) * word


def _set_text(look: Look, data: bytes, nfds: int) -> str:
    found = members(data, nfds)
    shown = " ".join(map(look.with_name, found[:MOST_SHOWN]))
    return f"[{shown}{' ...' if len(found) > MOST_SHOWN else ''}]"


def pollfds(look: Look) -> str:
    """[{fd=3, events=POLLIN, revents=POLLIN}, ...]; revents only when some are set."""
    if not look.value:
        return "NULL"
    asked, answered = look.piece(ENTRY), look.piece(EXIT)
    data = asked if isinstance(answered, Unread) else answered
    count = look.sibling("nfds") & 0xFFFFFFFF
    if not count:
        return "[]"
    if isinstance(data, Unread) or len(data) < _POLLFD.size:
        return look.missing(data if isinstance(data, Unread) else Unread("cut off"))
    show_answers = data is answered

    def write(pollfd: bytes) -> str:
        fd, events, revents = _POLLFD.unpack(pollfd)
        # What is asked of a negative descriptor is ignored (poll(2)).
        asked_for = f", events={flags_text(events & 0xFFFF, _POLL)}" if fd >= 0 else ""
        came = f", revents={flags_text(revents, _POLL)}" if show_answers and revents else ""
        return f"{{fd={look.with_name(fd)}{asked_for}{came}}}"

    return array_text(data, _POLLFD.size, count, look.value, write)


def _layout(look: Look) -> Struct:
    return layout("epoll_event", look.model).packed


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
