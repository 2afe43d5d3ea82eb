"""Bringing the programs of `iotrace top` into the kernel. As in `loading`, nothing is pinned."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tracer.capture.ebpf import bpf, top_layout
from tracer.capture.ebpf.loading import compiled, constant, start
from tracer.capture.ebpf.types import KERNEL, KernelTypes, kernel_types, storage_types

_FIRST_PID_NAMESPACE: Final = 0xEFFFFFFC
"""PROC_PID_INIT_INO (linux/proc_ns.h)."""
_MEMBERS: Final = (("task_struct", "thread_info"), ("thread_info", "status"))
_SYSCALLS: Final = ("sys_enter", "sys_exit")


@dataclass(frozen=True, slots=True)
class LoadedTop:
    """Descriptors of the maps; the programs run until `close`."""

    counts: int
    names: int
    counters: int
    programs: tuple[int, ...]
    """Those that count calls."""
    held: tuple[int, ...]

    def lost(self) -> int:
        """Calls that were not counted. Raises BpfRefused."""
        value = bpf.lookup(self.counters, bytes(4), 8)
        return int.from_bytes(value or b"", "little") + sum(map(bpf.misses, self.programs))

    def close(self) -> None:
        """Take the programs out of the kernel."""
        for descriptor in self.held:
            os.close(descriptor)


def load_top(calls: bytes, most: int = top_layout.MOST_PROCESSES, kernel: Path = KERNEL) -> LoadedTop:
    """Load and attach: every call of the machine is counted from now on, but ours.

    `calls`: what the calls' numbers mean, a byte each (`enum means` in top.bpf.c). `most`: so many processes are
    counted apart. Raises BpfRefused, OSError, BrokenObject and ValueError."""
    code = compiled("top")
    types = kernel_types(kernel.read_bytes(), code.programs.keys(), _MEMBERS)
    held: list[int] = []

    def own(descriptor: int) -> int:
        held.append(descriptor)
        return descriptor

    try:
        btf = own(bpf.load_types(storage_types(top_layout.THREAD_SIZE)))
        threads = own(
            bpf.create_map(bpf.TASK_STORAGE, 4, top_layout.THREAD_SIZE, 0, flags=bpf.NO_PREALLOC, btf=(btf, 1, 2))
        )
        counts = own(bpf.create_map(bpf.PERCPU_HASH, 4, top_layout.COUNT.itemsize, most, flags=bpf.NO_PREALLOC))
        names = own(bpf.create_map(bpf.HASH, 4, top_layout.NAME_SIZE, most, flags=bpf.NO_PREALLOC))
        counters = own(bpf.create_map(bpf.ARRAY, 4, 8, len(top_layout.COUNTERS)))
        config = own(constant(_config(types, calls)))
        maps = {"threads": threads, "counts": counts, "names": names, "counters": counters, "config": config}
        programs = start(code, maps, types, held)
        return LoadedTop(counts, names, counters, tuple(programs[name] for name in _SYSCALLS), tuple(held))
    except BaseException:
        for descriptor in held:
            os.close(descriptor)
        raise


def _config(types: KernelTypes, calls: bytes) -> bytes:
    space = os.stat("/proc/self/ns/pid")
    status = sum(types.offset(*member) for member in _MEMBERS)
    first = space.st_ino == _FIRST_PID_NAMESPACE
    return top_layout.CONFIG.pack(space.st_dev, space.st_ino, first, os.getpid(), status, 0, calls)
