"""Calls that transfer something on a descriptor, and on which.

A transfer worked: data was read (end of file counts: it is what was announced), written or passed on, a
connection was accepted, or the outcome of connect was taken. epoll_wait transfers too when it hands out events
of an epoll descriptor that is itself watched.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from tracer.analyze.columns import Columns
from tracer.analyze.ready import EPOLLS

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]

TRANSFERS: Final[dict[str, tuple[int, ...]]] = {
    **dict.fromkeys(
        (
            "read", "readv", "pread64", "preadv", "preadv2", "recv", "recvfrom", "recvmsg", "recvmmsg",
            "recvmmsg_time64", "write", "writev", "pwrite64", "pwritev", "pwritev2", "send", "sendto", "sendmsg",
            "sendmmsg", "accept", "accept4", "connect", "vmsplice",
        ),
        (0,),
    ),
    **dict.fromkeys(("sendfile", "sendfile64", "tee"), (0, 1)),
    **dict.fromkeys(("splice", "copy_file_range"), (0, 2)),
}  # fmt: skip
"""Calls that transfer, and which of their arguments are the descriptors."""
_SOL_SOCKET, _SO_ERROR = 1, 4


def transfers(columns: Columns, names: NDArray[np.str_]) -> tuple[Ints, Ints]:
    """Rows that transferred, each with its descriptor; a row with two descriptors comes twice."""
    worked = columns.returned & (columns.result >= 0)
    found: list[tuple[Ints, int]] = []
    for arguments in ((0,), (0, 1), (0, 2)):
        moving = np.isin(names, [name for name, at in TRANSFERS.items() if at == arguments])
        rows = np.flatnonzero(worked & moving[columns.code])
        found += [(rows, argument) for argument in arguments]
    inner = columns.wakeup & np.isin(names, list(EPOLLS))[columns.code]
    found += [(np.flatnonzero(inner), 0), (np.flatnonzero(worked & _takes_outcome(columns, names)), 0)]
    fds = [columns.args[rows, argument].astype(np.uint32).view(np.int32) for rows, argument in found]
    return np.concatenate([rows for rows, _ in found]), np.concatenate(fds).astype(np.int64)


def _takes_outcome(columns: Columns, names: NDArray[np.str_]) -> Mask:
    """getsockopt(SO_ERROR): how a program learns what became of a connect (connect(2), EINPROGRESS)."""
    asks: Mask = np.isin(names, ["getsockopt"])[columns.code]
    option: Mask = (columns.args[:, 1] == _SOL_SOCKET) & (columns.args[:, 2] == _SO_ERROR)
    return asks & option
