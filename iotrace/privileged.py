"""Programs that get privileges when they are executed, and do not get them under an ordinary user's tracer.

The kernel ignores set-uid, set-gid and file capabilities of a traced program unless its tracer may trace anything
(CAP_SYS_PTRACE; execve(2), ptrace(2)): the program runs, as the user who started it.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Final

_CAP_SYS_PTRACE: Final = 19


def note(path: str) -> str | None:
    """What to tell about running `path` under trace; None when it gets no privileges, or keeps them."""
    how = _gets_privileges(path)
    if how is None or _may_trace_anything():
        return None
    return (
        f"{path} {how}: traced by an ordinary user it runs without the privileges that gives it (execve(2)).\n"
        "It may fail where it would not untraced. With them: sudo iotrace ..., or attach to it as root."
    )


def _gets_privileges(path: str) -> str | None:
    try:
        status = os.stat(path)
        if status.st_mode & stat.S_ISUID and status.st_uid != os.geteuid():
            return "is set-uid"
        if status.st_mode & stat.S_ISGID and status.st_mode & stat.S_IXGRP and status.st_gid != os.getegid():
            return "is set-gid"
        return "has capabilities" if os.getxattr(path, "security.capability") else None
    except OSError:  # ENODATA: it has none
        return None


def _may_trace_anything() -> bool:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("CapEff:"):
            return bool(int(line.split()[1], 16) >> _CAP_SYS_PTRACE & 1)
    return False
