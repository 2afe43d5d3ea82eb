"""The call a thread is inside, as the kernel tells anybody who may look: `/proc/PID/task/TID/syscall`.

Of a thread that runs it says nothing, whether it runs in a call or outside (proc_pid_syscall(5)).
"""

from __future__ import annotations

from typing import NamedTuple


class Inside(NamedTuple):
    """A call that a sleeping or stopped thread is inside."""

    nr: int
    args: tuple[int, ...]
    ip: int


def inside_of(pid: int, tid: int) -> Inside | None:
    """The call thread `tid` of process `pid` is inside; None when it is in none, runs, or may not be looked at."""
    try:
        with open(f"/proc/{pid}/task/{tid}/syscall", "rb") as file:
            nr, *numbers = file.read().split()
        if int(nr) < 0 or len(numbers) != 8:
            return None
        *args, _stack, ip = (int(number, 16) for number in numbers)
        return Inside(int(nr), tuple(args), ip)
    except (OSError, ValueError):  # "running", or no such file in this kernel
        return None


def is_running(pid: int, tid: int) -> bool:
    """Whether a thread runs or waits for a CPU (state R in `/proc/PID/task/TID/stat`); True when that cannot be
    read."""
    try:
        with open(f"/proc/{pid}/task/{tid}/stat", "rb") as file:
            return file.read().rpartition(b")")[2].split()[0] == b"R"
    except (OSError, IndexError):
        return True


def has_64_bits(pid: int) -> bool | None:
    """Whether a process runs a 64-bit program, by its ELF class (elf(5)); None when that cannot be read."""
    try:
        with open(f"/proc/{pid}/exe", "rb") as file:
            return file.read(5)[4:] == b"\2"
    except OSError:
        return None
