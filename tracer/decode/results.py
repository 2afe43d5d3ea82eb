"""What a call returned, in strace's words."""

from __future__ import annotations

import errno
import os
from functools import cache
from typing import Final

from tracer.decode.constants_files import open_flags
from tracer.decode.constants_process import signal_name
from tracer.decode.flags import flags_text
from tracer.decode.scalars import octal

INTERRUPTIONS: Final = {
    512: ("ERESTARTSYS", "To be restarted if SA_RESTART is set"),
    513: ("ERESTARTNOINTR", "To be restarted"),
    514: ("ERESTARTNOHAND", "To be restarted if no handler"),
    516: ("ERESTART_RESTARTBLOCK", "Interrupted by signal"),
}
"""Results that only a tracer sees: the call was interrupted and will begin again (include/linux/errno.h)."""
MAX_ERRNO: Final = 4095
_OTHER_NAMES: Final = {errno.EOPNOTSUPP: "EOPNOTSUPP", 515: "ENOIOCTLCMD", 524: "ENOTSUPP"}


@cache
def errno_name(number: int) -> str:
    """EAGAIN for 11; the number for one without a name."""
    return _OTHER_NAMES.get(number) or errno.errorcode.get(number, str(number))


def is_interrupted(result: int) -> bool:
    """Whether the result is one of the kernel's restart codes."""
    return -result in INTERRUPTIONS


def is_error(result: int) -> bool:
    """Whether the result is an errno (and not an interruption)."""
    return -MAX_ERRNO <= result < 0 and -result not in INTERRUPTIONS


@cache
def failure_text(number: int) -> str:
    """-1 EAGAIN (Resource temporarily unavailable), or ? ERESTARTSYS (To be restarted ...)."""
    if number in INTERRUPTIONS:
        name, meaning = INTERRUPTIONS[number]
        return f"? {name} ({meaning})"
    return f"-1 {errno_name(number)} ({os.strerror(number)})"


def result_text(result: int, returns: str, args: tuple[int, ...] = (), machine: str = "x86_64") -> str:
    """`result` as the declaration's `returns` says it reads; what fcntl returns depends on its command, and what
    its flags are called on the machine."""
    if returns == "restored":
        # The register holds what the interrupted code had in it.
        return "?"
    if -MAX_ERRNO <= result < 0:
        return failure_text(-result)
    if machine == "i386":  # the kernel's registers have 64 bits, the program sees 32 of them
        result &= 0xFFFFFFFF
    if returns in ("address", "hex"):
        return f"{result & 0xFFFFFFFFFFFFFFFF:#x}"
    if returns == "fcntl" and len(args) > 1:
        return _fcntl_text(result, args[1] & 0xFFFFFFFF, machine)
    if returns == "handler":
        name = {0: " (SIG_DFL)", 1: " (SIG_IGN)"}.get(result, "")
        return f"{result & 0xFFFFFFFF:#x}{name}" if result else f"0{name}"
    if returns == "mode":
        return octal(result & 0xFFFF)
    if returns == "signal":
        return f"{result} ({signal_name(result)})" if result else "0"
    if returns == "ready":
        return f"{result} (Timeout)" if result == 0 else str(result)
    return str(result)


_F_GETFD, _F_GETFL, _F_GETSIG = 1, 3, 11


def _fcntl_text(result: int, command: int, machine: str) -> str:
    if command == _F_GETFL:
        return f"{result:#x} (flags {flags_text(result, open_flags(machine))})"
    if command == _F_GETFD:
        return f"{result:#x} (flags FD_CLOEXEC)" if result & 1 else str(result)
    return f"{result} ({signal_name(result)})" if command == _F_GETSIG and result else str(result)
