"""The running processes, and how busy each was since the last look: /proc/PID/stat (proc(5))."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_KTHREADD = 2


@dataclass(frozen=True, slots=True)
class Process:
    """One process that can be attached to."""

    pid: int
    name: str
    command: str
    user: int
    threads: int
    cpu: float
    """Share of one CPU since the last look, or since it started when this is the first."""


class Processes:
    """Looks at /proc; remembers the last look."""

    def __init__(self, proc: Path = Path("/proc")) -> None:
        self._proc = proc
        self._ticks: dict[tuple[int, int], int] = {}
        self._looked = 0.0

    def look(self) -> list[Process]:
        """All processes but kernel threads and ourselves, the busiest first."""
        now, before, last = time.monotonic(), self._ticks, self._looked
        self._ticks, self._looked = {}, now
        uptime = float((self._proc / "uptime").read_text().split()[0])
        found = []
        for entry in self._proc.iterdir():
            if not entry.name.isdigit() or int(entry.name) == os.getpid():
                continue
            try:
                each = self._process(entry, before, now - last if last else None, uptime)
            except (OSError, ValueError, IndexError):  # it ended while we looked
                continue
            if each is not None:
                found.append(each)
        return sorted(found, key=lambda each: (-round(each.cpu, 2), -each.pid))

    def _process(
        self, entry: Path, before: dict[tuple[int, int], int], since: float | None, uptime: float
    ) -> Process | None:
        head, _, tail = (entry / "stat").read_text(errors="replace").rpartition(")")
        fields = tail.split()
        pid, parent = int(entry.name), int(fields[1])
        if _KTHREADD in (pid, parent):
            return None
        ticks, started = int(fields[11]) + int(fields[12]), int(fields[19])
        self._ticks[pid, started] = ticks
        age = max(uptime - started / _TICKS, 1 / _TICKS)
        known = before.get((pid, started))
        cpu = ticks / _TICKS / age if known is None or not since else (ticks - known) / _TICKS / since
        words = (entry / "cmdline").read_bytes().rstrip(b"\0").split(b"\0")
        name = head.partition("(")[2]
        command = " ".join(word.decode(errors="replace") for word in words) or f"[{name}]"
        return Process(pid, name, command, entry.stat().st_uid, int(fields[17]), cpu)
