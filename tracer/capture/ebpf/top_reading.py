"""What the programs of `iotrace top` have counted, read once in a while and told as what is new."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from tracer.capture.ebpf import bpf, top_layout
from tracer.capture.ebpf.top_loading import LoadedTop

_POSSIBLE: Final = Path("/sys/devices/system/cpu/possible")
ELSEWHERE: Final = 0
"""Stands for all processes that have no number in our pid namespace."""

Counts = tuple[int, ...]
"""The fields of `top_layout.COUNT`, over all CPUs."""


@dataclass(frozen=True, slots=True)
class Counted:
    """What happened between two looks."""

    span_ns: int
    """How long ago the previous look was, or the loading."""
    processes: dict[int, Counts]
    """By pid; only those with news."""
    names: dict[int, str]
    """Of those of `processes` that are gone, as the kernel knew them."""
    lost: int
    """Calls that were not counted."""


class TopReader:
    """Reads the counts of a loaded set of programs; remembers what it has told."""

    def __init__(self, loaded: LoadedTop) -> None:
        self._loaded = loaded
        self._value = top_layout.COUNT.itemsize * possible_cpus(_POSSIBLE.read_text())
        self._before: dict[int, Counts] = {}
        self._lost = 0
        self._at = time.monotonic_ns()

    def look(self) -> Counted:
        """What is new since the last look. Processes that are gone are told a last time. Raises BpfRefused."""
        now = self._counts()
        at, lost = time.monotonic_ns(), self._loaded.lost()
        gone = {pid for pid in now if pid != ELSEWHERE and has_gone(pid)}
        names = {}
        for pid in gone:
            last = bpf.take(self._loaded.counts, pid.to_bytes(4, "little"), self._value)
            now[pid] = over_cpus(last)[0] if last is not None else now[pid]
            names[pid] = self.name(pid)
            bpf.take(self._loaded.names, pid.to_bytes(4, "little"), top_layout.NAME_SIZE)
        fresh = changes(self._before, now)
        counted = Counted(
            at - self._at, fresh, {pid: names[pid] for pid in fresh if pid in names}, lost - self._lost
        )
        self._before = {pid: counts for pid, counts in now.items() if pid not in gone}
        self._at, self._lost = at, lost
        return counted

    def name(self, pid: int) -> str:
        """What a process was called at its first call, or its last exec; "?" when that is not known."""
        name = bpf.lookup(self._loaded.names, pid.to_bytes(4, "little"), top_layout.NAME_SIZE)
        return name.split(b"\0", 1)[0].decode(errors="replace") if name else "?"

    def close(self) -> None:
        """Take the programs out of the kernel."""
        self._loaded.close()

    def _counts(self) -> dict[int, Counts]:
        found: dict[int, Counts] = {}
        for keys, values in bpf.elements(self._loaded.counts, 4, self._value):
            pids = np.frombuffer(keys, "<u4").tolist()
            found.update(zip(pids, over_cpus(values, len(pids)), strict=True))
        return found


def has_gone(pid: int) -> bool:
    """Whether there is no process `pid` any more. /proc is not asked: it may hide those of others (hidepid)."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        pass
    return False


def possible_cpus(text: str) -> int:
    """How many CPUs a per-CPU map has values for: /sys/devices/system/cpu/possible, "0-3,8" (cpulist)."""
    ranges = [part.partition("-") for part in text.strip().split(",")]
    return sum(int(last or first) - int(first) + 1 for first, _, last in ranges)


def over_cpus(values: bytes, elements: int = 1) -> list[Counts]:
    """Per-CPU values of some elements, summed."""
    if not elements:
        return []
    table = np.frombuffer(values, "<u8").reshape(elements, -1, len(top_layout.COUNT.names or ()))
    return [tuple(row) for row in table.sum(axis=1).tolist()]


def changes(before: Mapping[int, Counts], now: Mapping[int, Counts]) -> dict[int, Counts]:
    """What was added, by pid. A process whose counts are smaller than before is another one with its number."""
    found = {}
    for pid, counts in now.items():
        old = before.get(pid, ())
        if counts == old:
            continue
        grown = bool(old) and all(new >= was for new, was in zip(counts, old, strict=True))
        found[pid] = _less(counts, old) if grown else counts
    return {pid: counts for pid, counts in found.items() if any(counts)}


def _less(counts: Iterable[int], old: Iterable[int]) -> Counts:
    return tuple(new - was for new, was in zip(counts, old, strict=True))
