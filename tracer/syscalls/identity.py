"""Who a process is, what it may use, and what the machine is: mostly registers."""

from __future__ import annotations

from typing import Final

from tracer.syscalls.arguments import constant, struct_in, struct_out, value, values
from tracer.syscalls.expression import (
    NEVER,
    RESULT,
    SUCCEEDED,
    arg,
    failed,
    int_arg,
    least,
    more,
    same,
    times,
    unless,
    was,
)
from tracer.syscalls.model import CONTROL, IN, OUT, Arg, Syscall, call, memory
from tracer.syscalls.structures import RLIMIT, RLIMIT64, RUSAGE, SYSINFO, TIMESPEC, UTSNAME


def _scalar(name: str, text: str = "", returns: str = "int") -> Syscall:
    return call(name, *values(text), returns=returns)


def _three(name: str, prefix: str) -> Syscall:
    return call(name, *(struct_out(f"{which}{prefix}id", "int*", 4) for which in "res"))


_SCHED_ATTR: Final = 56
_SCHED_ATTR_FIRST: Final = 48
"""SCHED_ATTR_SIZE_VER0, meant by a size of 0."""


def _sched_attr() -> Arg:
    """The size it begins with is read first, then so much of it (`sched_copy_attr`, kernel/sched/syscalls.c)."""
    asked = was("attr")
    seen = memory(IN, CONTROL, _SCHED_ATTR, counted=False)
    size = memory(IN, CONTROL, 4, on=unless("EINVAL"), capture=NEVER, what="size")
    fits = unless("EINVAL", "E2BIG")
    whole = memory(
        IN, CONTROL, least(asked, _SCHED_ATTR), given=more(asked, 0), on=fits, capture=NEVER, what="attr"
    )
    first = memory(IN, CONTROL, _SCHED_ATTR_FIRST, given=same(asked, 0), on=fits, capture=NEVER, what="attr")
    return Arg("attr", "struct:sched_attr", (seen, size, whole, first))


CALLS: Final[tuple[Syscall, ...]] = (
    *(_scalar(name, returns="pid") for name in ("getpid", "gettid", "getppid", "getpgrp", "setsid")),
    *(_scalar(name) for name in ("getuid", "geteuid", "getgid", "getegid", "sched_yield", "vhangup")),
    *(_scalar(name, "id:uid") for name in ("setuid", "setgid", "setfsuid", "setfsgid")),
    *(_scalar(name, "rid:uid eid:uid") for name in ("setreuid", "setregid")),
    *(_scalar(name, "rid:uid eid:uid sid:uid") for name in ("setresuid", "setresgid")),
    _scalar("getpgid", "pid:pid", "pid"),
    _scalar("getsid", "pid:pid", "pid"),
    _scalar("setpgid", "pid:pid pgid:pid"),
    _three("getresuid", "u"),
    _three("getresgid", "g"),
    call("getgroups", value("size"), Arg("list", "gids", (
        memory(OUT, CONTROL, times(4, RESULT), given=more(int_arg("size"), 0), on=SUCCEEDED, what="gids"),
    ))),
    call(
        "setgroups", value("size"),
        struct_in("list", "gids", times(4, int_arg("size")), on=unless("EPERM", "EINVAL")),
    ),
    _scalar("personality", "persona:hex"),
    call("uname", struct_out("buf", "utsname", UTSNAME)),
    call("sysinfo", struct_out("info", "sysinfo", SYSINFO)),
    call("getrusage", constant("who", "rusage_who"), struct_out("usage", "rusage", RUSAGE)),
    call("getrlimit", constant("resource", "rlimit"), struct_out("rlim", "rlimit", RLIMIT)),
    call("setrlimit", constant("resource", "rlimit"), struct_in("rlim", "rlimit", RLIMIT)),
    call(
        "prlimit64", value("pid", "pid"), constant("resource", "rlimit"),
        struct_in("new_limit", "rlimit64", RLIMIT64), struct_out("old_limit", "rlimit64", RLIMIT64),
    ),
    call("getcpu", struct_out("cpu", "int*", 4), struct_out("node", "int*", 4), value("unused", "address")),
    _scalar("getpriority", "which:const:priority who:int"),
    _scalar("setpriority", "which:const:priority who:int prio:int"),
    _scalar("ioprio_get", "which:const:ioprio who:int"),
    _scalar("ioprio_set", "which:const:ioprio who:int ioprio:int"),
    call("sched_getaffinity", value("pid", "pid"), value("cpusetsize", "size"), Arg("mask", "cpuset", (
        memory(OUT, CONTROL, RESULT, on=SUCCEEDED, what="cpu mask"),
    ))),
    # The kernel reads min(cpusetsize, its own mask's size), which is not in the registers.
    call(
        "sched_setaffinity", value("pid", "pid"), value("cpusetsize", "size"),
        Arg("mask", "cpuset", (memory(IN, CONTROL, arg("cpusetsize"), counted=False),)), unknown=unless("ENOSYS"),
    ),
    call("sched_getparam", value("pid", "pid"), struct_out("param", "int*", 4)),
    call("sched_setparam", value("pid", "pid"), struct_in("param", "int*", 4, on=unless("EINVAL")),
         unknown=failed("EINVAL")),
    _scalar("sched_getscheduler", "pid:pid"),
    call("sched_setscheduler", value("pid", "pid"), constant("policy", "sched_policy"),
         struct_in("param", "int*", 4, on=unless("EINVAL")), unknown=failed("EINVAL")),
    call("sched_setattr", value("pid", "pid"), _sched_attr(), value("flags", "hex"),
         unknown=failed("EINVAL", "E2BIG")),
    call(
        "sched_getattr", value("pid", "pid"),
        struct_out("attr", "struct:sched_attr", least(arg("size"), _SCHED_ATTR)), value("size", "uint"),
        value("flags", "hex"),
    ),
    _scalar("sched_get_priority_max", "policy:const:sched_policy"),
    _scalar("sched_get_priority_min", "policy:const:sched_policy"),
    call("sched_rr_get_interval", value("pid", "pid"), struct_out("tp", "timespec", TIMESPEC)),
    _scalar("eventfd", "initval:uint", "fd"),
    _scalar("eventfd2", "initval:uint flags:flags:eventfd", "fd"),
    _scalar("userfaultfd", "flags:flags:descriptor", "fd"),
    _scalar("kcmp", "pid1:pid pid2:pid type:int idx1:hex idx2:hex"),
    call("syslog", value("type"), Arg("bufp", "buffer", (
        memory(OUT, CONTROL, RESULT, on=SUCCEEDED, what="log"),
    )), value("len", "int"), unknown=SUCCEEDED),
)  # fmt: skip
