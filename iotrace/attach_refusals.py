"""Why a process cannot be attached to, as far as it can be told from outside.

The kernel says EPERM for each reason (ptrace(2), "Ptrace access mode checking"); /proc/PID tells them apart.
"""

from __future__ import annotations

import pwd
from pathlib import Path
from typing import Final

_CAP_SYS_PTRACE: Final = 19
_PROC: Final = Path("/proc")
_MOST: Final = 3


def status_of(pid: int | str) -> dict[str, str]:
    """The fields of /proc/PID/status, read once: the process may be gone the next moment. Raises OSError."""
    lines = (_PROC / str(pid) / "status").read_text(errors="replace").splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def name_of(pid: int) -> str:
    """Its command name, "gone" when it is not there (or hidden from us)."""
    try:
        return status_of(pid).get("Name", "gone")
    except OSError:
        return "gone"


def reason(pid: int) -> str | None:
    """Why this process may not be traced by us, and what to do, in one line; None when nothing tells."""
    try:
        theirs, ours = status_of(pid), status_of("self")
        owner = (_PROC / str(pid) / "status").stat().st_uid  # root's when it is not dumpable (proc(5))
    except OSError:
        return None
    tracer = int(theirs.get("TracerPid", 0))
    if tracer:
        return f"It is being traced by process {tracer} ({name_of(tracer)}), and only one tracer is possible."
    if int(ours.get("CapEff", "0"), 16) >> _CAP_SYS_PTRACE & 1:
        return None
    users, own = set(theirs["Uid"].split()[:3]), ours["Uid"].split()[1]
    groups, own_group = set(theirs["Gid"].split()[:3]), ours["Gid"].split()[1]
    if users != {own}:
        other = min(users - {own}, key=int)
        return f"It is {_user(other)}'s, and you are {_user(own)}. Try: sudo iotrace attach {pid}"
    if groups != {own_group}:
        return f"It runs with other groups than you (a set-gid program?). Try: sudo iotrace attach {pid}"
    if str(owner) != own:
        return (
            "It is not dumpable (PR_SET_DUMPABLE of prctl(2); a program that had privileges is so). "
            f"Try: sudo iotrace attach {pid}"
        )
    return None


def numbered_inside(pid: int) -> str | None:
    """A line about the processes that have this number in another pid namespace; None when there are none."""
    found = []
    for each in _PROC.iterdir():
        if each.name.isdigit():
            try:
                numbers = status_of(each.name)
            except OSError:
                continue
            if numbers.get("NSpid", "").split()[1:] and numbers["NSpid"].split()[-1] == str(pid):
                found.append(f"{each.name} ({numbers['Name']})")
    if not found:
        return None
    more = f" and {len(found) - _MOST} more" if len(found) > _MOST else ""
    others = ", ".join(sorted(found)[:_MOST]) + more
    attach = f": iotrace attach {found[0].split()[0]}" if len(found) == 1 else ""
    return f"In a pid namespace (a container) that is the number of what is {others} here{attach}"


def _user(number: str) -> str:
    try:
        return pwd.getpwuid(int(number)).pw_name
    except KeyError:
        return f"user {number}"
