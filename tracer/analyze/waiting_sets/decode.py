"""The set a waiting call was given and what came back, from its row."""

from __future__ import annotations

from struct import Struct
from typing import Final

from tracer.analyze.waiting_sets.waiting_sets import Array, Bits, Polled, Told
from tracer.decode.readiness import members
from tracer.recording.captured import Row
from tracer.wire import Abi, Reason, When

_POLLFD: Final = Struct("<ihH")
_PACKED: Final = Struct("<IQ")
_ALIGNED: Final = Struct("<IxxxxQ")
_WORD: Final = 64


def bits_of(row: Row) -> Bits:
    """select's three sets. A set stays as it was when the call failed (select(2)): then nothing is ready."""
    nfds = _int(row.args[0])
    asked, ready, reasons = [], [], []
    for argument in (1, 2, 3):
        before, reason = _piece(row, argument, When.ENTRY)
        after, _ = _piece(row, argument, When.EXIT)
        asked.append(None if before is None else frozenset(members(before, nfds)))
        ready.append(None if after is None or row.result < 0 else frozenset(members(after, nfds)))
        reasons.append(reason if row.args[argument] else "")
    each = (max(nfds, 0) + _WORD - 1) // _WORD * (_WORD // 8)
    unread = next(filter(None, reasons), "")
    return Bits(nfds, (asked[0], asked[1], asked[2]), (ready[0], ready[1], ready[2]), each, unread)


def array_of(row: Row) -> Array:
    """poll's array as it was handed over, with the revents that were written back."""
    before, reason = _piece(row, 0, When.ENTRY)
    after, _ = _piece(row, 0, When.EXIT)
    if before is None:
        return Array((), reason)
    asked = _POLLFD.iter_unpack(before[: len(before) // _POLLFD.size * _POLLFD.size])
    if after is None or len(after) < len(before):
        return Array(tuple(Polled(fd, events & 0xFFFF, -1) for fd, events, _ in asked), reason)
    answered = _POLLFD.iter_unpack(after[: len(before) // _POLLFD.size * _POLLFD.size])
    return Array(
        tuple(
            Polled(fd, events & 0xFFFF, revents)
            for (fd, events, _), (_, _, revents) in zip(asked, answered, strict=True)
        )
    )


def events_of(row: Row) -> tuple[list[tuple[int, int]], str]:
    """(events, data) of the epoll_events handed out, and why they are not known."""
    if row.result <= 0:
        return [], ""
    data, reason = _piece(row, 1, When.EXIT)
    layout = _ALIGNED if row.abi == Abi.AARCH64 else _PACKED
    if data is None:
        return [], reason
    return list(layout.iter_unpack(data[: len(data) // layout.size * layout.size])), ""


def told_of(events: list[tuple[int, int]], fds: list[int | None]) -> tuple[Told, ...]:
    """The events with the descriptors they are about."""
    fds = fds if len(fds) == len(events) else [None] * len(events)
    return tuple(Told(fd, each, data) for fd, (each, data) in zip(fds, events, strict=True))


def _piece(row: Row, argument: int, when: When) -> tuple[bytes | None, str]:
    """What was captured of an argument, or why it was not."""
    for piece in row.pieces:
        if piece.arg == argument and piece.when == when:
            return (piece.data, "") if not piece.reason else (None, _why(piece.reason))
    return None, "it was not captured"


def _why(reason: int) -> str:
    if reason == Reason.REDACTED:
        return "it was redacted"
    return "it was not captured" if reason == Reason.NOT_CAPTURED else "its memory could not be read"


def _int(register: int) -> int:
    return (register & 0xFFFFFFFF ^ 0x80000000) - 0x80000000
