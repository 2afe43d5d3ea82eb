"""The structures of `iotrace.bpf.c`, as Python and numpy know them."""

from __future__ import annotations

from struct import Struct
from typing import Final

import numpy as np

CONFIG: Final = Struct("<QQIIII")
"""Device and inode of our pid namespace; the offsets of exit_code, of thread_info.status and of a file name; bytes
kept of a payload."""
THREAD: Final = np.dtype([
    ("at", "<u8"), ("since", "<u8"), ("args", "<u8", (8,)), ("result", "<i8"), ("ip", "<u8"), ("off", "<u8"),
    ("woken", "<u8"), ("blocked", "<u8"), ("delay", "<u8"), ("user_blocked", "<u8"), ("user_delay", "<u8"),
    ("switches", "<u4"),
    ("user_switches", "<u4"), ("pid", "<i4"), ("tid", "<i4"), ("parent_pid", "<i4"), ("parent_tid", "<i4"),
    ("nr", "<i4"), ("seq", "<u4"), ("items", "<u2"), ("retry", "<u2"), ("abi", "u1"), ("in_call", "u1"),
    ("asleep", "u1"), ("newborn", "u1"), ("first", "u1"), ("torn", "u1"), ("attached", "u1"), ("ended", "u1"),
    ("padding", "V4"),
])  # fmt: skip
THREAD_SIZE: Final = THREAD.itemsize

RECORD: Final = np.dtype([
    ("at", "<u8"), ("end", "<u8"), ("since", "<u8"), ("args", "<u8", (6,)), ("result", "<i8"), ("ip", "<u8"),
    ("blocked", "<u8"), ("delay", "<u8"), ("user_blocked", "<u8"), ("user_delay", "<u8"), ("switches", "<u4"),
    ("user_switches", "<u4"), ("pid", "<i4"), ("tid", "<i4"), ("nr", "<i4"), ("seq", "<u4"), ("kind", "u1"),
    ("abi", "u1"), ("flags", "<u2"), ("items", "<u2"), ("unused", "<u2"),
])  # fmt: skip
SLOT_HEAD: Final = np.dtype([
    ("tid", "<i4"), ("seq", "<u4"), ("address", "<u8"), ("arg", "u1"), ("when", "u1"), ("reason", "<u2"),
    ("length", "<u2"), ("order", "<u2"),
])  # fmt: skip
SLOT_DATA: Final = 104
LARGE_DATA: Final = 4096

VALUE: Final = Struct("<BBBxiII")
"""source, arg, width, offset, scale, most."""
ACTION: Final = Struct("<BBBBBBBxQ4Q16s16s16s")
"""shape, when, needs, payload, arg, matches, match_arg, mask, match, at, size, entries."""
MOST_ACTIONS: Final = 8
PLAN_HEAD: Final = Struct("<II")
PLANS: Final = 1024
I386_PLANS: Final = 512
"""Where the plans of 32-bit calls begin."""
COUNTERS: Final = ("lost_events", "lost_memory")
