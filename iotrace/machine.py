"""What the kernel, the CPUs and the terminal allow: the checks of `iotrace doctor` that only look."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from iotrace.bpf_needs import version
from iotrace.doctor_check import Check, limited, missing, ok
from iotrace.failures import yama_scope

_CAP_SYS_PTRACE: Final = 19
_SMALLEST: Final = (80, 24)


def versions() -> Check:
    """Python and the kernel. PTRACE_GET_SYSCALL_INFO came with Linux 5.3 (ptrace(2))."""
    found = f"Python {platform.python_version()}, Linux {platform.release()} {platform.machine()}"
    if version(platform.release()) < (5, 3):
        return missing("versions", found, "Tracing needs Linux 5.3 or newer.")
    return ok("versions", found)


def yama() -> Check:
    """Which processes may be traced (Documentation/admin-guide/LSM/Yama.rst)."""
    scope = yama_scope()
    if scope in (None, 0):
        return ok("yama", "does not restrict tracing")
    if scope == 1:
        if capabilities() >> _CAP_SYS_PTRACE & 1:
            return ok("yama", "scope 1, and we may trace any process (CAP_SYS_PTRACE)")
        return limited(
            "yama",
            "scope 1: only programs that iotrace starts",
            "For `attach`: sudo sysctl kernel.yama.ptrace_scope=0",
        )
    advice = "sudo sysctl kernel.yama.ptrace_scope=1" if scope == 2 else "It stays so until the next boot."
    return missing("yama", f"scope {scope}", advice)


def processors() -> Check:
    """CPUs, and whether capture may choose on which it runs with the program."""
    allowed = os.sched_getaffinity(0)
    found = f"{len(allowed)} of {os.cpu_count()} CPUs"
    try:
        os.sched_setaffinity(0, {min(allowed)})
        os.sched_setaffinity(0, allowed)
    except OSError as error:
        return limited(
            "cpus", f"{found}, pinning is refused: {error.strerror}", "Times are less exact: use --pin off."
        )
    return ok("cpus", f"{found}, pinning works: one CPU with the program while it has one thread")


def terminal(environment: Mapping[str, str]) -> Check:
    """Whether the live view can be shown."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return limited(
            "terminal", "stdin or stdout is not a terminal", "`run` prints a report instead of the live view."
        )
    size = shutil.get_terminal_size()
    colours = (
        "without colour (NO_COLOR)"
        if environment.get("NO_COLOR")
        else environment.get("COLORTERM") or "256 colours"
    )
    found = f"{environment.get('TERM', '?')}, {size.columns}x{size.lines}, {colours}"
    if size.columns < _SMALLEST[0] or size.lines < _SMALLEST[1]:
        return limited("terminal", found, "Make it at least 80x24.")
    return ok("terminal", found)


def capabilities() -> int:
    """The effective capabilities of this process as a bit set (proc(5), CapEff)."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("CapEff:"):
            return int(line.split()[1], 16)
    return 0
