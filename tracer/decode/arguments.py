"""How an argument reads: the `reads` of its declaration, to the function that makes its text."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Final

from tracer.decode.buffers import BUFFERS, iovec
from tracer.decode.commands import COMMANDS
from tracer.decode.fields import fields
from tracer.decode.file_structures import FILE_STRUCTURES
from tracer.decode.iocbs import IOCB_READERS
from tracer.decode.ioctls import IOCTL_READERS
from tracer.decode.ipc import IPC
from tracer.decode.look import Reader
from tracer.decode.network import NETWORK, message, messages
from tracer.decode.readiness import READINESS
from tracer.decode.ring_entries import RING_READERS
from tracer.decode.scalars import SCALARS, constants, flag_words
from tracer.decode.signals import SIGNAL_READERS
from tracer.decode.structures import STRUCTURES
from tracer.decode.system import SYSTEM
from tracer.decode.times import TIMES
from tracer.decode.uring import URING_READERS
from tracer.decode.uring_register import URING_REGISTER_READERS

_PLAIN: Final[dict[str, Reader]] = {
    **SCALARS, **BUFFERS, **READINESS, **NETWORK, **TIMES, **SIGNAL_READERS, **STRUCTURES, **FILE_STRUCTURES,
    **COMMANDS, **IPC, **IOCTL_READERS, **RING_READERS, **SYSTEM, **IOCB_READERS,
    **URING_READERS, **URING_REGISTER_READERS,
}  # fmt: skip
_FAMILIES: Final[dict[str, Callable[[str], Reader]]] = {
    "flags": flag_words, "const": constants, "iovec": iovec, "msghdr": message, "mmsghdr": messages,
    "struct": fields,
}  # fmt: skip


@cache
def reader(reads: str) -> Reader:
    """The decoder for `reads` ("fd", "flags:open", ...). Raises KeyError for one that does not exist."""
    family, colon, name = reads.partition(":")
    return _FAMILIES[family](name) if colon else _PLAIN[reads]
