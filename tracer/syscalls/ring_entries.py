"""io_uring's operations: their names, how a submission entry is laid out, and what memory each one copies.

Numbers and layout: linux/io_uring.h, io_uring_enter(2). What is copied: io_uring/rw.c, net.c, timeout.c,
openclose.c, fs.c, statx.c, epoll.c, futex.c. Structures an operation reads are copied when it is prepared, that
is in the call that submits it; payload and results when it is carried out.
"""

from __future__ import annotations

from struct import Struct
from typing import Final, NamedTuple

from tracer.syscalls.layouts import X86_64, layout

IOVEC: Final = layout("iovec", X86_64).size
MSGHDR: Final = layout("msghdr", X86_64).size
"""Of the 64-bit programs whose rings are read."""

_NAMES: Final = (
    "NOP READV WRITEV FSYNC READ_FIXED WRITE_FIXED POLL_ADD POLL_REMOVE SYNC_FILE_RANGE SENDMSG RECVMSG TIMEOUT "
    "TIMEOUT_REMOVE ACCEPT ASYNC_CANCEL LINK_TIMEOUT CONNECT FALLOCATE OPENAT CLOSE FILES_UPDATE STATX READ WRITE "
    "FADVISE MADVISE SEND RECV OPENAT2 EPOLL_CTL SPLICE PROVIDE_BUFFERS REMOVE_BUFFERS TEE SHUTDOWN RENAMEAT "
    "UNLINKAT MKDIRAT SYMLINKAT LINKAT MSG_RING FSETXATTR SETXATTR FGETXATTR GETXATTR SOCKET URING_CMD SEND_ZC "
    "SENDMSG_ZC READ_MULTISHOT WAITID FUTEX_WAIT FUTEX_WAKE FUTEX_WAITV FIXED_FD_INSTALL FTRUNCATE BIND LISTEN "
    "RECV_ZC EPOLL_WAIT READV_FIXED WRITEV_FIXED PIPE NOP128 URING_CMD128"
)  # fmt: skip
NAMES: Final = tuple(_NAMES.split())
"""IORING_OP_*, by number."""


def opcodes(text: str) -> frozenset[int]:
    """The numbers of the operations named in `text`."""
    return frozenset(NAMES.index(name) for name in text.split())


FILLED: Final = opcodes("READ RECV READ_MULTISHOT")
"""Copy out as many bytes of payload as they complete with."""
SENT: Final = opcodes("WRITE SEND")
"""Copy in as many."""
VECTORS_OUT: Final = opcodes("READV")
VECTORS_IN: Final = opcodes("WRITEV")
VECTORS: Final = opcodes("READV WRITEV READV_FIXED WRITEV_FIXED")
"""`addr` is an iovec array of `len` entries."""
MESSAGES: Final = opcodes("SENDMSG RECVMSG SENDMSG_ZC")
"""`addr` is a msghdr."""
MESSAGES_IN: Final = opcodes("SENDMSG")
MESSAGES_OUT: Final = opcodes("RECVMSG")
PATHS: Final = opcodes("OPENAT OPENAT2 STATX UNLINKAT MKDIRAT")
"""`addr` is a path."""
TWO_PATHS: Final = opcodes("RENAMEAT SYMLINKAT LINKAT")
"""So are `addr` and `off`."""
TIMES: Final = opcodes("TIMEOUT LINK_TIMEOUT")
ADDRESSED: Final = opcodes("CONNECT BIND")
"""`addr` is a socket address of `off` bytes."""
TO: Final = opcodes("SEND SEND_ZC")
"""`off` may be a socket address, of as many bytes as the lower half of `extra` says."""
ACCEPT, STATX, OPENAT2 = (NAMES.index(name) for name in ("ACCEPT", "STATX", "OPENAT2"))
EPOLL_CTL, EPOLL_WAIT = NAMES.index("EPOLL_CTL"), NAMES.index("EPOLL_WAIT")
PIPE, WAITID = NAMES.index("PIPE"), NAMES.index("WAITID")
TIMEOUT_REMOVE, FILES_UPDATE = NAMES.index("TIMEOUT_REMOVE"), NAMES.index("FILES_UPDATE")
FUTEX_WAIT, FUTEX_WAITV = NAMES.index("FUTEX_WAIT"), NAMES.index("FUTEX_WAITV")
FREE: Final = opcodes(
    "NOP FSYNC READ_FIXED WRITE_FIXED POLL_ADD POLL_REMOVE SYNC_FILE_RANGE ASYNC_CANCEL FALLOCATE CLOSE FADVISE "
    "MADVISE SPLICE PROVIDE_BUFFERS REMOVE_BUFFERS TEE SHUTDOWN MSG_RING SOCKET SEND_ZC FUTEX_WAKE "
    "FIXED_FD_INSTALL FTRUNCATE LISTEN RECV_ZC NOP128"
)
"""Copy nothing across the boundary when they are carried out: numbers only, pages that are passed on, or
registered buffers, which the kernel fills through its own mapping of their pages."""
KNOWN: Final = (
    FREE | FILLED | SENT | VECTORS | MESSAGES | PATHS | TWO_PATHS | TIMES | ADDRESSED
    | {ACCEPT, EPOLL_CTL, EPOLL_WAIT, PIPE, WAITID, TIMEOUT_REMOVE, FILES_UPDATE, FUTEX_WAIT, FUTEX_WAITV}
)  # fmt: skip
"""Operations whose copies are known; of the others (extended attributes, URING_CMD) they are not."""

FIXED_FILE: Final = 1 << 0
"""IOSQE_FIXED_FILE: `fd` is a place in the table of registered files."""
LINKED: Final = 1 << 2 | 1 << 3
"""IOSQE_IO_LINK, IOSQE_IO_HARDLINK: the next entry waits for this one."""
BUFFER_SELECT: Final = 1 << 5
"""IOSQE_BUFFER_SELECT: the kernel takes a buffer the program provided."""
SKIP_SUCCESS: Final = 1 << 6
"""IOSQE_CQE_SKIP_SUCCESS: no completion unless it fails."""
RECV_MULTISHOT: Final = 1 << 1
"""In `ioprio` of RECV and RECVMSG."""
MORE: Final = 1 << 1
"""In a completion's flags: a multishot operation, further completions will follow."""
NOTICE: Final = 1 << 3
"""In a completion's flags: the pages of a zero-copy send are free again; `res` counts nothing."""

SQE: Final = 64
CQE: Final = 16
COMPLETION: Final = Struct("<QiI")
"""user_data, res, flags."""
_ENTRY: Final = Struct("<BBHiQQIIQHHI")


def name_of(opcode: int) -> str:
    """READ, RECVMSG, ...; the number of an operation that is not known."""
    return NAMES[opcode] if opcode < len(NAMES) else f"op {opcode}"


class Entry(NamedTuple):
    """A submission entry; what `off`, `addr` and `extra` are depends on the operation."""

    opcode: int
    flags: int
    ioprio: int
    fd: int
    off: int
    """Also `addr2`."""
    addr: int
    len: int
    op_flags: int
    user_data: int
    buffer: int
    personality: int
    extra: int

    @property
    def name(self) -> str:
        """READ, RECVMSG, ...; the number of one that is not known."""
        return name_of(self.opcode)

    @property
    def repeats(self) -> bool:
        """Whether a RECVMSG writes its headers into provided buffers, again and again."""
        return self.opcode in MESSAGES_OUT and bool(self.ioprio & RECV_MULTISHOT)


def entry_of(data: bytes) -> Entry:
    """The submission entry that `data` begins with. Raises struct.error when it is cut off."""
    return Entry(*_ENTRY.unpack_from(data))
