"""The ptrace requests the capture loop uses, on python-ptrace's raw binding.

python-ptrace declares the libc function and the classic constants; the requests and options that came later
(PTRACE_SEIZE and friends, ptrace(2)) are added here. The library's own `ptrace()` formats a message on each
failure, and ESRCH is daily business for a tracer (a thread died while it was stopped), so the hot path calls
the bound libc function directly and treats a negative result as "gone".
"""

from __future__ import annotations

import ctypes
import errno
import os
from struct import Struct
from typing import Final

from ptrace.binding import func

SEIZE: Final = 0x4206
INTERRUPT: Final = 0x4207
LISTEN: Final = 0x4208
GET_SYSCALL_INFO: Final = 0x420E
SYSCALL: Final[int] = func.PTRACE_SYSCALL
CONT: Final[int] = func.PTRACE_CONT
DETACH: Final[int] = func.PTRACE_DETACH
GETSIGINFO: Final[int] = func.PTRACE_GETSIGINFO
GETEVENTMSG: Final[int] = func.PTRACE_GETEVENTMSG
PEEKUSER: Final[int] = func.PTRACE_PEEKUSER
POKEUSER: Final[int] = func.PTRACE_POKEUSER

OPTIONS: Final[int] = (
    func.PTRACE_O_TRACESYSGOOD
    | func.PTRACE_O_TRACEFORK
    | func.PTRACE_O_TRACEVFORK
    | func.PTRACE_O_TRACECLONE
    | func.PTRACE_O_TRACEEXEC
    | func.PTRACE_O_TRACEEXIT
)
FOLLOW_PROCESSES: Final[int] = func.PTRACE_O_TRACEFORK | func.PTRACE_O_TRACEVFORK
"""Without these in the options, only threads are traced from their birth on (and processes born by a clone(2) whose
exit signal is not SIGCHLD)."""
TRACESECCOMP: Final = 0x00000080
"""PTRACE_O_TRACESECCOMP: a seccomp filter's SECCOMP_RET_TRACE stops the thread."""
EXITKILL: Final = 0x00100000
"""PTRACE_O_EXITKILL: the kernel kills every tracee when the tracer ends, however it ends."""

EVENT_FORK: Final[int] = func.PTRACE_EVENT_FORK
EVENT_VFORK: Final[int] = func.PTRACE_EVENT_VFORK
EVENT_CLONE: Final[int] = func.PTRACE_EVENT_CLONE
EVENT_EXEC: Final[int] = func.PTRACE_EVENT_EXEC
EVENT_EXIT: Final[int] = func.PTRACE_EVENT_EXIT
EVENT_SECCOMP: Final = 7
EVENT_STOP: Final = 128

WALL: Final = 0x40000000
"""__WALL: wait for children of every kind, threads too (waitpid(2))."""

request = func._ptrace
"""`request(op, tid, addr, data)` -> unsigned long; `GONE` when it failed. errno is in ctypes.get_errno()."""
GONE: Final = ctypes.c_ulong(-1).value

quick_request = ctypes.PyDLL(None)["ptrace"]
"""The same libc function without python-ptrace's argument conversion: 0.3 us a call instead of 0.8.

For the hot path, where pid and request fit a C int and the other operands are 0 or ready-made pointers. It keeps
the interpreter lock (no other thread runs here, and these requests never block). Negative = failed."""

SYSCALL_ENTRY: Final = 1
SYSCALL_EXIT: Final = 2
SYSCALL_SECCOMP: Final = 3
"""Looks like an entry, with what the filter said after the arguments."""


class SyscallInfo:
    """One reusable buffer for PTRACE_GET_SYSCALL_INFO (struct ptrace_syscall_info, linux/ptrace.h)."""

    entry: Final = Struct("<B3xIQQQ6Q")
    """op, arch, instruction pointer, stack pointer, nr, args[6]."""
    exit: Final = Struct("<B3xIQQqB")
    """op, arch, instruction pointer, stack pointer, rval, is_error."""

    def __init__(self) -> None:
        self.buffer = bytearray(88)
        self._view = (ctypes.c_char * 88).from_buffer(self.buffer)
        self.pointer = ctypes.c_void_p(ctypes.addressof(self._view))


class PtraceRefused(Exception):
    """The kernel refused to let us trace a thread."""

    def __init__(self, stage: str, tid: int, number: int) -> None:
        super().__init__(f"{stage} of {tid}: {os.strerror(number)}")
        self.stage, self.tid, self.number = stage, tid, number


def seize(tid: int, options: int) -> None:
    """Attach to a running thread without stopping it.

    Raises:
        PtraceRefused: EPERM (other user, Yama, already traced, no CAP_SYS_PTRACE), ESRCH (gone), EIO.
    """
    if request(SEIZE, tid, 0, options) == GONE:
        raise PtraceRefused("seize", tid, ctypes.get_errno() or errno.EPERM)


def event_message(tid: int) -> int:
    """PTRACE_GETEVENTMSG: the new child's tid, the former tid of an exec, or an exit status; 0 if gone."""
    message = ctypes.c_ulong(0)
    request(GETEVENTMSG, tid, 0, ctypes.addressof(message))
    return message.value


def signal_information(tid: int) -> bytes:
    """The raw siginfo_t (128 bytes) of a signal-delivery stop; empty when the thread is gone."""
    buffer = ctypes.create_string_buffer(128)
    if request(GETSIGINFO, tid, 0, ctypes.addressof(buffer)) == GONE:
        return b""
    return buffer.raw
