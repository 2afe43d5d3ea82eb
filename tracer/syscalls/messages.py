"""sendmsg, recvmsg and their many-message forms: a header leads to name, iovecs, control messages and data.

The header is copied whole, for 32-bit programs too (`copy_msghdr_from_user`, net/socket.c; `get_compat_msghdr`,
net/compat.c). recvmsg writes back only name, namelen, flags, controllen and the control messages; the pointers and
the iovecs stay as they were (`____sys_recvmsg`, net/socket.c). Header and iovecs are copied in even when it then
gives EAGAIN.
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
    Term,
    arg,
    both,
    failed,
    least,
    member,
    negate,
    offset_of,
    plus,
    unless,
)
from tracer.syscalls.model import (
    CMSGS,
    CONTROL,
    GIVEN_CMSGS,
    IN,
    OUT,
    RECEIVED,
    SENT,
    Arg,
    Syscall,
    call,
    memory,
)
from tracer.syscalls.polling import invalid_timespec
from tracer.syscalls.sockets import DISCARDED, PINNED
from tracer.syscalls.structures import MSGHDR, SOCKADDR_STORAGE, TIMESPEC, WORD

_HEADER: Final = arg("msg")
_LOOKED_UP: Final = unless("EBADF", "ENOTSOCK")


def _was(field: str) -> Expr:
    return member(ENTRY, "msg", _HEADER, "msghdr", field)


def _became(field: str) -> Expr:
    return member(EXIT, "msg", _HEADER, "msghdr", field)


_NAME, _NAMELEN = _was("name"), _was("namelen")
_IOV, _IOVLEN = _was("iov"), _was("iovlen")
_CONTROL, _CONTROLLEN = _was("control"), _was("controllen")


def _sent() -> Arg:
    header = memory(IN, CONTROL, MSGHDR, on=_LOOKED_UP, what="msghdr")
    name = memory(IN, CONTROL, least(_NAMELEN, SOCKADDR_STORAGE), at=_NAME, on=_LOOKED_UP, what="sockaddr")
    control = memory(
        IN, CONTROL, _CONTROLLEN, at=_CONTROL, on=_LOOKED_UP, shape=GIVEN_CMSGS, what="control"
    )  # fmt: skip
    data = segments(_IOV, _IOVLEN, IN, on=both(POSITIVE, negate(PINNED)))
    return Arg("msg", "msghdr:in", (header, name, iovecs(_IOV, _IOVLEN, _LOOKED_UP), control, data))


def _part(field: str, size: Term, given: Expr | None = None) -> tuple[Term, Expr, Expr, str]:
    return size, plus(_HEADER, offset_of("msghdr", field)), given or SUCCEEDED, f"msg_{field}"


def _received() -> Arg:
    header = memory(IN, CONTROL, MSGHDR, on=_LOOKED_UP, what="msghdr")
    after = memory(OUT, CONTROL, MSGHDR, on=SUCCEEDED, counted=False)
    named = both(SUCCEEDED, negate(negate(_NAME)))
    data = segments(_IOV, _IOVLEN, OUT, on=both(POSITIVE, negate(DISCARDED)))
    lengths = plus(_HEADER, offset_of("msghdr", "namelen"))
    room = memory(IN, CONTROL, 4, at=lengths, on=named, capture=NEVER, what="msg_namelen")
    name = memory(OUT, CONTROL, least(_NAMELEN, _became("namelen")), at=_NAME, on=SUCCEEDED, what="sockaddr")
    written = tuple(
        memory(OUT, CONTROL, size, at=at, on=on, capture=NEVER, what=what)
        for size, at, on, what in (
            _part("namelen", 4, named),
            _part("flags", 4),
            _part("controllen", WORD),
        )
    )
    control = memory(OUT, CONTROL, _became("controllen"), at=_CONTROL, on=SUCCEEDED, shape=CMSGS, what="control")
    copies = (header, iovecs(_IOV, _IOVLEN, _LOOKED_UP), after, data, room, name, *written, control)
    return Arg("msg", "msghdr:out", copies)


def _many(shape: str, on: Expr = _LOOKED_UP) -> Arg:
    """An array of mmsghdr; its transfers are worked out message by message."""
    before = memory(IN, CONTROL, 0, shape=shape, entries=arg("vlen"), on=on, what="mmsghdr")
    after = memory(OUT, CONTROL, 0, shape=shape, entries=arg("vlen"), counted=False)
    return Arg("msgvec", f"mmsghdr:{'in' if shape == SENT else 'out'}", (before, after))


_FLAGS: Final = flags("flags", "msg")
_TIMEOUT_VALID: Final = both(_LOOKED_UP, negate(both(failed("EINVAL"), invalid_timespec())))
"""An invalid timeout is found before anything else (`do_recvmmsg`, net/socket.c)."""


def _remaining() -> Arg:
    return Arg("timeout", "timespec", (
        memory(IN, CONTROL, TIMESPEC, what="timespec"),
        memory(OUT, CONTROL, TIMESPEC, on=POSITIVE, what="timespec"),
    ))  # fmt: skip


CALLS: Final[tuple[Syscall, ...]] = (
    call("sendmsg", fd(), _sent(), _FLAGS, returns="size"),
    call("recvmsg", fd(), _received(), _FLAGS, returns="size"),
    call("sendmmsg", fd(), _many(SENT), value("vlen", "uint"), _FLAGS),
    call("recvmmsg", fd(), _many(RECEIVED, _TIMEOUT_VALID), value("vlen", "uint"), _FLAGS, _remaining()),
)
