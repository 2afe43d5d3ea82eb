"""The part every row can play in the story of a message, decided for a whole batch at once."""

from __future__ import annotations

import errno
from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tracer.analyze.calls import CallCodes
from tracer.analyze.columns import Columns
from tracer.wire import Kind

Roles = NDArray[np.int8]


class Role(IntEnum):
    """What a row is to a message."""

    NONE = 0
    """No call that returned."""
    OTHER = 1
    WAIT = 2
    """A call that waits for readiness, completion or a signal came back with something."""
    TRY = 3
    """A transfer that found nothing: EAGAIN."""
    SLEEP = 4
    """A sleep of a chosen length."""
    SIGNAL = 5
    ARRIVE = 6
    """A transfer into the program, or into a pipe on its way."""
    DEPART = 7
    """A transfer out of the program, or past it."""
    MARK = 8
    """The program marked a moment: what comes after is another matter."""


INTERRUPTED: Final = frozenset({"rt_sigsuspend", "pause"})
"""Waits for a signal; they never return anything but an interruption (sigsuspend(2), pause(2))."""
SLEEPS: Final = frozenset({"nanosleep", "clock_nanosleep", "clock_nanosleep_time64"})
PASSING: Final = frozenset({"sendfile", "sendfile64", "copy_file_range", "tee"})
"""Calls that move payload behind the boundary; their result is how much."""
ARRIVING: Final = frozenset(
    {"read", "readv", "pread64", "preadv", "preadv2", "recv", "recvfrom", "recvmsg", "recvmmsg", "recvmmsg_time64"}
)
DEPARTING: Final = frozenset({"write", "writev", "pwrite64", "pwritev", "pwritev2", "send", "sendto", "sendmsg"})
_PART_WAYS: Final = ("splice",)
_ENDS: Final = (-errno.EINTR, -512, -513, -514, -516)


def roles_of(columns: Columns, codes: CallCodes) -> Roles:
    """The role of every row. Of two consecutive splices in one thread the second departs when it takes up
    where the first left off: see `figure_messages`, which knows the order."""
    names = np.array([fact.name for fact in codes.facts])
    worked = columns.returned & (columns.result > 0)

    def among(some: frozenset[str] | tuple[str, ...]) -> NDArray[np.bool_]:
        listed: NDArray[np.bool_] = np.isin(names, list(some))[columns.code]
        return listed

    roles = np.zeros(len(columns.kind), dtype=np.int8)
    roles[columns.returned] = Role.OTHER
    waits = columns.wakeup | (columns.returned & among(INTERRUPTED) & np.isin(columns.result, _ENDS))
    slept = columns.returned & (among(SLEEPS) | ((columns.result == 0) & _waits(columns, codes)))
    roles[slept & (columns.times.blocked > 0)] = Role.SLEEP
    roles[waits] = Role.WAIT
    moving = among(ARRIVING | DEPARTING | PASSING) | among(_PART_WAYS)
    roles[columns.returned & moving & (columns.result == -errno.EAGAIN)] = Role.TRY
    roles[worked & ((among(ARRIVING) & (columns.copies.payload_out > 0)) | among(_PART_WAYS))] = Role.ARRIVE
    roles[worked & ((among(DEPARTING) & (columns.copies.payload_in > 0)) | among(PASSING))] = Role.DEPART
    roles[columns.kind == Kind.SIGNAL] = Role.SIGNAL
    roles[columns.kind == Kind.MARK] = Role.MARK
    return roles


def _waits(columns: Columns, codes: CallCodes) -> NDArray[np.bool_]:
    return codes.waits(columns.code)


def descriptors_of(columns: Columns, codes: CallCodes) -> NDArray[np.int64]:
    """The first argument of every row that is a descriptor, -1 where none is; of a signal about a descriptor
    (POLL_IN and its like, sigaction(2)), that descriptor."""
    argument = codes.fd(columns.code)
    value = np.take_along_axis(columns.args, np.maximum(argument, 0)[:, None], axis=1)[:, 0]
    found = np.where(argument >= 0, value.astype(np.uint32).view(np.int32).astype(np.int64), -1)
    for row in np.flatnonzero(columns.kind == Kind.SIGNAL).tolist():
        found[row] = _signalled(next((piece.content for piece in columns.memory.of(row)), b""))
    return found


_POLL_CODES: Final = range(1, 7)


def _signalled(info: bytes) -> int:
    """si_fd of a siginfo; si_code alone says whether it has one (offsets: include/uapi/asm-generic/siginfo.h)."""
    if len(info) < 28 or int.from_bytes(info[8:12], "little", signed=True) not in _POLL_CODES:
        return -1
    return int.from_bytes(info[24:28], "little", signed=True)
