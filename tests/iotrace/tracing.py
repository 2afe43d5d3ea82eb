"""Whether a process is traced, and by whom."""

from __future__ import annotations

import re
from pathlib import Path


def tracer_of(pid: int) -> int:
    """The process that traces `pid`, 0 when none does (TracerPid, proc_pid_status(5))."""
    found = re.search(r"^TracerPid:\s(\d+)$", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    assert found
    return int(found[1])
