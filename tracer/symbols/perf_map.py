"""Code made while a program runs, as its maker names it: perf-PID.map, a line a function.

    START SIZE NAME        in hex; the format of perf (tools/perf/Documentation/jit-interface.txt)

`python -X perf` (3.12 on) and `node --perf-basic-prof` write it, and so do Java's and .NET's agents.
"""

from __future__ import annotations

import os
from bisect import bisect_right
from pathlib import Path
from typing import Final

_MOST: Final = 256 << 20


class PerfMap:
    """The functions of one process; of two at one address the later, which replaced the other."""

    def __init__(self, text: bytes) -> None:
        found: dict[int, tuple[int, str]] = {}
        for line in text.splitlines():
            words = line.split(maxsplit=2)
            try:
                start, size = int(words[0], 16), int(words[1], 16)
                found[start] = (start + size, words[2].decode(errors="replace"))
            except (ValueError, IndexError):
                continue  # the last line of a program that was killed
        self._starts = sorted(found)
        self._found = [found[start] for start in self._starts]

    def at(self, address: int) -> str | None:
        """The function at an address."""
        place = bisect_right(self._starts, address) - 1
        if place < 0:
            return None
        end, name = self._found[place]
        return name if address < end else None


def perf_map_of(pid: int, since_ns: int, folder: Path = Path("/tmp"), proc: Path = Path("/proc")) -> PerfMap | None:
    """The map a process wrote; None when there is none.

    `since_ns`: CLOCK_REALTIME at which the process was seen first; a file that was last written before is that of
    an earlier process with the same number."""
    inside = proc / str(pid) / "root" / "tmp" / f"perf-{_own_number(pid, proc)}.map"
    for path in (folder / f"perf-{pid}.map", inside):
        try:
            with path.open("rb") as file:
                if os.fstat(file.fileno()).st_mtime_ns >= since_ns:
                    return PerfMap(file.read(_MOST))
        except OSError:
            continue
    return None


def _own_number(pid: int, proc: Path) -> int:
    """What a process calls itself in its pid namespace (NSpid in proc_pid_status(5))."""
    try:
        lines = (proc / str(pid) / "status").read_text(errors="replace").splitlines()
    except OSError:
        return pid
    return next((int(line.split()[-1]) for line in lines if line.startswith("NSpid:")), pid)
