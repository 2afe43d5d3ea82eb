"""The structures that top.bpf.c and its reader share. Sizes in bytes."""

from __future__ import annotations

from struct import Struct
from typing import Final

import numpy as np

NARROW_CALLS: Final = 1024
"""In the table of calls, where those of i386 begin; before them are those of x86_64 and x32."""
CALLS: Final = 1536
CONFIG: Final = Struct(f"<QQIIII{CALLS}s")
"""Device and inode of our pid namespace; whether it is the kernel's first; our process; the offset of
thread_info.status; unused; the table of calls."""
THREAD_SIZE: Final = 24
COUNT: Final = np.dtype([
    ("calls", "<u8"), ("failed", "<u8"), ("wasted", "<u8"), ("kernel_ns", "<u8"), ("bytes_read", "<u8"),
    ("bytes_written", "<u8"),
])  # fmt: skip
NAME_SIZE: Final = 16
COUNTERS: Final = ("lost",)
"""Calls that could not be counted: there were too many processes, or no memory."""
MOST_PROCESSES: Final = 65536
