"""What programs that count in the kernel must know of each call number, as the table that they are given."""

from __future__ import annotations

from typing import Final

from tracer.capture.ebpf.machines import Machine, here
from tracer.capture.ebpf.top_layout import CALLS, NARROW_CALLS
from tracer.syscalls.names import numbers
from tracer.syscalls.waits import MILLISECONDS, TIME_STRUCTS
from tracer.wire import Abi

_READS, _WRITES, _WAITS_MS, _WAITS_STRUCT, _RESTORES, _EXECUTES, _MULTIPLEXED, _COMPLETES = range(1, 9)
"""`enum means` in means.h."""
_NARROW: Final = 0x80
_SINGLE: Final = {
    **dict.fromkeys(("read", "pread64", "readv", "preadv", "preadv2", "recvfrom", "recvmsg"), _READS),
    **dict.fromkeys(("write", "pwrite64", "writev", "pwritev", "pwritev2", "sendto", "sendmsg"), _WRITES),
    **dict.fromkeys(("rt_sigreturn", "sigreturn"), _RESTORES),
    **dict.fromkeys(("execve", "execveat"), _EXECUTES),
    "socketcall": _MULTIPLEXED,
    "io_uring_enter": _COMPLETES,
}
"""Calls whose result is how many bytes of data they took or gave; and those that are to be treated apart."""
_WIDE_ON_I386: Final = ("epoll_pwait2",)
"""It came when times had 64 bits already (SYSCALL_DEFINE6(epoll_pwait2), fs/eventpoll.c)."""


def table(machine: Machine | None = None) -> bytes:
    """A byte for each call number of a machine (default: this one), those of 32-bit programs behind its own, and of
    x32, whose numbers differ where its calls do."""
    machine = machine or here()
    found = bytearray(CALLS)
    own = (Abi.X32, Abi.X86_64) if machine.native is Abi.X86_64 else (machine.native,)
    for abi, begin, end in (*((abi, 0, NARROW_CALLS) for abi in own), (machine.narrow, NARROW_CALLS, CALLS)):
        for name, number in numbers(abi).items():
            if number < end - begin:  # ARM has a few beyond
                found[begin + number] = meaning(name, abi is machine.narrow)
    return bytes(found)


def meaning(name: str, i386: bool) -> int:
    """The byte of one call; `i386`: of a 32-bit program, of ARM too."""
    if name in _SINGLE:
        return _SINGLE[name]
    if name in MILLISECONDS:
        return _WAITS_MS | MILLISECONDS[name] << 4
    if name in TIME_STRUCTS and not (i386 and name == "select"):  # its arguments are all behind one pointer there
        narrow = i386 and not name.endswith("_time64") and name not in _WIDE_ON_I386
        return _WAITS_STRUCT | TIME_STRUCTS[name] << 4 | (_NARROW if narrow else 0)
    return 0
