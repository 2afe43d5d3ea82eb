"""What a thread transferred on the descriptors it was told are ready, until it waited again."""

from __future__ import annotations

import errno
from collections import defaultdict
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tracer.account.times import column
from tracer.analyze.calls import CallCodes
from tracer.analyze.ready import EPOLLS
from tracer.analyze.row_places import RowPlaces
from tracer.analyze.transferring import TRANSFERS
from tracer.analyze.waiting_sets.waiting_sets import Brought
from tracer.wire import Kind

Ints = NDArray[np.int64]

MOST: Final = 4_000
"""Calls looked at after one return; more are left out, and it is said."""
_SENDS: Final = frozenset(
    {"write", "writev", "pwrite64", "pwritev", "pwritev2", "send", "sendto", "sendmsg", "vmsplice"}
)
_ACCEPTS: Final = frozenset({"accept", "accept4"})
_COUNTLESS: Final = (
    frozenset({"connect", "getsockopt", "recvmmsg", "recvmmsg_time64", "sendmmsg"}) | _ACCEPTS | EPOLLS
)
"""Calls whose result is not a number of bytes."""
_MOVES: Final = {"sendfile": (True, False), "sendfile64": (True, False), "tee": (False, True),
                 "splice": (False, True), "copy_file_range": (False, True)}  # fmt: skip
"""Calls with two descriptors: for each of them, in the order of `TRANSFERS`, whether it is written to."""
_SOL_SOCKET, _SO_ERROR = 1, 4


class Doings:
    """Counts for one descriptor."""

    def __init__(self) -> None:
        self.received = self.sent = self.transfers = self.accepted = self.again = self.failed = 0
        self.ended = False

    def add(self, name: str, result: int, *, sends: bool) -> None:
        """One call and its result."""
        if result < 0:
            self.again += result == -errno.EAGAIN
            self.failed += result != -errno.EAGAIN
            return
        self.transfers += 1
        self.accepted += name in _ACCEPTS
        if name in _COUNTLESS:
            return
        self.sent += result if sends else 0
        self.received += 0 if sends else result
        self.ended |= not sends and result == 0

    def brought(self, fd: int) -> Brought:
        """As a frozen result."""
        return Brought(
            fd, self.received, self.sent, self.transfers, self.accepted, self.ended, self.again, self.failed
        )


def brought_by(
    places: RowPlaces, codes: CallCodes, thread: int, after: int, until: int, fds: list[int]
) -> tuple[tuple[Brought, ...], bool]:
    """What thread `thread` did on each of `fds` in the lines after `after` and up to `until`; and whether there
    were too many calls to look at all."""
    names = [fact.name for fact in codes.facts]
    rows, calls = _calls(places, names, thread, after, until)
    doings: defaultdict[int, Doings] = defaultdict(Doings)
    for batch, offsets, here in places.grouped(rows[:MOST]):
        args = batch.column("args")
        registers = args.values.to_numpy().reshape(-1, 6)[args.offset :][offsets].view(np.int64)
        results = column(batch, "result")[offsets]
        for code, given, result in zip(calls[here].tolist(), registers.tolist(), results.tolist(), strict=True):
            name = names[code]
            if _concerns(name, given, result):
                for argument, sends in _uses(name):
                    doings[given[argument] & 0xFFFFFFFF].add(name, result, sends=sends)
    return tuple([doings[fd].brought(fd) for fd in fds]), len(rows) > MOST


def _concerns(name: str, given: list[int], result: int) -> bool:
    """getsockopt transfers when it takes the outcome of connect, epoll_wait when it hands out events."""
    if name == "getsockopt":
        return (given[1] & 0xFFFFFFFF, given[2] & 0xFFFFFFFF) == (_SOL_SOCKET, _SO_ERROR)
    return name not in EPOLLS or result > 0


def _uses(name: str) -> tuple[tuple[int, bool], ...]:
    """The arguments that are descriptors, and whether each is written to."""
    places = TRANSFERS.get(name, (0,))
    return tuple(zip(places, _MOVES.get(name, (name in _SENDS,)), strict=False))


def _calls(places: RowPlaces, names: list[str], thread: int, after: int, until: int) -> tuple[Ints, Ints]:
    """Rows and codes of the thread's calls that may transfer, a few more than MOST at most.

    The call in `until`, where it waited again, counts too when it is an epoll that was watched itself."""
    wanted = np.array([name in TRANSFERS or name == "getsockopt" or name in EPOLLS for name in names])
    found = [np.zeros((2, 0), np.int64)]
    count = 0
    for chunk in places.lines.chunks(after + 1, until + 1):
        here = np.flatnonzero((chunk.thread == thread) & (chunk.kind == Kind.CALL))
        here = here[wanted[chunk.code[here]]]
        found.append(np.stack((chunk.row[here].astype(np.int64), chunk.code[here].astype(np.int64))))
        count += len(here)
        if count > MOST:
            break
    rows, codes = np.concatenate(found, axis=1)
    return rows, codes
