"""Whether the kernel offers what the workloads `io-uring` and `linux-aio` need, found out by asking it."""

from __future__ import annotations

import ctypes
import errno
import os
import platform
from typing import Final

from iotrace.doctor_check import Check, limited, ok
from tracer.syscalls.names import number_of
from tracer.wire import Abi

_ABIS: Final = {"x86_64": Abi.X86_64, "aarch64": Abi.AARCH64}
_PARAMS_BYTES: Final = 120
"""sizeof(struct io_uring_params), io_uring_setup(2)."""


def io_uring() -> Check:
    """io_uring_setup(2): may be switched off by a sysctl or by a container's seccomp filter."""
    failed, ring = _call("io_uring_setup", 1, ctypes.create_string_buffer(_PARAMS_BYTES))
    if failed:
        return limited(
            "io_uring",
            f"refused: {errno.errorcode.get(failed, failed)}",
            "Only the model io-uring needs it. See kernel.io_uring_disabled, and the container's seccomp profile.",
        )
    os.close(ring)
    return ok("io_uring", "available")


def aio() -> Check:
    """io_setup(2): native AIO."""
    context = ctypes.c_ulong(0)
    failed, _ = _call("io_setup", 1, ctypes.byref(context))
    if failed:
        return limited(
            "aio",
            f"refused: {errno.errorcode.get(failed, failed)}",
            "Only the model linux-aio needs it. See /proc/sys/fs/aio-max-nr, and the container's seccomp profile.",
        )
    _call("io_destroy", context)
    return ok("aio", "available")


def _call(name: str, *arguments: object) -> tuple[int, int]:
    """The errno (0 = none) and the result of a system call."""
    abi = _ABIS.get(platform.machine())
    number = None if abi is None else number_of(abi, name)
    if number is None:
        return errno.ENOSYS, -1
    libc = ctypes.CDLL(None, use_errno=True)
    result: int = libc.syscall(ctypes.c_long(number), *arguments)
    return (ctypes.get_errno() if result < 0 else 0), result
