"""Classes of system calls: `%net`, `%file` and so on, from the declarations.

They are those of strace (strace(1), --trace) where it has them, with two differences: `%desc` has the calls on
sockets too, which take a descriptor like any other; calls that take a path by a newer variant belong to `%file`
with the older ones. `%wait`, `%aio` and `%time` are our own.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from tracer.analyze.calls import WAITS
from tracer.syscalls import aio, ipc, memory, message_queues, messages, placement, signals, sockets, timers, uring
from tracer.syscalls.model import PATH, Syscall
from tracer.syscalls.table import declarations
from tracer.wire import Abi

CLASSES: Final = {
    "net": "sockets and messages",
    "file": "calls that take a path",
    "desc": "calls that take or return a descriptor",
    "wait": "calls made to sleep: select, poll, epoll_wait, wait4, nanosleep, pause, futex, ...",
    "signal": "signals: handlers, masks, sending, waiting",
    "process": "birth, end and control of processes",
    "memory": "memory mappings and their policy",
    "aio": "asynchronous I/O: io_submit, io_uring_enter, ...",
    "time": "clocks, sleeps and timers",
    "ipc": "System V and POSIX message queues, semaphores, shared memory",
}
"""Every class, with what it is for the completion."""
ALIASES: Final = {"network": "net", "mem": "memory", "sig": "signal", "proc": "process", "clock": "time"}

_PROCESS: Final = frozenset(
    "clone clone2 clone3 fork vfork execve execveat exit exit_group wait4 waitid waitpid kill tkill tgkill "
    "rt_sigqueueinfo rt_tgsigqueueinfo pidfd_send_signal pidfd_open".split()
)
_WAIT: Final = WAITS | frozenset(
    "wait4 waitid waitpid pause rt_sigsuspend sigsuspend nanosleep clock_nanosleep io_uring_enter futex futex_wait "
    "futex_waitv epoll_wait_old".split()
)
_TAKES_A_DESCRIPTOR: Final = frozenset({"fd", "dirfd", "mmap_fd", "fds", "fdset", "pollfds"})
_VARIANT: Final = re.compile(r"^_new(?=select)|(_time(32|64)|32|64)$")


def _names(*families: tuple[Syscall, ...]) -> frozenset[str]:
    return frozenset(call.name for family in families for call in family)


@cache
def members(name: str) -> frozenset[str]:
    """The calls of a class. Raises KeyError when there is none of that name."""
    declared = declarations(Abi.X86_64).values()
    match name:
        case "net":
            return _names(sockets.CALLS, messages.CALLS) | {"sendfile"}
        case "file":
            return frozenset(call.name for call in declared if _takes_a_path(call)) - {"bpf", "quotactl_fd"} | {
                "getcwd"
            }
        case "desc":
            return frozenset(call.name for call in declared if _takes_a_descriptor(call)) | {"pipe", "pipe2"}
        case "wait":
            return _WAIT
        case "signal":
            return _names(signals.CALLS)
        case "process":
            return _PROCESS
        case "memory":
            return _names(memory.CALLS, placement.CALLS) - {"cachestat", "membarrier"} | {"shmat", "shmdt"}
        case "aio":
            return _names(aio.CALLS, uring.CALLS)
        case "time":
            return _names(timers.CALLS)
        case "ipc":
            return _names(ipc.CALLS, message_queues.CALLS)
    raise KeyError(name)


def is_member(call: str, name: str) -> bool:
    """Whether the call named `call`, or the call it is a 32-bit variant of, is in class `name`."""
    calls = members(name)
    return call in calls or plain(call) in calls


def plain(call: str) -> str:
    """The call that `call` is a 32-bit variant of; itself when it is none."""
    return _VARIANT.sub("", call)


def _takes_a_path(call: Syscall) -> bool:
    return any(each.reads == "path" or any(copy.shape == PATH for copy in each.copies) for each in call.args)


def _takes_a_descriptor(call: Syscall) -> bool:
    return call.returns == "fd" or any(each.reads in _TAKES_A_DESCRIPTOR for each in call.args)
