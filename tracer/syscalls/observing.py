"""Calls with which a program watches or steers others: ptrace, perf events, BPF."""

from __future__ import annotations

from typing import Final

from tracer.syscalls.arguments import constant, flags, value, values
from tracer.syscalls.expression import (
    ENTRY,
    EXIT,
    NEVER,
    RESULT,
    SUCCEEDED,
    Expr,
    among,
    arg,
    both,
    either,
    failed,
    int_arg,
    least,
    load,
    member,
    more,
    negate,
    same,
    size_of,
    unless,
    was,
)
from tracer.syscalls.model import CONTROL, IN, OUT, PATH, Arg, Copy, Syscall, call, memory
from tracer.syscalls.structures import IOVEC, SIGINFO_COPIED, SIGINFO_ZEROED, SIGSET, WORD

_REQUEST: Final = int_arg("request")
_PEEKS: Final = (1, 2, 3)
"""PTRACE_PEEKTEXT, PEEKDATA, PEEKUSER: the system call writes the word to `data` (glibc returns it)."""
_POKES_AND_STEERING: Final = (0, 4, 5, 6, 7, 8, 9, 16, 17, 24, 31, 32, 0x4200, 0x4206, 0x4207, 0x4208)
"""Requests whose data is a number, or nothing: TRACEME, POKE*, CONT, KILL, SINGLESTEP, ATTACH, DETACH, SYSCALL,
SYSEMU*, SETOPTIONS, SEIZE, INTERRUPT, LISTEN."""
_GET_REGISTERS, _SET_REGISTERS, _GET_FLOATS, _SET_FLOATS = 12, 13, 14, 15
_EVENT_MESSAGE, _GET_SIGINFO, _SET_SIGINFO, _GET_MASK, _SET_MASK, _CALL_INFO = (
    0x4201, 0x4202, 0x4203, 0x420A, 0x420B, 0x420E,
)  # fmt: skip
_GET_SET, _SET_SET = 0x4204, 0x4205
_REGISTERS, _FLOATS = size_of("user_regs"), size_of("user_fpregs")
"""struct user_regs_struct and user_fpregs_struct."""


def _request(size: Expr | int, way: int, what: str, *requests: int, at: Expr = NEVER, on: Expr = SUCCEEDED) -> Copy:
    return memory(way, CONTROL, size, given=among(_REQUEST, *requests), at=at, on=on, what=what)


def _register_set() -> tuple[Copy, ...]:
    """An iovec says where the registers are; its length is written back (`ptrace_regset`, kernel/ptrace.c)."""
    base, length = (member(ENTRY, "data", arg("data"), "iovec", field) for field in ("base", "len"))
    moved = member(EXIT, "data", arg("data"), "iovec", "len")
    after = memory(OUT, CONTROL, IOVEC, given=among(_REQUEST, _GET_SET, _SET_SET), on=SUCCEEDED, counted=False)
    written = memory(
        OUT, CONTROL, WORD, given=among(_REQUEST, _GET_SET, _SET_SET), on=SUCCEEDED, capture=NEVER, what="iov_len"
    )
    return (
        _request(IOVEC, IN, "iovec", _GET_SET, _SET_SET, on=unless("ESRCH")), after, written,
        _request(moved, OUT, "registers", _GET_SET, at=base), _request(length, IN, "registers", _SET_SET, at=base),
    )  # fmt: skip


def _ptrace() -> Syscall:
    tail = memory(
        OUT, CONTROL, SIGINFO_ZEROED, given=same(_REQUEST, _GET_SIGINFO), on=SUCCEEDED, zero_fill=True,
        capture=0, what="siginfo tail",
    )  # fmt: skip
    copies = (
        _request(WORD, OUT, "word", *_PEEKS, _EVENT_MESSAGE),
        _request(_REGISTERS, OUT, "registers", _GET_REGISTERS),
        _request(_REGISTERS, IN, "registers", _SET_REGISTERS),
        _request(_FLOATS, OUT, "registers", _GET_FLOATS),
        _request(_FLOATS, IN, "registers", _SET_FLOATS),
        _request(SIGINFO_COPIED, OUT, "siginfo", _GET_SIGINFO),
        tail,
        _request(SIGINFO_COPIED, IN, "siginfo", _SET_SIGINFO),
        _request(SIGSET, OUT, "sigset", _GET_MASK),
        _request(SIGSET, IN, "sigset", _SET_MASK),
        _request(least(RESULT, arg("addr")), OUT, "ptrace_syscall_info", _CALL_INFO),
        *_register_set(),
    )  # fmt: skip
    known = (
        *_PEEKS, *_POKES_AND_STEERING, _GET_REGISTERS, _SET_REGISTERS, _GET_FLOATS, _SET_FLOATS, _EVENT_MESSAGE,
        _GET_SIGINFO, _SET_SIGINFO, _GET_MASK, _SET_MASK, _CALL_INFO, _GET_SET, _SET_SET,
    )  # fmt: skip
    return call(
        "ptrace", constant("request", "ptrace"), value("pid", "pid"), value("addr", "address"),
        Arg("data", "ptrace_data", copies), unknown=negate(among(_REQUEST, *known)),
    )  # fmt: skip


_PERF_ATTR: Final = 136
_PERF_ATTR_FIRST: Final = 64
"""PERF_ATTR_SIZE_VER0, meant by a size of 0."""


def _perf_event_open() -> Syscall:
    """The size at offset 4 is read first, then so much of the structure (`perf_copy_attr`, kernel/events/core.c);
    a size the kernel does not know is answered with its own."""
    asked = was("attr", 4)
    fits = unless("E2BIG")
    copies = (
        memory(IN, CONTROL, _PERF_ATTR, counted=False),
        memory(IN, CONTROL, 4, on=unless("EINVAL"), capture=NEVER, what="size"),
        memory(IN, CONTROL, least(asked, _PERF_ATTR), given=more(asked, 0), on=fits, capture=NEVER, what="attr"),
        memory(IN, CONTROL, _PERF_ATTR_FIRST, given=same(asked, 0), on=fits, capture=NEVER, what="attr"),
        memory(OUT, CONTROL, 4, on=failed("E2BIG"), capture=NEVER, what="size"),
    )
    return call(
        "perf_event_open", Arg("attr", "perf_event_attr", copies), *values("pid:pid cpu:int group_fd:fd"),
        flags("flags", "perf_event_open"), returns="fd", unknown=failed("EINVAL"),
    )  # fmt: skip


_BPF: Final = int_arg("cmd")
_BPF_ATTR: Final = 160
_BPF_PLAIN: Final = (0, 8, 9, 13, 14, 19, 30, 34)
"""Commands that read nothing but their attributes: MAP_CREATE, PROG_ATTACH, PROG_DETACH, PROG_GET_FD_BY_ID,
MAP_GET_FD_BY_ID, BTF_GET_FD_BY_ID, LINK_GET_FD_BY_ID, LINK_DETACH."""
_BPF_NEXT: Final = (11, 12, 23, 31)
"""PROG_GET_NEXT_ID and its relatives write the id back at offset 4."""
_BPF_PIN: Final = (6, 7)
"""OBJ_PIN and OBJ_GET: a path."""


def _bpf() -> Syscall:
    """bpf(2): the sizes of keys, values and logs are known to the kernel's objects only: `unknown`."""
    path_at = load(ENTRY, "attr", arg("attr"), 0, 8)
    copies = (
        memory(IN, CONTROL, least(int_arg("size"), _BPF_ATTR), on=unless("EPERM", "E2BIG"), what="bpf_attr"),
        memory(IN, CONTROL, 0, shape=PATH, at=path_at, given=among(_BPF, *_BPF_PIN), on=SUCCEEDED, what="pathname"),
        memory(OUT, CONTROL, 4, given=among(_BPF, *_BPF_NEXT), on=SUCCEEDED, capture=NEVER, what="next_id"),
    )
    known = either(among(_BPF, *_BPF_PLAIN, *_BPF_NEXT), both(among(_BPF, *_BPF_PIN), SUCCEEDED))
    return call(
        "bpf", constant("cmd", "bpf"), Arg("attr", "raw", copies), value("size", "uint"),
        unknown=either(negate(known), failed("EPERM", "E2BIG")),
    )  # fmt: skip


CALLS: Final[tuple[Syscall, ...]] = (_ptrace(), _perf_event_open(), _bpf())
