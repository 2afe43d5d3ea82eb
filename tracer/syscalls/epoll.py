"""epoll: the interest list is given once, only ready events are copied out.

A struct epoll_event is packed on x86 only (linux/eventpoll.h).
"""

from __future__ import annotations

from typing import Final

from tracer.syscalls.arguments import constant, fd, flags, struct_in, value
from tracer.syscalls.expression import POSITIVE, RESULT, int_arg, negate, same, size_of, times, unless
from tracer.syscalls.model import CONTROL, OUT, Arg, Syscall, call, memory
from tracer.syscalls.structures import SIGSET, TIMESPEC64

CTL_DEL = 2


_EVENT: Final = size_of("epoll_event")
_WAIT: Final = (
    fd("epfd"),
    Arg("events", "epoll_events", (
        memory(OUT, CONTROL, times(_EVENT, RESULT), on=POSITIVE, what="epoll_event"),
    )),
    value("maxevents"),
)  # fmt: skip
_MASK: Final = (struct_in("sigmask", "sigset", SIGSET, on=unless("EINVAL")), value("sigsetsize", "size"))

CALLS: Final[tuple[Syscall, ...]] = (
    call("epoll_create", value("size"), returns="fd"),
    call("epoll_create1", flags("flags", "epoll_create"), returns="fd"),
    # The event is copied for every operation but DEL, before the descriptors are looked at.
    call(
        "epoll_ctl",
        fd("epfd"),
        constant("op", "epoll_ctl"),
        fd(),
        struct_in("event", "epoll_event", _EVENT, given=negate(same(int_arg("op"), CTL_DEL))),
    ),
    call("epoll_wait", *_WAIT, value("timeout", "milliseconds"), returns="ready"),
    call("epoll_pwait", *_WAIT, value("timeout", "milliseconds"), *_MASK, returns="ready"),
    call("epoll_pwait2", *_WAIT, struct_in("timeout", "timespec64", TIMESPEC64), *_MASK, returns="ready"),
)
