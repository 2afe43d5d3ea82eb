"""The structures of `sums.h`, as Python and numpy know them. Times in ns."""

from __future__ import annotations

from typing import Final

import numpy as np

BUCKETS: Final = 40
ERAS: Final = 65536
SAMPLES: Final = 1024
MOST: Final = 1 << 16
"""Of sums that there is room for at a time: those of threads that ended make room at the next look."""
KEY: Final = np.dtype([
    ("pid", "<i4"), ("tid", "<i4"), ("nr", "<i4"), ("era", "<u4"), ("error", "<u2"), ("abi", "u1"), ("how", "u1"),
])  # fmt: skip
COUNTS: Final = (
    "calls", "result", "wall", "run", "delay", "user_wall", "user_run", "user_delay", "switches", "user_switches",
)  # fmt: skip
"""What only grows, in its order (`result` may shrink)."""
SUMS: Final = np.dtype([
    *((name, "<u8") for name in COUNTS), ("args", "<u8", (6,)), ("first", "<i8"), ("varies", "u1"),
    ("zeros", "u1"), ("others", "u1"), ("unused", "V5"),
    ("kernel", "<u4", (BUCKETS,)), ("whole", "<u4", (BUCKETS,)),
])  # fmt: skip
SAMPLE: Final = np.dtype([
    ("wall", "<u8"), ("run", "<u8"), ("delay", "<u8"), ("user_wall", "<u8"), ("user_run", "<u8"),
    ("user_delay", "<u8"), ("nr", "<i4"), ("seq", "<u4"),
])  # fmt: skip
SETTINGS: Final = ("era", "kernel_cost")
ALONE, MEASURED = 1, 2
"""`enum single`."""
