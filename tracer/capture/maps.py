"""What a process's address space holds before the trace sees it change: `/proc/PID/maps` (proc_pid_maps(5)).

Read after an exec, when the kernel has mapped the program, its loader and its stack, and when a process is attached
to; every later change is a call that the recording has. Kept as text, one mapping a line: `START-END PERMISSIONS
OFFSET DEVICE INODE PATH`, the words of the original with one space between them. Read by `tracer.analyze.mapped`.
"""

from __future__ import annotations

from typing import Final

_MOST: Final = 1 << 18
"""Bytes read: some thousands of mappings."""


def maps_of(pid: int) -> bytes:
    """The mappings of a process; empty when they cannot be read."""
    try:
        with open(f"/proc/{pid}/maps", "rb", buffering=_MOST) as file:
            lines = file.read(_MOST).splitlines()
    except OSError:
        return b""
    return b"\n".join([b" ".join(line.split(maxsplit=5)) for line in lines])
