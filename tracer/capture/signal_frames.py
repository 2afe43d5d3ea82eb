"""The frame a signal's handler ran on, looked at when the handler returns.

The kernel writes the frame between the signal-delivery stop and the handler's first instruction, where no tracer
stops. At rt_sigreturn's entry it is still there, just below the stack pointer (`get_sigframe`,
arch/x86/kernel/signal.c; `restore_sigcontext`, signal_64.c), and its size can be read from it.
"""

from __future__ import annotations

from collections import deque
from typing import Final

from tracer.capture.memory import word
from tracer.capture.threads import Thread
from tracer.wire import NO_ARG, Abi, When

_FPSTATE: Final = 232
"""Offset in struct rt_sigframe of the pointer to the saved FPU state."""
_SW_RESERVED: Final = 464
"""Offset in that state of struct _fpx_sw_bytes: magic1, extended_size, xfeatures, xstate_size."""
_SW_BYTES: Final = 48
_SIGINFO: Final = 312
_SIGINFO_COPIED: Final = 48
_RETURN_ADDRESS: Final = 8


def keep_frame(thread: Thread) -> None:
    """Keep one piece of 72 bytes: the frame's address, that of the FPU state in it, 1 if it has a siginfo (and
    0 if not), and the state's description. Nothing where the frame cannot be found."""
    pointer = _stack_pointer(thread) if thread.table.abi is Abi.X86_64 else 0
    if not pointer:
        return
    frame = pointer - _RETURN_ADDRESS
    state = word(thread.reader.peek(frame + _FPSTATE, 8), 0)
    described = thread.reader.peek(state + _SW_RESERVED, _SW_BYTES) if state else b""
    given = _is_of(thread.reader.peek(frame + _SIGINFO, _SIGINFO_COPIED), thread.signals)
    header = b"".join(value.to_bytes(8, "little") for value in (frame, state, int(given)))
    thread.reader.keep(NO_ARG, When.ENTRY, 0, header + described.ljust(_SW_BYTES, b"\0"))


def _is_of(siginfo: bytes, delivered: deque[bytes]) -> bool:
    """Whether a frame holds the siginfo of a signal whose handler may still run; forgets that one and later ones.

    Without SA_SIGINFO the place holds what the stack held before, maybe the siginfo of a handler that is over."""
    given = siginfo in delivered
    while delivered and delivered.pop() != siginfo and given:
        pass
    return given


def _stack_pointer(thread: Thread) -> int:
    """From `/proc/PID/task/TID/syscall`: number, six arguments, stack pointer, program counter."""
    try:
        with open(f"/proc/{thread.pid}/task/{thread.tid}/syscall", "rb") as file:
            return int(file.read().split()[7], 16)
    except (OSError, ValueError, IndexError):
        return 0
