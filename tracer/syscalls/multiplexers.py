"""Calls of i386 that stand for others: socketcall, ipc, and the old select and mmap, whose arguments are in memory.

Capture records them as the call they stand for, with that call's arguments (`tracer.capture.unfold`), so that all
who read a recording meet `connect(3, ...)` and not `socketcall(3, 0xffe01234)`. The number still tells how it came:
its low half is the number of the multiplexer, its high half the operation. What the multiplexer itself copies, the
block of arguments, is kept as a piece of its own and counted with the call.

Sources: SYSCALL_DEFINE2(socketcall) and its compat twin (net/socket.c, net/compat.c), `compat_ksys_ipc`
(ipc/syscall.c), `compat_sys_old_select` (fs/select.c), `ia32_mmap` (arch/x86/kernel/sys_ia32.c).
"""

from __future__ import annotations

from typing import Final, NamedTuple

SELECT, MMAP_BLOCK, SOCKETCALL, IPC = 82, 90, 102, 117
"""Numbers of the multiplexers in the table of i386."""
_SHIFT: Final = 16


class Stand(NamedTuple):
    """What one operation stands for."""

    name: str
    words: int
    """32-bit words of arguments in the block; 0 = none is read."""


_SOCKETS: Final = (
    Stand("socket", 3), Stand("bind", 3), Stand("connect", 3), Stand("listen", 2), Stand("accept", 3),
    Stand("getsockname", 3), Stand("getpeername", 3), Stand("socketpair", 4), Stand("send", 4), Stand("recv", 4),
    Stand("sendto", 6), Stand("recvfrom", 6), Stand("shutdown", 2), Stand("setsockopt", 5), Stand("getsockopt", 5),
    Stand("sendmsg", 3), Stand("recvmsg", 3), Stand("accept4", 4), Stand("recvmmsg", 5), Stand("sendmmsg", 4),
)  # fmt: skip
"""By operation from SYS_SOCKET = 1 on (linux/net.h)."""
SOCKETS: Final = dict(enumerate(_SOCKETS, start=1))

IPCS: Final[dict[int, tuple[Stand, tuple[int, ...]]]] = {
    1: (Stand("semop", 0), (0, 3, 1)), 2: (Stand("semget", 0), (0, 1, 2)), 3: (Stand("semctl", 1), (0, 1, 2)),
    4: (Stand("semtimedop", 0), (0, 3, 1, 4)), 11: (Stand("msgsnd", 0), (0, 3, 1, 2)),
    12: (Stand("msgrcv", 2), (0, 3, 1, 4, 2)), 13: (Stand("msgget", 0), (0, 1)),
    14: (Stand("msgctl", 0), (0, 1, 3)),
    21: (Stand("shmat", 0), (0, 3, 1, 2)), 22: (Stand("shmdt", 0), (3,)), 23: (Stand("shmget", 0), (0, 1, 2)),
    24: (Stand("shmctl", 0), (0, 1, 3)),
}  # fmt: skip
"""Operations of ipc (linux/ipc.h), and which of its arguments after the first (first, second, third, ptr, fifth)
are those of the call. semctl reads its last argument from `ptr`; msgrcv in its old form has pointer and type
there."""


def number(multiplexer: int, operation: int) -> int:
    """The number a multiplexed call is recorded under."""
    return operation << _SHIFT | multiplexer


def stands_for(nr: int) -> str | None:
    """The name of the call that a multiplexer's number stands for, None for any other number."""
    operation, multiplexer = nr >> _SHIFT, nr & 0xFFFF
    if operation <= 0:
        return None
    if multiplexer == SOCKETCALL and operation in SOCKETS:
        return SOCKETS[operation].name
    if multiplexer == IPC and operation in IPCS:
        return IPCS[operation][0].name
    return {SELECT: "select", MMAP_BLOCK: "mmap"}.get(multiplexer) if operation == 1 else None
