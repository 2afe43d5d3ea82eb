"""Bringing the programs into the kernel: maps, configuration, verification, attachment.

Everything is held by descriptors of this process and nothing is pinned, so whatever ends it, kill -9 too, takes
the programs out of the kernel.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from types import MappingProxyType
from typing import Final

import numpy as np

from tracer.capture.ebpf import bpf, layout
from tracer.capture.ebpf.object import BpfObject, parse
from tracer.capture.ebpf.scope import choice
from tracer.capture.ebpf.stack_maps import make, wanted
from tracer.capture.ebpf.types import KERNEL, KernelTypes, kernel_types, storage_types
from tracer.capture.seccomp_filter import Wanted
from tracer.capture.stack_choice import StackChoice

_NEW: Final = 1
"""BPF_NOEXIST."""
_ALL_TOLD: Final = 2
RING_BYTES: Final = 32 << 20
_MEMBERS: Final = (
    ("task_struct", "exit_code"), ("task_struct", "thread_info"), ("thread_info", "status"),
    ("linux_binprm", "filename"), ("task_struct", "tgid"), ("task_struct", "files"), ("files_struct", "fdt"),
    ("fdtable", "max_fds"), ("task_struct", "mm"), ("", "saved_auxv"), ("task_struct", "sched_info"),
    ("sched_info", "run_delay"),
)  # fmt: skip
_GOING_ON: Final = {"before": "sys_enter", "after": "sys_exit"}
"""Arrays of programs, and where those programs go on."""
_LAST: Final = ("sys_exit", "sys_enter")
"""Attached after the others: from the first call on, everything is there that belongs to it."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What the programs are told."""

    capture_bytes: int = 64
    ring_bytes: int = RING_BYTES
    redact: bool = False
    """Of the arguments of programs keep how long they are."""
    follow: bool = True
    """Trace new processes too."""
    trace: Wanted | None = None
    """Only these calls; None = all."""
    stacks: StackChoice | None = None
    """Keep the user stack at these calls."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """Descriptors of the maps; the programs run until `close`."""

    tasks: int
    events: int
    memory: int
    large: int
    counters: int
    ring_bytes: int
    programs: tuple[int, ...]
    """Those that see calls begin and end."""
    _held: tuple[int, ...]

    def follow(
        self,
        pidfd: int,
        attached: int = 0,
        *,
        everything: bool = False,
        more: Mapping[str, int] = MappingProxyType({}),
    ) -> None:
        """Trace the thread of a pidfd from now on; `attached`: it runs already, and we came at this time (ns);
        `everything`: all its calls, whatever `Limits.trace` says. `more`: other fields of `layout.THREAD`.

        Raises BpfRefused: EEXIST when it is traced already."""
        state = np.zeros((), layout.THREAD)
        state["since"], state["attached"], state["first"] = attached, attached > 0, 1
        state["passed"] = _ALL_TOLD if everything else 0
        for name, value in more.items():
            state[name] = value
        bpf.update(self.tasks, pidfd.to_bytes(4, "little"), state.tobytes(), _NEW)

    def lost(self) -> tuple[int, int]:
        """Records and pieces of memory that were lost so far.

        With the records: how often the kernel left a program out because it was running already. It does not tell
        whose call that was, so it may have been one of a process that is not traced. Raises BpfRefused."""
        return self.counter("lost_events") + sum(map(bpf.misses, self.programs)), self.counter("lost_memory")

    def counter(self, name: str) -> int:
        """One of `layout.COUNTERS`."""
        value = bpf.lookup(self.counters, layout.COUNTERS.index(name).to_bytes(4, "little"), 8)
        return int.from_bytes(value or b"", "little", signed=True)

    def close(self) -> None:
        """Take the programs out of the kernel."""
        for descriptor in self._held:
            os.close(descriptor)


def compiled(name: str = "iotrace") -> BpfObject:
    """The object `name` for this machine's architecture. Raises FileNotFoundError when there is none."""
    path = resources.files("tracer.capture.ebpf").joinpath("programs", f"{name}.{os.uname().machine}.bpf.o")
    return parse(path.read_bytes())


def load(
    code: BpfObject,
    limits: Limits,
    plans: dict[int, bytes],
    kernel: Path = KERNEL,
    others: Mapping[str, int] = MappingProxyType({}),
) -> Loaded:
    """Load and attach everything; `others`: maps of its own that the code has. Nobody is traced yet.

    Raises BpfRefused, OSError."""
    types = kernel_types(kernel.read_bytes(), code.programs.keys(), _MEMBERS)
    held: list[int] = []

    def kept(descriptor: int) -> int:
        held.append(descriptor)
        return descriptor

    try:
        btf = kept(bpf.load_types(storage_types(layout.THREAD_SIZE)))
        tasks = kept(
            bpf.create_map(bpf.TASK_STORAGE, 4, layout.THREAD_SIZE, 0, flags=bpf.NO_PREALLOC, btf=(btf, 1, 2))
        )
        events, memory, large = (kept(bpf.create_map(bpf.RINGBUF, 0, 0, limits.ring_bytes)) for _ in range(3))
        counters = kept(bpf.create_map(bpf.ARRAY, 4, 8, len(layout.COUNTERS)))
        plan_size = layout.PLAN_HEAD.size + layout.MOST_ACTIONS * layout.ACTION.size
        table = kept(bpf.create_map(bpf.ARRAY, 4, plan_size, layout.PLANS))
        for number, plan in plans.items():
            bpf.update(table, number.to_bytes(4, "little"), plan.ljust(plan_size, b"\0"))
        config = kept(_config(types, limits))
        maps = {
            "tasks": tasks, "events": events, "memory": memory, "large": large, "plans": table,
            "counters": counters, "config": config, **make(limits.stacks, held), **others,
        }  # fmt: skip
        for name in _GOING_ON:
            maps[name] = kept(bpf.create_map(bpf.PROG_ARRAY, 4, 4, layout.MOST_TAILS))
        programs = start(code, maps, types, held)
        for name in _GOING_ON:
            _extend(code, name, maps, types, held)
        seen = tuple(programs[name] for name in _LAST)
        return Loaded(tasks, events, memory, large, counters, limits.ring_bytes, seen, tuple(held))
    except BaseException:
        for descriptor in held:
            os.close(descriptor)
        raise


def start(code: BpfObject, maps: dict[str, int], types: KernelTypes, held: list[int]) -> dict[str, int]:
    """Load and attach all programs, whose descriptors and attachments go into `held`. The programs by trace point.

    Raises BpfRefused; what was made so far is in `held`."""
    programs = {}
    for name in code.programs:
        tracepoint = types.tracepoints.get(name, 0)
        programs[name] = bpf.load_program(name, code.joined(name, maps), code.license, tracepoint)
        held.append(programs[name])
    for name in sorted(programs, key=lambda each: _LAST.index(each) + 1 if each in _LAST else 0):
        attached = bpf.attach(programs[name])
        held.append(attached)
    return programs


def _extend(code: BpfObject, array: str, maps: dict[str, int], types: KernelTypes, held: list[int]) -> None:
    """Load the programs that go on where another ends, which finds them in the map `array`.

    Without one that the kernel refuses, what it would keep is unknown."""
    tracepoint = _GOING_ON[array]
    for name in code.tails:
        point, _, number = name.partition("/")
        if point != tracepoint:
            continue
        with contextlib.suppress(bpf.BpfRefused):
            joined, target = code.joined(name, maps), types.tracepoints[point]
            program = bpf.load_program(name.replace("/", "_"), joined, code.license, target)
            held.append(program)
            bpf.update(maps[array], int(number).to_bytes(4, "little"), program.to_bytes(4, "little"))


def constant(values: bytes) -> int:
    """A map of one element that nobody can change any more: constants for the verifier. Raises BpfRefused."""
    config = bpf.create_map(bpf.ARRAY, 4, len(values), 1, flags=bpf.READ_ONLY_FOR_PROGRAMS)
    bpf.update(config, bytes(4), values)
    bpf.freeze(config)
    return config


def _config(types: KernelTypes, limits: Limits) -> int:
    space = os.stat("/proc/self/ns/pid")
    offsets = (types.offset(*member) for member in _MEMBERS)
    exit_code, thread_info, status, filename, tgid, *table, information, waited = offsets
    choosing, others, checks, chosen = choice(os.uname().machine, limits.trace)
    values = layout.CONFIG.pack(
        space.st_dev, space.st_ino, exit_code, thread_info + status, filename, limits.capture_bytes, tgid,
        not limits.follow, choosing, others, limits.redact, *table,
        wanted(limits.stacks, redact=limits.redact), information + waited if waited else 0, checks,
        b"*" * layout.LARGE_DATA, chosen,
    )  # fmt: skip
    return constant(values)
