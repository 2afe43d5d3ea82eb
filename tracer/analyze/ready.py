"""Which descriptors a waiting call reported as ready, read from the memory it wrote.

select leaves the ready bits in its sets, poll answers in each pollfd, epoll_wait hands out epoll_events whose
64 bits of data are the program's own (its pointer, mostly) and are looked up in what it registered; a signal
taken with rt_sigtimedwait may carry the descriptor it is about (fcntl(2), F_SETSIG).

Structures are little-endian, as on every machine whose calls are declared. All functions work on many rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tracer.analyze.memory import Memory, Pieces
from tracer.syscalls.structures import POLLFD
from tracer.wire import When

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]

SELECTS: Final = frozenset({"select", "_newselect", "pselect6", "pselect6_time64"})
POLLS: Final = frozenset({"poll", "ppoll", "ppoll_time64"})
EPOLLS: Final = frozenset({"epoll_wait", "epoll_pwait", "epoll_pwait2"})
SIGNALS: Final = frozenset({"rt_sigtimedwait", "rt_sigtimedwait_time64"})

PACKED: Final = 12
"""struct epoll_event on x86 (`EPOLL_PACKED`, uapi/linux/eventpoll.h): events, data without a gap."""
ALIGNED: Final = 16
"""On other machines 4 bytes of padding come before data."""
_SIGIO: Final = 29
_FIRST_REAL_TIME: Final = 32
_LAST_POLL_CODE: Final = 6
"""si_code of a signal about a descriptor: POLL_IN (1) ... POLL_HUP (6), sigaction(2)."""
_SI_FD: Final = 24


@dataclass(frozen=True, slots=True)
class Ready:
    """Pairs: `fd` was reported as ready by the call of `row`. `complete`: rows of which every one is listed."""

    row: Ints
    fd: Ints
    complete: Ints


@dataclass(frozen=True, slots=True)
class Events:
    """The epoll_events handed out: `data` by the call of `row`; `complete` as in `Ready`."""

    row: Ints
    data: NDArray[np.uint64]
    complete: Ints


NO_EVENTS: Final = Events(np.zeros(0, np.int64), np.zeros(0, np.uint64), np.zeros(0, np.int64))


def by_select(memory: Memory, wanted: Mask, counts: Ints) -> Ready:
    """The bits left in the three sets (arguments 1 to 3)."""
    sets = memory.pieces(wanted, (1, 2, 3), When.EXIT)
    piece, place, at = _elements(sets.start, sets.size)
    octet = sets.content[at]
    lit = np.flatnonzero(octet)
    which, bit = np.nonzero(np.unpackbits(octet[lit][:, None], axis=1, bitorder="little"))
    return _complete(sets.row[piece[lit[which]]], place[lit[which]] * 8 + bit, counts)


def by_poll(memory: Memory, wanted: Mask, counts: Ints) -> Ready:
    """The pollfds (argument 0: int fd, short events, short revents) whose revents is not 0."""
    arrays = memory.pieces(wanted, (0,), When.EXIT)
    piece, _, at = _elements(arrays.start, arrays.size // POLLFD, POLLFD)
    answered = np.flatnonzero(arrays.content[at + 6] | arrays.content[at + 7])
    fds = _integers(arrays.content, at[answered])
    return _complete(arrays.row[piece[answered]], fds, counts)


def by_epoll(memory: Memory, wanted: Mask, counts: Ints) -> Events:
    """The data of the events (argument 1), as many as the call returned."""
    return events_in(memory.pieces(wanted, (1,), When.EXIT), counts)


def events_in(arrays: Pieces, counts: Ints) -> Events:
    """The data of the epoll_events in `arrays`; row r has counts[r] of them."""
    size = arrays.size // np.maximum(counts[arrays.row], 1)
    whole = np.flatnonzero((size == PACKED) | (size == ALIGNED))
    row, size = arrays.row[whole], size[whole]
    piece, place, _ = _elements(arrays.start[whole], counts[row])
    at = arrays.start[whole][piece] + place * size[piece] + size[piece] - 8
    return Events(row[piece], _words(arrays.content, at), np.unique(row))


def by_signal(memory: Memory, wanted: Mask) -> Ready:
    """The descriptor in the siginfo (argument 1), for signals that are about one."""
    infos = memory.pieces(wanted, (1,), When.EXIT)
    start = infos.start[infos.size >= _SI_FD + 4]
    row = infos.row[infos.size >= _SI_FD + 4]
    signal, code, fd = (_integers(infos.content, start + at) for at in (0, 8, _SI_FD))
    about = ((signal == _SIGIO) | (signal >= _FIRST_REAL_TIME)) & (code >= 1) & (code <= _LAST_POLL_CODE)
    return Ready(row[about], fd[about], row[about])


def _elements(start: Ints, counts: Ints, stride: int = 1) -> tuple[Ints, Ints, Ints]:
    """For arrays of counts[i] elements that begin at start[i]: array, index and position of every element."""
    array = np.repeat(np.arange(len(counts)), counts)
    index = np.arange(len(array)) - np.repeat(np.cumsum(counts) - counts, counts)
    return array, index, start[array] + index * stride


def _complete(row: Ints, fd: Ints, counts: Ints) -> Ready:
    """Pairs of which a row is complete when there are as many as its call returned."""
    found = np.bincount(row, minlength=len(counts))
    return Ready(row, fd, np.flatnonzero((found == counts) & (found > 0)))


def _integers(content: NDArray[np.uint8], at: Ints) -> Ints:
    """The 32-bit integers at positions `at`, which need not be aligned."""
    return np.ascontiguousarray(content[at[:, None] + np.arange(4)]).view("<i4").reshape(-1).astype(np.int64)


def _words(content: NDArray[np.uint8], at: Ints) -> NDArray[np.uint64]:
    """The same for unsigned 64-bit ones."""
    words: NDArray[np.uint64] = np.ascontiguousarray(content[at[:, None] + np.arange(8)]).view("<u8").reshape(-1)
    return words
