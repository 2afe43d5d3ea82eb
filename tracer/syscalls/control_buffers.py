"""The layout of control messages: headers one after the other, each with its data (cmsg(3), struct cmsghdr)."""

from __future__ import annotations

from collections.abc import Iterator
from struct import iter_unpack

from tracer.syscalls.layouts import X86_64, Model, layout

_SOL_SOCKET, _SCM_RIGHTS = 1, 1

Message = tuple[int, int, int, bytes]
"""cmsg_len, level, type, and the data, as much of it as is there."""


def control_messages(buffer: bytes, model: Model = X86_64) -> Iterator[Message]:
    """The messages of a control buffer, up to the first that cannot be one."""
    header = layout("cmsghdr", model)
    offset = 0
    while offset + header.size <= len(buffer):
        length, level, kind = header.packed.unpack_from(buffer, offset)
        if length < header.size:
            return
        yield length, level, kind, buffer[offset + header.size : offset + length]
        offset += -(-length // model.word) * model.word


def passed_descriptors(buffer: bytes, model: Model = X86_64) -> tuple[int, ...]:
    """The descriptors in a control buffer (SCM_RIGHTS, unix(7)), in order."""
    if len(buffer) < 12:
        return ()
    return tuple(
        fd
        for _, level, kind, body in control_messages(buffer, model)
        if (level, kind) == (_SOL_SOCKET, _SCM_RIGHTS)
        for (fd,) in iter_unpack("<i", body[: len(body) // 4 * 4])
    )
