"""sendmsg, recvmsg and their many-message forms: a header leads to name, iovecs, control messages and data.

Offsets in struct msghdr (64-bit): name 0, namelen 8, iov 16, iovlen 24, control 32, controllen 40, flags 48.
recvmsg writes back only name, namelen, flags, controllen and the control messages; the pointers and the iovecs
stay as they were (`____sys_recvmsg`, net/socket.c). Header and iovecs are copied in even when it then gives EAGAIN.
"""

from __future__ import annotations

from typing import Final

from tracer.syscalls.arguments import fd, flags, iovecs, segments, value
from tracer.syscalls.expression import (
    ENTRY,
    EXIT,
    NEVER,
    POSITIVE,
    SUCCEEDED,
    Expr,
    arg,
    both,
    least,
    load,
    negate,
    plus,
    unless,
)
from tracer.syscalls.model import (
    CMSGS,
    CONTROL,
    IN,
    OUT,
    RECEIVED,
    SENT,
    Arg,
    Syscall,
    call,
    memory,
)
from tracer.syscalls.sockets import DISCARDED, PINNED
from tracer.syscalls.structures import MSGHDR, SOCKADDR_STORAGE, TIMESPEC

_HEADER: Final = arg("msg")
_LOOKED_UP: Final = unless("EBADF", "ENOTSOCK")


def _was(offset: int, width: int = 8) -> Expr:
    return load(ENTRY, "msg", _HEADER, offset, width)


def _became(offset: int, width: int = 8) -> Expr:
    return load(EXIT, "msg", _HEADER, offset, width)


_NAME, _NAMELEN = _was(0), _was(8, 4)
_IOV, _IOVLEN = _was(16), _was(24)
_CONTROL, _CONTROLLEN = _was(32), _was(40)


def _sent() -> Arg:
    header = memory(IN, CONTROL, MSGHDR, on=_LOOKED_UP, what="msghdr")
    name = memory(IN, CONTROL, least(_NAMELEN, SOCKADDR_STORAGE), at=_NAME, on=_LOOKED_UP, what="sockaddr")
    control = memory(IN, CONTROL, _CONTROLLEN, at=_CONTROL, on=_LOOKED_UP, what="control")
    data = segments(_IOV, _IOVLEN, IN, on=both(POSITIVE, negate(PINNED)))
    return Arg("msg", "msghdr:in", (header, name, iovecs(_IOV, _IOVLEN, _LOOKED_UP), control, data))


def _part(offset: int, size: int, what: str, given: Expr | None = None) -> tuple[int, Expr, Expr, str]:
    return size, plus(_HEADER, offset), given or SUCCEEDED, what


def _received() -> Arg:
    header = memory(IN, CONTROL, MSGHDR, on=_LOOKED_UP, what="msghdr")
    after = memory(OUT, CONTROL, MSGHDR, on=SUCCEEDED, counted=False)
    named = both(SUCCEEDED, negate(negate(_NAME)))
    data = segments(_IOV, _IOVLEN, OUT, on=both(POSITIVE, negate(DISCARDED)))
    room = memory(IN, CONTROL, 4, at=plus(_HEADER, 8), on=named, capture=NEVER, what="msg_namelen")
    name = memory(OUT, CONTROL, least(_NAMELEN, _became(8, 4)), at=_NAME, on=SUCCEEDED, what="sockaddr")
    written = tuple(
        memory(OUT, CONTROL, size, at=at, on=on, capture=NEVER, what=what)
        for size, at, on, what in (
            _part(8, 4, "msg_namelen", named),
            _part(48, 4, "msg_flags"),
            _part(40, 8, "msg_controllen"),
        )
    )
    control = memory(OUT, CONTROL, _became(40), at=_CONTROL, on=SUCCEEDED, shape=CMSGS, what="control")
    copies = (header, iovecs(_IOV, _IOVLEN, _LOOKED_UP), after, data, room, name, *written, control)
    return Arg("msg", "msghdr:out", copies)


def _many(shape: str) -> Arg:
    """An array of mmsghdr; its transfers are worked out message by message."""
    before = memory(IN, CONTROL, 0, shape=shape, entries=arg("vlen"), on=_LOOKED_UP, what="mmsghdr")
    after = memory(OUT, CONTROL, 0, shape=shape, entries=arg("vlen"), counted=False)
    return Arg("msgvec", f"mmsghdr:{'in' if shape == SENT else 'out'}", (before, after))


_FLAGS: Final = flags("flags", "msg")


def _remaining() -> Arg:
    return Arg("timeout", "timespec", (
        memory(IN, CONTROL, TIMESPEC, what="timespec"),
        memory(OUT, CONTROL, TIMESPEC, on=POSITIVE, what="timespec"),
    ))  # fmt: skip


CALLS: Final[tuple[Syscall, ...]] = (
    call("sendmsg", fd(), _sent(), _FLAGS, returns="size"),
    call("recvmsg", fd(), _received(), _FLAGS, returns="size"),
    call("sendmmsg", fd(), _many(SENT), value("vlen", "uint"), _FLAGS),
    call("recvmmsg", fd(), _many(RECEIVED), value("vlen", "uint"), _FLAGS, _remaining()),
)
