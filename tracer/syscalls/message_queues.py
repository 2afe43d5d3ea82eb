"""POSIX message queues: names and attributes are control, messages are payload (ipc/mqueue.c)."""

from __future__ import annotations

from typing import Final

from tracer.syscalls.arguments import data_in, fd, filled, flags, struct_in, struct_out, text, value
from tracer.syscalls.expression import (
    ENTRY,
    SUCCEEDED,
    Expr,
    arg,
    both,
    failed,
    given,
    member,
    same,
    size_of,
    unless,
)
from tracer.syscalls.model import CONTROL, IN, Arg, Syscall, call, memory
from tracer.syscalls.structures import SIGEVENT_COPIED, TIMESPEC

_ATTR: Final = size_of("mq_attr")
_COOKIE: Final = 32
"""NOTIFY_COOKIE_LEN: what SIGEV_THREAD sends back over its netlink socket."""
_SIGEV_THREAD: Final = 2
_TIMEOUT: Final = struct_in("abs_timeout", "timespec", TIMESPEC)
_LOOKED_UP: Final = unless("EBADF", "EINVAL", "EMSGSIZE")
"""The message is copied before it is known whether there is room: also EAGAIN and ETIMEDOUT cost it."""


def _event(field: str) -> Expr:
    return member(ENTRY, "sevp", arg("sevp"), "sigevent", field)


def _notification() -> Arg:
    event = memory(IN, CONTROL, SIGEVENT_COPIED, what="sigevent")
    by_thread = both(given("sevp"), same(_event("notify"), _SIGEV_THREAD))
    cookie_at = _event("value")
    cookie = memory(IN, CONTROL, _COOKIE, at=cookie_at, given=by_thread, on=unless("EINVAL"), what="cookie")
    return Arg("sevp", "sigevent", (event, cookie))


CALLS: Final[tuple[Syscall, ...]] = (
    call("mq_open", text("name"), flags("oflag", "open"), value("mode", "mode"),
         struct_in("attr", "struct:mq_attr", _ATTR), returns="fd"),
    call("mq_unlink", text("name")),
    call(
        "mq_timedsend", fd("mqdes"), data_in("msg_ptr", arg("msg_len"), on=_LOOKED_UP), value("msg_len", "size"),
        value("msg_prio", "uint"), _TIMEOUT, unknown=failed("EINVAL"),
    ),
    call(
        "mq_timedreceive", fd("mqdes"), filled("msg_ptr"), value("msg_len", "size"),
        struct_out("msg_prio", "int*", 4, given=given("msg_prio")), _TIMEOUT, returns="size",
    ),
    call("mq_notify", fd("mqdes"), _notification(), unknown=failed("EINVAL")),
    call(
        "mq_getsetattr", fd("mqdes"), struct_in("newattr", "struct:mq_attr", _ATTR),
        struct_out("oldattr", "struct:mq_attr", _ATTR, on=SUCCEEDED), unknown=failed("EINVAL"),
    ),
)  # fmt: skip
