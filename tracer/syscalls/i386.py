"""Calls of 32-bit x86: what other ABIs have by another name, and what only this one has.

i386 grew a new name whenever a number outgrew its width: `stat64` for sizes, `chown32` for users, `clock_gettime64`
for times. Where only the layout differs from the 64-bit call, a form of it is made here; the rest is declared.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tracer.syscalls.adapt import adapted
from tracer.syscalls.arguments import (
    constant,
    dirfd,
    fd,
    flags,
    path,
    struct_in,
    struct_out,
    value,
    values,
)
from tracer.syscalls.expression import (
    ALWAYS,
    ENTRY,
    EXIT,
    NEVER,
    POSITIVE,
    RESULT,
    SUCCEEDED,
    arg,
    failed,
    int_arg,
    member,
    more,
    offset_of,
    plus,
    same,
    size_of,
    times,
    unless,
)
from tracer.syscalls.layouts import I386, I386_TIME64
from tracer.syscalls.model import CONTROL, IN, OUT, Arg, Syscall, call, memory
from tracer.syscalls.pipes import sendfile
from tracer.syscalls.structures import OLD_SIGSET, TIME

_TIME64: Final = (
    "clock_gettime64 clock_settime64 clock_adjtime64 timer_gettime64 timer_settime64 timerfd_gettime64 "
    "timerfd_settime64 clock_getres_time64 clock_nanosleep_time64 utimensat_time64 pselect6_time64 ppoll_time64 "
    "io_pgetevents_time64 recvmmsg_time64 mq_timedsend_time64 mq_timedreceive_time64 semtimedop_time64 "
    "rt_sigtimedwait_time64 futex_time64 sched_rr_get_interval_time64"
)
"""Forms with `__kernel_timespec`, which has 64-bit seconds."""
_WIDE_USERS: Final = (
    "getuid32 geteuid32 getgid32 getegid32 setuid32 setgid32 setfsuid32 setfsgid32 setreuid32 setregid32 "
    "setresuid32 setresgid32 getresuid32 getresgid32 getgroups32 setgroups32 chown32 lchown32 fchown32"
)
"""Forms with users and groups of 32 bits, as everywhere else; the plain names have 16 (fs/open.c,
kernel/uid16.c)."""
_RENAMED: Final = {"_newselect": "select", "fcntl64": "fcntl", "ugetrlimit": "getrlimit"}


def forms(native: Mapping[str, Syscall]) -> dict[str, Syscall]:
    """The calls that are a `native` one under another name."""
    found = {name: (_plain(name), I386_TIME64) for name in _TIME64.split()}
    found |= {name: (name.removesuffix("32"), I386) for name in _WIDE_USERS.split()}
    found |= {name: (of, I386) for name, of in _RENAMED.items()}
    return {name: adapted(native[of], model, name) for name, (of, model) in found.items()}


def _plain(name: str) -> str:
    return name.removesuffix("_time64") if name.endswith("_time64") else name.removesuffix("64")


def _scalar(name: str, text: str = "", returns: str = "int", like: str = "") -> Syscall:
    return call(name, *values(text), returns=returns)._replace(like=like)


def _of_users() -> tuple[Syscall, ...]:
    """Users and groups of 16 bits, each written by itself (kernel/uid16.c)."""
    three = [
        call(name, *(struct_out(f"{which}id", "short*", 2) for which in "res"))
        for name in ("getresuid", "getresgid")
    ]
    got = memory(OUT, CONTROL, times(2, RESULT), given=more(int_arg("size"), 0), on=POSITIVE, what="gids")
    groups = (
        call("getgroups", value("size"), Arg("list", "gids16", (got,))),
        call(
            "setgroups", value("size"),
            struct_in("list", "gids16", times(2, int_arg("size")), on=unless("EPERM", "EINVAL")),
        ),
    )  # fmt: skip
    changes = (
        *(_scalar(name, "id:uid16") for name in ("setuid", "setgid", "setfsuid", "setfsgid")),
        *(_scalar(name, "rid:uid16 eid:uid16") for name in ("setreuid", "setregid")),
        *(_scalar(name, "rid:uid16 eid:uid16 sid:uid16") for name in ("setresuid", "setresgid")),
        *(call(name, path(), *values("owner:uid16 group:uid16")) for name in ("chown", "lchown")),
        _scalar("fchown", "fd:fd owner:uid16 group:uid16"),
    )
    return (*three, *groups, *changes)


_CHECKED: Final = unless("EINVAL")
_STAT64: Final = struct_out("statbuf", "stat64", size_of("stat64"))
_OLD_STAT: Final = struct_out("statbuf", "old_stat", size_of("old_stat"))


def _of_files() -> tuple[Syscall, ...]:
    at = call(
        "fstatat64", dirfd(), path(on=_CHECKED), _STAT64, flags("flags", "at"), unknown=failed("EINVAL")
    )  # fmt: skip
    # EINVAL when the size is wrong, before the path is looked at (`compat_sys_statfs64`, fs/statfs.c).
    statfs64 = struct_out("buf", "statfs64", size_of("statfs64"))
    name_length = member(EXIT, "dirp", arg("dirp"), "old_dirent", "namlen")
    entry = plus(plus(offset_of("old_dirent", "name"), 1), name_length)
    seen = memory(OUT, CONTROL, 300, on=POSITIVE, counted=False)
    written = memory(OUT, CONTROL, entry, on=POSITIVE, capture=0, what="old_linux_dirent")
    return (
        *(call(name, path(), _STAT64)._replace(like=name[:-2]) for name in ("stat64", "lstat64")),
        call("fstat64", fd(), _STAT64)._replace(like="fstat"),
        at._replace(like="newfstatat"),
        *(call(name, path(), _OLD_STAT) for name in ("oldstat", "oldlstat")),
        call("oldfstat", fd(), _OLD_STAT),
        call("statfs64", path(on=_CHECKED), value("sz", "size"), statfs64)._replace(like="statfs"),
        call("fstatfs64", fd(), value("sz", "size"), statfs64)._replace(like="fstatfs"),
        call("truncate64", path(on=_CHECKED), value("length", "loff"), unknown=failed("EINVAL")),
        _scalar("ftruncate64", "fd:fd length:loff", like="ftruncate"),
        _scalar("fadvise64_64", "fd:fd offset:loff len:loff advice:const:fadvise", like="fadvise64"),
        call(
            "_llseek", fd(), value("offset_high", "nothing"), value("offset_low", "high_low"),
            struct_out("result", "offset*", 8), constant("whence", "whence"),
        ),
        sendfile("sendfile64", 8, "offset*")._replace(like="sendfile"),
        call("readdir", fd(), Arg("dirp", "old_dirent", (seen, written)), value("count", "uint")),
        call("umount", path("target")),
        call("utime", path(), struct_in("times", "utimbuf", size_of("utimbuf"))),
        _scalar(
            "mmap2",
            "addr:address length:size prot:flags:prot flags:flags:mmap_flags fd:mmap_fd offset:page_offset",
            "address", like="mmap",
        ),
    )  # fmt: skip


def _set(name: str, way_in: bool) -> Arg:
    make = struct_in if way_in else struct_out
    return make(name, "old_sigset", OLD_SIGSET)


_OF_SIGNALS: Final = (
    call(
        "sigaction", value("signum", "signal"), struct_in("act", "old_sigaction", size_of("old_sigaction")),
        struct_out("oldact", "old_sigaction", size_of("old_sigaction")),
    )._replace(like="rt_sigaction"),
    call("sigprocmask", constant("how", "sigprocmask"), _set("set", True), _set("oldset", False))._replace(
        like="rt_sigprocmask"
    ),
    call("sigpending", _set("set", False)),
    _scalar("sigsuspend", "unused1:nothing unused2:nothing mask:old_mask"),
    _scalar("signal", "signum:signal handler:handler", "handler"),
    _scalar("sgetmask", "", "hex"),
    _scalar("ssetmask", "newmask:old_mask", "hex"),
    # The frames of 32-bit handlers are not looked at.
    call("sigreturn", returns="restored", unknown=ALWAYS),
)  # fmt: skip


def _set_thread_area() -> Syscall:
    """The entry's number is written back when the kernel was to choose it (`do_set_thread_area`,
    arch/x86/kernel/tls.c)."""
    read = memory(IN, CONTROL, size_of("user_desc"), what="user_desc")
    chosen = same(member(ENTRY, "u_info", arg("u_info"), "user_desc", "entry_number"), 0xFFFFFFFF)
    written = memory(OUT, CONTROL, 4, given=chosen, on=SUCCEEDED, capture=NEVER, what="entry_number")
    return call("set_thread_area", Arg("u_info", "user_desc", (read, written)))


def _get_thread_area() -> Syscall:
    number = memory(IN, CONTROL, 4, what="entry_number")
    got = memory(OUT, CONTROL, size_of("user_desc"), on=SUCCEEDED, what="user_desc")
    return call("get_thread_area", Arg("u_info", "user_desc", (number, got)))


_OF_THE_MACHINE: Final = (
    call("olduname", struct_out("buf", "old_utsname", 325)),
    call("oldolduname", struct_out("buf", "oldest_utsname", 45)),
    call("stime", struct_in("t", "time_t*", TIME)),
    call("time", struct_out("tloc", "time_t*", TIME), returns="time"),
    _scalar("nice", "inc:int"),
    call(
        "waitpid", value("pid", "pid"), struct_out("wstatus", "wait_status", 4, on=POSITIVE),
        flags("options", "wait"), returns="pid",
    )._replace(like="wait4"),
    _set_thread_area(),
    _get_thread_area(),
    call("vm86old", value("info", "address"), unknown=ALWAYS),
    call("vm86", value("cmd", "hex"), value("info", "address"), unknown=ALWAYS),
)  # fmt: skip

CALLS: Final[tuple[Syscall, ...]] = (*_of_users(), *_of_files(), *_OF_SIGNALS, *_OF_THE_MACHINE)
"""What only i386 has, and what it has in another form than the 64-bit call of the same name."""
