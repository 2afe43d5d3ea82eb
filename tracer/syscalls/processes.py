"""Making, replacing, waiting for and ending processes and threads."""

from __future__ import annotations

from typing import Final

from tracer.syscalls.arguments import dirfd, flags, path, struct_out, value, values
from tracer.syscalls.expression import (
    ALWAYS,
    NEVER,
    POSITIVE,
    SUCCEEDED,
    Expr,
    arg,
    bits,
    both,
    either,
    failed,
    given,
    int_arg,
    more,
    negate,
    same,
    times,
    was,
)
from tracer.syscalls.model import CONTROL, IMAGE, IN, LENGTHS, OUT, STRINGS, Arg, Syscall, call, memory
from tracer.syscalls.structures import RUSAGE, WORD

_CLONE_PIDFD: Final = 0x1000
_CLONE_PARENT_SETTID: Final = 0x100000
_BORN: Final = POSITIVE
_STRINGS_READ: Final = either(SUCCEEDED, failed("ENOEXEC"))
"""The file is opened before argv is counted, so a missing or forbidden program costs its path only."""
_EXEC_KNOWN: Final = either(
    _STRINGS_READ, failed("ENOENT", "EACCES", "ENOTDIR", "ELOOP", "ENAMETOOLONG", "EISDIR", "EBADF")
)


def _argv() -> Arg:
    return Arg("argv", "argv", (memory(IN, CONTROL, 0, shape=STRINGS, on=_STRINGS_READ, what="argv"),))


def _envp() -> Arg:
    strings = memory(IN, CONTROL, 0, shape=LENGTHS, on=_STRINGS_READ, what="envp")
    image = memory(OUT, CONTROL, 0, shape=IMAGE, on=SUCCEEDED, what="new program's stack")
    return Arg("envp", "envp", (strings, image))


def _clone(*rest: Arg) -> Syscall:
    """The new thread's own writes (CLONE_CHILD_SETTID) happen in the child and are not this call's."""
    written = bits(arg("flags"), _CLONE_PARENT_SETTID | _CLONE_PIDFD)
    tid = memory(OUT, CONTROL, 4, given=negate(negate(written)), on=_BORN, what="parent_tid")
    return call(
        "clone", Arg("flags", "clone_flags"), value("stack", "address"), Arg("parent_tid", "int*", (tid,)),
        *rest, returns="pid",
    )  # fmt: skip


_CHILD_TID: Final = value("child_tid", "address")
_TLS: Final = value("tls", "address")


def _field(offset: int) -> Expr:
    return was("cl_args", offset, 8)


def _clone3() -> Syscall:
    """struct clone_args: flags 0, pidfd 8, parent_tid 24, set_tid 64, set_tid_size 72 (clone(2))."""
    known = negate(either(failed("E2BIG"), same(int_arg("size"), 0)))
    copies = (
        memory(IN, CONTROL, arg("size"), on=known, what="clone_args"),
        memory(OUT, CONTROL, 4, at=_field(8), given=bits(_field(0), _CLONE_PIDFD), on=_BORN, what="pidfd"),
        memory(
            OUT, CONTROL, 4, at=_field(24), given=bits(_field(0), _CLONE_PARENT_SETTID), on=_BORN, what="parent_tid"
        ),
        memory(
            IN, CONTROL, times(4, _field(72)), at=_field(64), given=more(arg("size"), 79), on=_BORN, capture=NEVER,
            what="set_tid",
        ),
    )  # fmt: skip
    return call(
        "clone3",
        Arg("cl_args", "clone_args", copies),
        value("size", "size"),
        returns="pid",
        unknown=failed("E2BIG"),
    )


def _waitid() -> Syscall:
    """The six fields of siginfo are written even when no child was found (SYSCALL_DEFINE5(waitid))."""
    rusage = memory(OUT, CONTROL, RUSAGE, on=both(SUCCEEDED, negate(bits(arg("options"), 1))), what="rusage")
    info = memory(OUT, CONTROL, 24, capture=128, what="siginfo")
    return call(
        "waitid", Arg("idtype", "const:idtype"), value("id", "pid"), Arg("infop", "siginfo", (info,)),
        flags("options", "wait"), Arg("rusage", "rusage", (rusage,)),
        unknown=both(given("rusage"), SUCCEEDED, negate(negate(bits(arg("options"), 1)))),
    )  # fmt: skip


_EXECUTED: Final = (_argv(), _envp())

CALLS: Final[tuple[Syscall, ...]] = (
    call("execve", path(), *_EXECUTED, unknown=negate(_EXEC_KNOWN)),
    call("execveat", dirfd(), path(), *_EXECUTED, flags("flags", "at"), unknown=negate(_EXEC_KNOWN)),
    _clone(_CHILD_TID, _TLS),
    _clone3(),
    call("fork", returns="pid"),
    call("vfork", returns="pid"),
    call(
        "wait4",
        value("pid", "pid"),
        struct_out("wstatus", "wait_status", 4, on=POSITIVE),
        flags("options", "wait"),
        struct_out("rusage", "rusage", RUSAGE, on=POSITIVE),
        returns="pid",
    ),
    _waitid(),
    call("exit", value("status")),
    call("exit_group", value("status")),
    call("unshare", Arg("flags", "flags:clone")),
    call("setns", *values("fd:fd nstype:flags:clone")),
    call("pidfd_open", *values("pid:pid flags:flags:pidfd"), returns="fd"),
    call("pidfd_getfd", *values("pidfd:fd targetfd:fd flags:hex"), returns="fd"),
    call("set_tid_address", value("tidptr", "address"), returns="pid"),
    call("set_robust_list", *values("head:address len:size")),
    # Registering reads or clears fields of the structure, which ones depends on the kernel's version.
    call("rseq", *values("rseq:address rseq_len:hex flags:flags:rseq sig:hex"), unknown=ALWAYS),
    call(
        "get_robust_list",
        value("pid", "pid"),
        struct_out("head_ptr", "address*", WORD),
        struct_out("len_ptr", "size*", WORD),
    ),
)

BACKWARDS: Final = (_clone(_TLS, _CHILD_TID),)
"""Calls whose arguments have another order on i386 and arm64 (CONFIG_CLONE_BACKWARDS, arch/Kconfig)."""
