"""All declarations, by ABI and number.

The declarations are written for 64-bit machines. 32-bit and x32 programs use other layouts for whatever
contains a pointer, a long or a time; for them only the calls of `_SAME_EVERYWHERE` are declared, the rest stays
visible with raw arguments.
"""

from __future__ import annotations

from functools import cache
from types import MappingProxyType
from typing import Final

from tracer.syscalls import (
    aio,
    attributes,
    control,
    files,
    futex,
    identity,
    ipc,
    machine,
    memory,
    message_queues,
    messages,
    mounts,
    observing,
    pipes,
    placement,
    polling,
    processes,
    read_write,
    security,
    signals,
    sockets,
    timers,
    uring,
    vectors,
)
from tracer.syscalls.epoll import epoll_calls
from tracer.syscalls.model import Syscall
from tracer.syscalls.names import numbers

_FAMILIES: Final = (
    read_write, vectors, pipes, polling, sockets, messages, files, control, memory, processes, signals, timers,
    futex, aio, uring, identity, ipc, message_queues, attributes, mounts, security, observing, placement, machine,
)  # fmt: skip
_X86_64, _I386, _X32, _AARCH64 = 0, 1, 2, 3
_EPOLL_EVENT: Final = {_X86_64: 12, _AARCH64: 16}
_STAT: Final = {_X86_64: 144, _AARCH64: 128}

_SAME_EVERYWHERE: Final = frozenset((
    "read", "write", "pread64", "pwrite64", "lseek", "getrandom", "pipe", "pipe2", "tee", "poll",
    "epoll_create", "epoll_create1", "epoll_ctl", "epoll_wait", "socket", "socketpair", "bind", "listen",
    "connect", "accept", "accept4", "shutdown", "getsockname", "getpeername", "sendto", "recvfrom", "open",
    "creat", "openat", "access", "faccessat", "faccessat2", "chdir", "chroot", "rmdir", "unlink", "unlinkat",
    "mkdir", "mkdirat", "mknod", "mknodat", "chmod", "fchmodat", "chown", "lchown", "fchownat", "rename",
    "renameat", "renameat2", "link", "linkat", "symlink", "symlinkat", "readlink", "readlinkat", "getcwd",
    "close", "close_range", "dup", "dup2", "dup3", "fsync", "fdatasync", "sync", "syncfs", "flock", "fchdir",
    "fchmod", "fchown", "umask", "inotify_init", "inotify_init1", "inotify_add_watch", "inotify_rm_watch",
    "getdents64", "memfd_create", "statx", "munmap", "mprotect", "mremap", "madvise", "msync", "mlock",
    "munlock", "brk", "mmap", "fork", "vfork", "exit", "exit_group", "set_tid_address", "getpid", "gettid",
    "getppid", "getpgrp", "setsid", "getuid", "geteuid", "getgid", "getegid", "getpgid", "getsid", "setpgid",
    "sched_yield", "uname", "getpriority", "setpriority", "kill", "tkill", "tgkill", "pause", "alarm",
    "eventfd", "eventfd2", "timerfd_create", "rt_sigpending", "rt_sigsuspend", "signalfd", "signalfd4",
    "prctl",
))  # fmt: skip
"""Calls whose memory is laid out alike for 32-bit programs: bytes, text, ints, pollfds, x86's packed events."""

_ONLY_64_BIT: Final = {_I386: frozenset({"mmap"}), _X32: frozenset[str]()}
"""i386's mmap takes a structure."""


@cache
def declarations(abi: int) -> MappingProxyType[int, Syscall]:
    """All declared calls of an ABI (a `tracer.wire.Abi`), by number; empty for an ABI nobody described."""
    known = numbers(abi)
    if abi in _EPOLL_EVENT:
        declared = _native(abi)
    elif abi in _ONLY_64_BIT:
        allowed = _SAME_EVERYWHERE - _ONLY_64_BIT[abi]
        declared = {name: call for name, call in _native(_X86_64).items() if name in allowed}
    else:
        declared = {}
    return MappingProxyType({known[name]: call for name, call in declared.items() if name in known})


@cache
def _native(abi: int) -> dict[str, Syscall]:
    calls = [call for family in _FAMILIES for call in family.CALLS]
    calls += epoll_calls(_EPOLL_EVENT[abi])
    calls += files.stat_calls(_STAT[abi])
    return {call.name: call for call in calls}


def declaration_of(abi: int, nr: int) -> Syscall | None:
    """The declaration of a call, or None for one that is not declared (its copies are unknown)."""
    return declarations(abi).get(nr & 0x3FFFFFFF if abi == _X32 else nr)
