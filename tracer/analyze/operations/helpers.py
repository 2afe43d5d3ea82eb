"""Which threads are helpers of the C library's POSIX AIO, and what is known of each.

Linux has no POSIX AIO: glibc plays it with threads of its own (rt/aio_misc.c), and nothing in a trace says so. But
they are unlike the threads a program starts: they are born with (nearly) every signal blocked and with the least
stack that a thread can have, or another helper started them; and the first thing they do with a descriptor is a
pread64, pwrite64, fsync or fdatasync, also where a pipe or socket refuses that with ESPIPE and they go on with a
plain read or write.
"""

from __future__ import annotations

import errno
from dataclasses import dataclass
from typing import Final

from tracer.analyze.operations.rows import Event
from tracer.wire import When

CLONES: Final = frozenset({"clone", "clone3"})
POSITIONED: Final = {
    "pread64": "aio_read",
    "pwrite64": "aio_write",
    "fsync": "aio_fsync",
    "fdatasync": "aio_fsync",
}
"""What a helper calls first, and the request that makes it."""
PLAIN: Final = {"read": "aio_read", "write": "aio_write"}
"""What it calls when that was refused."""
ESPIPE: Final = -errno.ESPIPE

_LARGEST_STACK: Final = 1 << 20
"""glibc asks for the least there may be, 28 KiB and the program's thread-local variables; others get 8 MiB."""
_STACK_SIZE: Final = slice(48, 56)
"""In struct clone_args (clone3(2))."""
_SET_MASK: Final = 2
_MOST_SIGNALS: Final = 56
"""Of 64: all but KILL, STOP and the library's own may be blocked."""


@dataclass(slots=True)
class Born:
    """The call that started a thread."""

    tid: int
    """The thread that made it."""
    at_ns: int
    caller_ns: int
    stack: int | None
    """Bytes; None: the call does not say."""


@dataclass(slots=True, eq=False)
class Helper:
    """A thread that is, or may yet turn out to be, a helper."""

    pid: int
    tid: int
    parent: int
    """The thread that started it, 0 = unknown; for sure once its clone is known."""
    born_ns: int
    by_helper: bool = False
    """A helper started it: to help as well, or to run the program's callback, which lets signals in first."""
    born: Born | None = None
    masked: bool = False
    sure: bool = False
    begun: int = 0
    """Requests it has worked on."""
    refused: Event | None = None
    """The positioned call that was just refused with ESPIPE."""

    @property
    def rejected(self) -> bool:
        """Its stack is that of an ordinary thread, and no helper started it."""
        stack = self.born.stack if self.born is not None else None
        return stack is not None and stack >= _LARGEST_STACK and not self.by_helper


def born_by(event: Event) -> Born:
    """What a clone says of the thread it started."""
    arguments = event.memory(0, When.ENTRY) if event.name == "clone3" else b""
    size = int.from_bytes(arguments[_STACK_SIZE], "little") if len(arguments) >= _STACK_SIZE.stop else None
    return Born(event.tid, event.at_ns, event.kernel_ns, size)


def blocks_all(event: Event) -> bool | None:
    """Whether an rt_sigprocmask leaves (nearly) every signal blocked; None: it sets no mask, or none is known."""
    mask = event.memory(1, When.ENTRY)
    if event.args[0] & 0xFFFFFFFF != _SET_MASK or len(mask) < 8:
        return None
    return int.from_bytes(mask[:8], "little").bit_count() >= _MOST_SIGNALS


def request_name(helper: Helper, event: Event) -> str | None:
    """The request this call of a helper carries out; None: it carries out none, or only tried to."""
    if event.result == ESPIPE and event.name in POSITIONED:
        return None
    if event.name in POSITIONED:
        return POSITIONED[event.name]
    tried = helper.refused
    same = tried is not None and tried.args[:3] == event.args[:3]
    return PLAIN.get(event.name) if same else None
