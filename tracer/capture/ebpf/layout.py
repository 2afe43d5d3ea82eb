"""The structures of `iotrace.bpf.c`, as Python and numpy know them."""

from __future__ import annotations

from struct import Struct
from typing import Final

import numpy as np

CHOSEN: Final = 2048
MOST_CHECKS: Final = 8
CHECK: Final = Struct("<5I")
LARGE_DATA: Final = 4096
CONFIG: Final = Struct(f"<QQ16I{MOST_CHECKS * CHECK.size}s{LARGE_DATA}s{CHOSEN}s")
"""Device and inode of our pid namespace; the offsets of exit_code, of thread_info.status and of a file name; bytes
kept of a payload; the offset of tgid; whether only threads are followed; `choosing` and `others` of
`tracer.capture.ebpf.scope`; whether arguments of programs are redacted; the offsets of files in task_struct, of
fdt in files_struct, of max_fds in fdtable, of mm in task_struct and of saved_auxv in mm_struct;
`tracer.capture.ebpf.stack_maps`; the offset of sched_info.run_delay in task_struct; `checks`; asterisks;
`chosen`."""
THREAD: Final = np.dtype([
    ("part", "<u4"), ("passed", "<u4"),
    ("at", "<u8"), ("since", "<u8"), ("args", "<u8", (8,)), ("result", "<i8"), ("ip", "<u8"), ("off", "<u8"),
    ("woken", "<u8"), ("blocked", "<u8"), ("delay", "<u8"), ("user_blocked", "<u8"), ("user_delay", "<u8"),
    ("own", "<u4"), ("user_own", "<u4"),
    ("switches", "<u4"),
    ("user_switches", "<u4"), ("pid", "<i4"), ("tid", "<i4"), ("parent_pid", "<i4"), ("parent_tid", "<i4"),
    ("nr", "<i4"), ("seq", "<u4"), ("items", "<u2"), ("retry", "<u2"), ("abi", "u1"), ("in_call", "u1"),
    ("asleep", "u1"), ("newborn", "u1"), ("first", "u1"), ("torn", "u1"), ("attached", "u1"), ("ended", "u1"),
    ("era", "<u4"), ("means", "u1"), ("asks", "u1"), ("quiet", "u1"), ("single", "u1"), ("number", "<u4"),
    ("room", "<u8"), ("waited", "<u8"), ("turn", "<u4"), ("flags", "<u4"),
])  # fmt: skip
THREAD_SIZE: Final = THREAD.itemsize

RECORD: Final = np.dtype([
    ("at", "<u8"), ("end", "<u8"), ("since", "<u8"), ("args", "<u8", (6,)), ("result", "<i8"), ("ip", "<u8"),
    ("blocked", "<u8"), ("delay", "<u8"), ("user_blocked", "<u8"), ("user_delay", "<u8"), ("own", "<u4"),
    ("user_own", "<u4"), ("switches", "<u4"),
    ("user_switches", "<u4"), ("pid", "<i4"), ("tid", "<i4"), ("nr", "<i4"), ("seq", "<u4"), ("kind", "u1"),
    ("abi", "u1"), ("flags", "<u2"), ("items", "<u2"), ("unused", "<u2"),
])  # fmt: skip
SLOT_HEAD: Final = np.dtype([
    ("tid", "<i4"), ("seq", "<u4"), ("address", "<u8"), ("arg", "u1"), ("when", "u1"), ("reason", "<u2"),
    ("length", "<u2"), ("order", "<u2"),
])  # fmt: skip
SLOT_DATA: Final = 144

VALUE: Final = Struct("<BBBxiII")
"""source, arg, width, offset, scale, most."""
ACTION: Final = Struct("<BBBBBBBxQ4Q16s16s16s")
"""shape, when, needs, payload, arg, matches, match_arg, mask, match, at, size, entries."""
MOST_ACTIONS: Final = 9
PLAN_HEAD: Final = Struct("<HHBBBBB6sx")
"""entry, exit, before, after, unfolds, words, block, places."""
PLANS: Final = 1088
MOST_TAILS: Final = 8
"""Programs that go on where one ends, `NOT_NESTED` among them."""
MULTIPLEXED: Final = 1024
"""Where the plans of calls begin that are multiplexed."""
I386_PLANS: Final = 512
"""Where the plans of 32-bit calls begin."""
COUNTERS: Final = ("lost_events", "lost_memory")
