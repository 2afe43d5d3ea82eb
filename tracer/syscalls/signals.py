"""Signals: handlers, masks, waiting, sending, and as a descriptor. Sizes are the kernel's, not glibc's."""

from __future__ import annotations

from typing import Final

from tracer.syscalls.arguments import constant, fd, flags, struct_in, struct_out, value, values
from tracer.syscalls.expression import (
    ALWAYS,
    ENTRY,
    POSITIVE,
    SUCCEEDED,
    Expr,
    Term,
    arg,
    both,
    const,
    failed,
    negate,
    plus,
    same,
)
from tracer.syscalls.model import CONTROL, IN, OUT, Arg, Copy, Syscall, call, memory
from tracer.syscalls.structures import (
    SIGACTION,
    SIGINFO_COPIED,
    SIGINFO_ZEROED,
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
    tail = memory(OUT, CONTROL, SIGINFO_ZEROED, on=POSITIVE, zero_fill=True, capture=0, what="siginfo tail")
    return Arg("info", "siginfo", (copied, tail))


def _scalar(name: str, text: str) -> Syscall:
    return call(name, *values(text))


_MAGIC1: Final = 0x46505853
"""FP_XSTATE_MAGIC1: the FPU state is an XSAVE image and says how long it is (asm/sigcontext.h)."""
_FXSAVE: Final = 512
_SIGCONTEXT: Final = 192
"""Bytes of struct sigcontext that are moved; the rest is reserved."""
_FRAME: Final = 8 + 8 + 8 + 20 + _SIGCONTEXT + 8
"""Return address, uc_flags, uc_link, uc_stack without its padding, sigcontext, mask: 244 bytes written."""
_NO_ARG: Final = 255
"""`tracer.wire.NO_ARG`."""


def _kept(offset: int, width: int = 8) -> Expr:
    """A number of the piece that capture keeps of the frame (`tracer.capture.signal_frames`)."""
    return Expr("load", (ENTRY, _NO_ARG, const(0), offset, width))


def _sigreturn() -> Syscall:
    """Reads the frame that the signal's delivery wrote onto the stack (`restore_sigcontext`), and is the first row
    that knows how long it is: so the frame's writing (`x64_setup_rt_frame`) is counted here too.

    Its value is not a result: the register holds what the interrupted code had in it."""
    frame, state, with_info = _kept(0), _kept(8), _kept(16)
    extended = both(state, same(_kept(24, 4), _MAGIC1))
    legacy = both(state, negate(same(_kept(24, 4), _MAGIC1)))

    def part(way: int, size: Term, at: Expr, what: str, given: Expr = ALWAYS, zeros: bool = False) -> Copy:
        return memory(way, CONTROL, size, at=at, given=given, capture=0, what=what, zero_fill=zeros)

    copies = (
        part(OUT, _FRAME, frame, "signal frame"),
        part(OUT, SIGINFO_COPIED, plus(frame, 312), "siginfo", with_info),
        part(OUT, SIGINFO_ZEROED, plus(frame, 360), "siginfo tail", with_info, zeros=True),
        part(OUT, _kept(40, 4), state, "XSAVE image", extended),
        part(OUT, _FXSAVE, state, "FXSAVE image", legacy),
        part(OUT, 4, plus(state, _kept(40, 4)), "magic2", extended),
        part(IN, SIGSET, plus(frame, 304), "uc_sigmask"),
        part(IN, 8, plus(frame, 8), "uc_flags"),
        part(IN, STACK_T, plus(frame, 24), "uc_stack"),
        part(IN, _SIGCONTEXT, plus(frame, 48), "sigcontext"),
        part(IN, 48, plus(state, 464), "fpx_sw_bytes", state),
        part(IN, 4, plus(state, _kept(40, 4)), "magic2", extended),
        part(IN, _kept(40, 4), state, "XSAVE image", extended),
        part(IN, _FXSAVE, state, "FXSAVE image", legacy),
    )
    return call("rt_sigreturn", returns="restored", unknown=same(frame, 0))._replace(copies=copies)


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
    _sigreturn(),
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
