"""epoll: the interest list is given once, only ready events are copied out."""

from __future__ import annotations

from tracer.syscalls.arguments import constant, fd, flags, struct_in, value
from tracer.syscalls.expression import POSITIVE, RESULT, arg, negate, same, times, unless
from tracer.syscalls.model import CONTROL, OUT, Arg, Syscall, call, memory
from tracer.syscalls.structures import SIGSET, TIMESPEC

CTL_DEL = 2


def epoll_calls(event: int) -> tuple[Syscall, ...]:
    """The calls for a machine where struct epoll_event has `event` bytes (12 on x86-64, where it is packed)."""
    events = Arg("events", "epoll_events", (
        memory(OUT, CONTROL, times(event, RESULT), on=POSITIVE, what="epoll_event"),
    ))  # fmt: skip
    wait = (fd("epfd"), events, value("maxevents"))
    mask = (struct_in("sigmask", "sigset", SIGSET, on=unless("EINVAL")), value("sigsetsize", "size"))
    return (
        call("epoll_create", value("size"), returns="fd"),
        call("epoll_create1", flags("flags", "epoll_create"), returns="fd"),
        # The event is copied for every operation but DEL, before the descriptors are looked at.
        call(
            "epoll_ctl",
            fd("epfd"),
            constant("op", "epoll_ctl"),
            fd(),
            struct_in("event", "epoll_event", event, given=negate(same(arg("op"), CTL_DEL))),
        ),
        call("epoll_wait", *wait, value("timeout", "milliseconds"), returns="ready"),
        call("epoll_pwait", *wait, value("timeout", "milliseconds"), *mask, returns="ready"),
        call("epoll_pwait2", *wait, struct_in("timeout", "timespec", TIMESPEC), *mask, returns="ready"),
    )
