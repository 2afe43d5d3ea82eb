"""What `iotrace top` must know of each call number, as the table that its programs in the kernel are given."""

from __future__ import annotations

from typing import Final

from tracer.analyze.calls import MILLISECONDS, TIME_STRUCTS
from tracer.capture.ebpf.top_layout import CALLS, NARROW_CALLS
from tracer.syscalls.names import numbers
from tracer.wire import Abi

_READS, _WRITES, _WAITS_MS, _WAITS_STRUCT, _RESTORES, _EXECUTES, _MULTIPLEXED = range(1, 8)
"""`enum means` in top.bpf.c."""
_NARROW: Final = 0x80
_SINGLE: Final = {
    **dict.fromkeys(("read", "pread64", "readv", "preadv", "preadv2", "recvfrom", "recvmsg"), _READS),
    **dict.fromkeys(("write", "pwrite64", "writev", "pwritev", "pwritev2", "sendto", "sendmsg"), _WRITES),
    **dict.fromkeys(("rt_sigreturn", "sigreturn"), _RESTORES),
    **dict.fromkeys(("execve", "execveat"), _EXECUTES),
    "socketcall": _MULTIPLEXED,
}
"""Calls whose result is how many bytes of data they took or gave; and those that are to be treated apart."""
_WIDE_ON_I386: Final = ("epoll_pwait2",)
"""It came when times had 64 bits already (SYSCALL_DEFINE6(epoll_pwait2), fs/eventpoll.c)."""


def table() -> bytes:
    """A byte for each call number, those of i386 behind those of x86_64 and x32."""
    found = bytearray(CALLS)
    for abi, begin in ((Abi.X32, 0), (Abi.X86_64, 0), (Abi.I386, NARROW_CALLS)):
        for name, number in numbers(abi).items():
            found[begin + number] = meaning(name, abi is Abi.I386)
    return bytes(found)


def meaning(name: str, i386: bool) -> int:
    """The byte of one call."""
    if name in _SINGLE:
        return _SINGLE[name]
    if name in MILLISECONDS:
        return _WAITS_MS | MILLISECONDS[name] << 4
    if name in TIME_STRUCTS and not (i386 and name == "select"):  # its arguments are all behind one pointer there
        narrow = i386 and not name.endswith("_time64") and name not in _WIDE_ON_I386
        return _WAITS_STRUCT | TIME_STRUCTS[name] << 4 | (_NARROW if narrow else 0)
    return 0
