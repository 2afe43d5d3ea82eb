"""Signals: handlers, masks, waiting, sending, and as a descriptor. Sizes are the kernel's, not glibc's."""

from __future__ import annotations

from typing import Final

from tracer.syscalls.arguments import constant, fd, flags, struct_in, struct_out, value, values
from tracer.syscalls.expression import ALWAYS, POSITIVE, SUCCEEDED, Expr, arg, failed, same
from tracer.syscalls.model import CONTROL, IN, OUT, Arg, Syscall, call, memory
from tracer.syscalls.structures import (
    SIGACTION,
    SIGINFO,
    SIGINFO_COPIED,
    SIGSET,
    STACK_T,
    TIMESPEC,
)

_SIZE: Final = value("sigsetsize", "size")
_RIGHT_SIZE: Final = same(arg("sigsetsize"), SIGSET)


def _set_in(name: str = "set", on: Expr = ALWAYS) -> Arg:
    return struct_in(name, "sigset", SIGSET, given=_RIGHT_SIZE, on=on)


def _info_in() -> Arg:
    """48 bytes; another 80 only for an si_code the kernel does not know."""
    return Arg("info", "siginfo", (memory(IN, CONTROL, SIGINFO_COPIED, what="siginfo"),))


def _info_out() -> Arg:
    copied = memory(OUT, CONTROL, SIGINFO_COPIED, on=POSITIVE, what="siginfo")
    zeros = SIGINFO - SIGINFO_COPIED
    tail = memory(OUT, CONTROL, zeros, on=POSITIVE, zero_fill=True, capture=0, what="siginfo tail")
    return Arg("info", "siginfo", (copied, tail))


def _scalar(name: str, text: str) -> Syscall:
    return call(name, *values(text))


CALLS: Final[tuple[Syscall, ...]] = (
    call(
        "rt_sigaction",
        value("signum", "signal"),
        struct_in("act", "sigaction", SIGACTION, given=_RIGHT_SIZE),
        struct_out("oldact", "sigaction", SIGACTION),
        _SIZE,
    ),
    call(
        "rt_sigprocmask",
        constant("how", "sigprocmask"),
        _set_in(),
        struct_out("oldset", "sigset", SIGSET),
        _SIZE,
    ),
    call("rt_sigpending", struct_out("set", "sigset", arg("sigsetsize")), _SIZE),
    call("rt_sigsuspend", _set_in("mask"), _SIZE),
    call("sigaltstack", struct_in("ss", "stack_t", STACK_T), struct_out("old_ss", "stack_t", STACK_T)),
    call(
        "rt_sigtimedwait", _set_in(), _info_out(), struct_in("timeout", "timespec", TIMESPEC, given=_RIGHT_SIZE),
        _SIZE, returns="signal",
    ),
    call("rt_sigqueueinfo", *values("tgid:pid sig:signal"), _info_in()),
    call("rt_tgsigqueueinfo", *values("tgid:pid tid:pid sig:signal"), _info_in()),
    # What it reads is the frame on the stack, whose size this table does not know; its value is not a result.
    call("rt_sigreturn", returns="restored", unknown=ALWAYS),
    _scalar("kill", "pid:pid sig:signal"),
    _scalar("tkill", "tid:pid sig:signal"),
    _scalar("tgkill", "tgid:pid tid:pid sig:signal"),
    call(
        "pidfd_send_signal", *values("pidfd:fd sig:signal"),
        Arg("info", "siginfo", (memory(IN, CONTROL, SIGINFO_COPIED, on=SUCCEEDED, what="siginfo"),)),
        value("flags", "hex"), unknown=failed("EINVAL"),
    ),
    call("pause"),
    call("signalfd", fd(), struct_in("mask", "sigset", SIGSET, given=same(arg("sizemask"), SIGSET)),
         value("sizemask", "size"), returns="fd"),
    call("signalfd4", fd(), struct_in("mask", "sigset", SIGSET, given=same(arg("sizemask"), SIGSET)),
         value("sizemask", "size"), flags("flags", "signalfd"), returns="fd"),
    # Begins the interrupted call again; which one it was is not in this row.
    call("restart_syscall", unknown=ALWAYS),
)  # fmt: skip
