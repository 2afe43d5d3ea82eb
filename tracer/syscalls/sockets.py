"""Sockets, except messages with headers: addresses are control, data is payload.

`*addrlen` is read and written only when there is an address to give; of the address the smaller of the room
and its length is copied (`move_addr_to_user`, net/socket.c).
"""

from __future__ import annotations

from typing import Final

from tracer.syscalls.arguments import constant, fd, flags, value
from tracer.syscalls.expression import (
    NEVER,
    POSITIVE,
    RESULT,
    SUCCEEDED,
    Expr,
    among,
    arg,
    became,
    bits,
    both,
    either,
    failed,
    given,
    int_arg,
    least,
    more,
    negate,
    object_is,
    same,
    unless,
    was,
)
from tracer.syscalls.model import CONTROL, IN, OUT, PAYLOAD, Arg, Syscall, call, link_to, memory
from tracer.syscalls.objects import Object
from tracer.syscalls.structures import SOCKADDR_STORAGE

MSG_TRUNC: Final = 0x20
MSG_ZEROCOPY: Final = 0x4000000
DISCARDED: Final = both(object_is(Object.TCP), bits(arg("flags"), MSG_TRUNC))
"""TCP with MSG_TRUNC throws the bytes away (tcp(7))."""
PINNED: Final = both(object_is(Object.ZEROCOPY), bits(arg("flags"), MSG_ZEROCOPY))
"""MSG_ZEROCOPY pins the pages instead of copying, once SO_ZEROCOPY was set."""
_SENSIBLE: Final = negate(more(int_arg("addrlen"), SOCKADDR_STORAGE))


def address_given(on: Expr, name: str = "addr") -> Arg:
    """A socket address the kernel reads."""
    size = int_arg("addrlen")
    return Arg(name, "sockaddr", (memory(IN, CONTROL, size, given=_SENSIBLE, on=on, what="sockaddr"),))


def address_wanted() -> tuple[Arg, Arg]:
    """A socket address the kernel writes, and its length: read, then replaced by the address's true length."""
    wanted = given("addr")
    size = least(was("addrlen"), became("addrlen"))
    address = memory(OUT, CONTROL, size, given=wanted, on=SUCCEEDED, what="sockaddr")
    room = memory(IN, CONTROL, 4, given=wanted, on=SUCCEEDED, what="*addrlen")
    length = memory(OUT, CONTROL, 4, given=wanted, on=SUCCEEDED, what="*addrlen")
    return Arg("addr", "sockaddr", (address,)), Arg("addrlen", "socklen*", (room, length))


DATA_OUT: Final = Arg("buf", "buffer", (
    memory(OUT, PAYLOAD, least(RESULT, arg("len")), on=both(POSITIVE, negate(DISCARDED)), what="buf"),
))  # fmt: skip
DATA_IN: Final = Arg("buf", "buffer", (
    memory(IN, PAYLOAD, RESULT, capture=arg("len"), on=both(POSITIVE, negate(PINNED)), what="buf"),
))  # fmt: skip
_SOCKET: Final = (constant("domain", "socket_domain"), Arg("type", "socket_type"), value("protocol", "protocol"))
_ADDRESSED: Final = Arg("fd", "fd", (
    link_to(int_arg("fd"), on=either(SUCCEEDED, failed("EINPROGRESS")), addressed=True),
))  # fmt: skip
"""The kernel may have chosen its port just now."""
_PAIR: Final = Arg("sv", "fds", (
    memory(OUT, CONTROL, 8, on=SUCCEEDED, unit=4, what="sv"), link_to(became("sv", 0)), link_to(became("sv", 4)),
))  # fmt: skip
_LOOKED_UP: Final = unless("EBADF", "ENOTSOCK")
_LOOKED_UP_FIRST: Final = unless("EBADF")
"""bind and connect find out that a descriptor is no socket only after copying the address."""
_OPTION: Final = (constant("level", "socket_level"), Arg("optname", "socket_option"))
_SOL_SOCKET: Final = 1
_IPPROTO_TCP: Final = 6
_TIMEOUTS: Final = (20, 21, 66, 67)
"""SO_RCVTIMEO and SO_SNDTIMEO read the generic int first, then their structure (`sk_setsockopt`)."""
_STRUCTURED: Final = (*_TIMEOUTS, 13, 25, 26, 27, 50, 51, 61)
"""Options of SOL_SOCKET whose value is no plain int: timeouts, SO_LINGER, device, filters, SO_TXTIME."""
_STRINGS_OF_TCP: Final = (13, 14, 29, 31, 33, 35, 38)
_PLAIN_OPTION: Final = both(
    same(int_arg("optlen"), 4),
    either(
        both(same(int_arg("level"), _SOL_SOCKET), negate(among(int_arg("optname"), *_STRUCTURED))),
        both(same(int_arg("level"), _IPPROTO_TCP), negate(among(int_arg("optname"), *_STRINGS_OF_TCP))),
    ),
)


def _setsockopt() -> Syscall:
    """Plain int options copy 4 bytes; what others copy depends on the option and is only approximated."""
    timeouts = both(same(int_arg("level"), _SOL_SOCKET), among(int_arg("optname"), *_TIMEOUTS))
    value_in = memory(IN, CONTROL, int_arg("optlen"), on=_LOOKED_UP, what="optval")
    generic = memory(IN, CONTROL, 4, given=timeouts, on=_LOOKED_UP, capture=NEVER, what="optval as int")
    return call(
        "setsockopt", fd(), *_OPTION, Arg("optval", "optval", (generic, value_in)), value("optlen"),
        unknown=negate(either(failed("EBADF", "ENOTSOCK"), both(SUCCEEDED, either(_PLAIN_OPTION, timeouts)))),
    )  # fmt: skip


def _getsockopt() -> Syscall:
    """The length is read twice, by the generic and by the protocol's code (`do_sock_getsockopt`)."""
    again = memory(IN, CONTROL, 4, on=SUCCEEDED, capture=NEVER, what="*optlen")
    room = memory(IN, CONTROL, 4, on=SUCCEEDED, what="*optlen")
    length = memory(OUT, CONTROL, 4, on=SUCCEEDED, what="*optlen")
    got = memory(OUT, CONTROL, became("optlen"), on=SUCCEEDED, what="optval")
    return call(
        "getsockopt", fd(), *_OPTION, Arg("optval", "optval", (got,)),
        Arg("optlen", "socklen*", (room, again, length)),
        unknown=negate(either(SUCCEEDED, failed("EBADF", "ENOTSOCK"))),
    )  # fmt: skip


CALLS: Final[tuple[Syscall, ...]] = (
    call("socket", *_SOCKET, returns="fd"),
    call("socketpair", *_SOCKET, _PAIR),
    call("bind", _ADDRESSED, address_given(_LOOKED_UP_FIRST), value("addrlen")),
    call("connect", _ADDRESSED, address_given(_LOOKED_UP_FIRST), value("addrlen")),
    call("listen", fd(), value("backlog")),
    call("accept", fd(), *address_wanted(), returns="fd"),
    call("accept4", fd(), *address_wanted(), flags("flags", "socket"), returns="fd"),
    call("shutdown", fd(), constant("how", "shutdown")),
    call("getsockname", fd(), *address_wanted()),
    call("getpeername", fd(), *address_wanted()),
    call(
        "sendto", fd(), DATA_IN, value("len", "size"), flags("flags", "msg"), address_given(_LOOKED_UP),
        value("addrlen"), returns="size",
    ),
    call(
        "recvfrom", fd(), DATA_OUT, value("len", "size"), flags("flags", "msg"), *address_wanted(), returns="size"
    ),
    _setsockopt(),
    _getsockopt(),
)  # fmt: skip
