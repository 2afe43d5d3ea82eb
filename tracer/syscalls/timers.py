"""Clocks, sleeping and timers."""

from __future__ import annotations

from typing import Final

from tracer.syscalls.arguments import constant, fd, flags, struct_in, struct_in_out, struct_out, value, values
from tracer.syscalls.expression import INTERRUPTED, arg, bits, failed, negate, unless
from tracer.syscalls.model import Syscall, call
from tracer.syscalls.structures import (
    ITIMERSPEC,
    ITIMERVAL,
    SIGEVENT_COPIED,
    TIME,
    TIMESPEC,
    TIMEVAL,
    TIMEX,
    TIMEZONE,
    TMS,
)

TIMER_ABSTIME: Final = 1
_CLOCK: Final = constant("clockid", "clockid")

_TIMEX: Final = struct_in_out("buf", "struct:timex", TIMEX)

CALLS: Final[tuple[Syscall, ...]] = (
    call(
        "nanosleep",
        struct_in("req", "timespec", TIMESPEC),
        struct_out("rem", "timespec", TIMESPEC, on=INTERRUPTED),
    ),
    call(
        "clock_nanosleep",
        _CLOCK,
        flags("flags", "timer"),
        struct_in("req", "timespec", TIMESPEC, on=unless("EINVAL", "EOPNOTSUPP")),
        struct_out("rem", "timespec", TIMESPEC, on=INTERRUPTED, given=negate(bits(arg("flags"), TIMER_ABSTIME))),
        unknown=failed("EINVAL"),
    ),
    call("clock_gettime", _CLOCK, struct_out("tp", "timespec", TIMESPEC)),
    call("clock_getres", _CLOCK, struct_out("res", "timespec", TIMESPEC)),
    call(
        "clock_settime",
        _CLOCK,
        struct_in("tp", "timespec", TIMESPEC, on=unless("EINVAL")),
        unknown=failed("EINVAL"),
    ),
    call("gettimeofday", struct_out("tv", "timeval", TIMEVAL), struct_out("tz", "timezone", TIMEZONE)),
    call("settimeofday", struct_in("tv", "timeval", TIMEVAL), struct_in("tz", "timezone", TIMEZONE)),
    call("time", struct_out("tloc", "time_t*", TIME), returns="time"),
    call("times", struct_out("buf", "tms", TMS), returns="long"),
    call("alarm", value("seconds", "uint")),
    call("getitimer", constant("which", "itimer"), struct_out("curr_value", "itimerval", ITIMERVAL)),
    call(
        "setitimer",
        constant("which", "itimer"),
        struct_in("new_value", "itimerval", ITIMERVAL),
        struct_out("old_value", "itimerval", ITIMERVAL),
    ),
    call(
        "timer_create",
        _CLOCK,
        struct_in("sevp", "sigevent", SIGEVENT_COPIED),
        struct_out("timerid", "int*", 4),
    ),
    call(
        "timer_settime",
        *values("timerid:int flags:flags:timer"),
        struct_in("new_value", "itimerspec", ITIMERSPEC),
        struct_out("old_value", "itimerspec", ITIMERSPEC),
    ),
    call("timer_gettime", value("timerid"), struct_out("curr_value", "itimerspec", ITIMERSPEC)),
    call("timer_getoverrun", value("timerid")),
    call("timer_delete", value("timerid")),
    call("timerfd_create", _CLOCK, flags("flags", "timerfd"), returns="fd"),
    call(
        "timerfd_settime",
        fd(),
        flags("flags", "timerfd_settime"),
        struct_in("new_value", "itimerspec", ITIMERSPEC),
        struct_out("old_value", "itimerspec", ITIMERSPEC),
    ),
    call("timerfd_gettime", fd(), struct_out("curr_value", "itimerspec", ITIMERSPEC)),
    call("adjtimex", _TIMEX),
    call("clock_adjtime", _CLOCK, _TIMEX),
)  # fmt: skip
