"""What can go wrong on the command line, with its exit status; and what refusals to trace mean in words."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from iotrace.bpf_needs import lacking
from iotrace.shortage import lack_told

USAGE: Final = 2
OURS: Final = 125
CANNOT_RUN: Final = 126
NOT_FOUND: Final = 127
SIGNALLED: Final = 128

_YAMA: Final = Path("/proc/sys/kernel/yama/ptrace_scope")


class Failure(Exception):
    """Ends the command: `str()` is one to three lines for the user, `exit_status` what we exit with."""

    def __init__(self, message: str, exit_status: int) -> None:
        super().__init__(message)
        self.exit_status = exit_status


def cannot_trace(stage: str, errno: str, program: str, because: str | None = None) -> Failure:
    """What it means that capture could not begin: `stage` and `errno` as it reported them (its `failed` frame).

    `because`: why ptrace is refused, where that is known.
    """
    if stage == "exec":
        return cannot_run(program, errno)
    shortage = lack_told(errno)
    if shortage is not None:
        return Failure(f"cannot trace {program}: {shortage}", OURS)
    if stage == "hello":
        return Failure(
            f"the capture process ended before it could begin ({errno}).\nSee what works here: iotrace doctor", OURS
        )
    if stage == "ebpf":
        return _no_ebpf(errno)
    if stage == "filter":
        return Failure(
            f"--trace needs a seccomp filter that can call a tracer; this machine and kernel have none ({errno}).\n"
            "Leave --trace out: then all calls are traced.",
            OURS,
        )
    if errno == "EPERM":
        return Failure(
            f"tracing {program} is forbidden: ptrace says EPERM.\n{because or why_forbidden()}\n"
            "See what works here and how to get the rest: iotrace doctor",
            OURS,
        )
    if errno == "ESRCH":
        return Failure(f"there is no process {program}.\nSee the running ones with: ps -e", OURS)
    return Failure(f"cannot {stage} {program}: {errno}.\nSee what works here: iotrace doctor", OURS)


def _no_ebpf(errno: str) -> Failure:
    if errno == "EPERM":
        return Failure(
            "eBPF needs root, or CAP_BPF and CAP_PERFMON, outside of containers' user namespaces.\n"
            "Try: sudo iotrace ... --backend ebpf (the program itself still runs as you), or --backend ptrace",
            OURS,
        )
    return Failure(
        f"the BPF programs cannot be loaded: {errno}. {lacking()}\n"
        "What works here: --backend ptrace; see also: iotrace doctor",
        OURS,
    )


def cannot_run(program: str, errno: str) -> Failure:
    """Why a program cannot be run: 127 when it is not found, 126 otherwise, as shells have it."""
    messages = {
        "ENOENT": (
            f"{program} cannot be run: its interpreter (#! line, or dynamic loader) is not found.",
            NOT_FOUND,
        ),
        "ENOEXEC": (
            f"{program} is neither a program for this machine nor a script with a #! line.\n"
            f"If it is a shell script: iotrace run -- sh {program}",
            CANNOT_RUN,
        ),
        "EACCES": (
            f"{program} may not be run: permission denied.\nMake it executable: chmod +x {program}",
            CANNOT_RUN,
        ),
        "ETXTBSY": (f"{program} is being written by somebody; run it when it is complete.", CANNOT_RUN),
        "E2BIG": (f"{program} cannot be run: arguments and environment are too long.", CANNOT_RUN),
    }
    return Failure(*messages.get(errno, (f"{program} cannot be run: {errno}.", CANNOT_RUN)))


def cannot_step(reason: str) -> Failure:
    """Stepping needs somebody at a screen to say when to go on."""
    return Failure(f"--step needs the live view: {reason}.\nRun it in a terminal, or leave --step out.", USAGE)


def why_forbidden() -> str:
    """The most likely reason why ptrace is refused here, in one line."""
    scope = yama_scope()
    if scope == 3:
        return "kernel.yama.ptrace_scope is 3: nobody may trace anything until the next boot."
    if scope == 1:
        return (
            "kernel.yama.ptrace_scope is 1: only what iotrace itself starts (iotrace run -- ...). "
            "Use sudo, or: sysctl kernel.yama.ptrace_scope=0"
        )
    if scope == 2:
        return "kernel.yama.ptrace_scope is 2: only root may trace. Use sudo, or: sysctl kernel.yama.ptrace_scope=1"
    return (
        "Another tracer holds it, it is somebody else's, or a container forbids it (docker: --cap-add SYS_PTRACE)."
    )


def yama_scope() -> int | None:
    """kernel.yama.ptrace_scope (Documentation/admin-guide/LSM/Yama.rst), None where there is no Yama."""
    try:
        return int(_YAMA.read_text())
    except (OSError, ValueError):
        return None
