"""Reaching threads from inside the kernel, where no pidfd reaches them.

Before Linux 6.9 only a process has a pidfd, not each of its threads (pidfd_open(2), PIDFD_THREAD). An iterator over
a process's tasks (Documentation/bpf/bpf_iterators.rst, since Linux 6.1) sees them all. Loaded only when needed.
"""

from __future__ import annotations

import os
import struct
from pathlib import Path
from typing import Any, Final

import numpy as np

from tracer.capture.ebpf import bpf
from tracer.capture.ebpf.layout import THREAD, THREAD_SIZE
from tracer.capture.ebpf.loading import compiled
from tracer.capture.ebpf.types import KERNEL, kernel_types

_FUNCTION: Final = "bpf_iter_task"
_MEMBERS: Final = (("task_struct", "thread_pid"), ("pid", "level"), ("pid", "numbers"))
_FIRST: Final = bytes(4)
_ESRCH: Final = 3
WALKED: Final = np.dtype([("tid", "<u8"), ("state", THREAD)])
"""What the program writes of each thread."""


class Walk:
    """The program, and the one element that says what a thread without a state is given."""

    def __init__(self, tasks: int, kernel: Path = KERNEL) -> None:
        """`tasks`: the task storage map. Raises BpfRefused, OSError, BrokenObject and ValueError."""
        code = compiled("threads")
        types = kernel_types(kernel.read_bytes(), (), _MEMBERS, (_FUNCTION,))
        self._offsets = struct.pack("<3I4x", *(types.offset(*member) for member in _MEMBERS))
        self._initial = bpf.create_map(bpf.ARRAY, 4, THREAD_SIZE + len(self._offsets), 1)
        try:
            self._give(bytes(THREAD_SIZE))
            linked = code.joined("task", {"tasks": tasks, "initial": self._initial})
            target = types.functions.get(_FUNCTION, 0)
            self._program = bpf.load_program("task", linked, code.license, target, bpf.ITERATOR)
        except BaseException:
            os.close(self._initial)
            raise

    def follow(self, pid: int, attached: int) -> set[int]:
        """Trace all threads of a running process, to which we came at this time (ns). Those that are traced by now,
        but not since their birth. Raises BpfRefused and OSError."""
        state = np.zeros((), THREAD)
        state["since"], state["attached"], state["first"] = attached, 1, 1
        self._give(state.tobytes())
        try:
            return {tid for tid, found in self.states(pid).items() if not found["parent_tid"]}
        finally:
            self._give(bytes(THREAD_SIZE))

    def states(self, pid: int) -> dict[int, Any]:
        """The state, of `layout.THREAD`, of each traced thread of a process. Raises BpfRefused and OSError."""
        try:
            link = bpf.iterate(self._program, pid)
        except bpf.BpfRefused as refused:
            if refused.number == _ESRCH:  # it is gone
                return {}
            raise
        try:
            reader = bpf.iteration(link)
        finally:
            os.close(link)
        with open(reader, "rb", buffering=0) as file:
            walked = np.frombuffer(file.readall(), WALKED)
        return {int(each["tid"]): each["state"] for each in walked}

    def _give(self, state: bytes) -> None:
        bpf.update(self._initial, _FIRST, state + self._offsets)

    def close(self) -> None:
        """Take the program out of the kernel."""
        os.close(self._program)
        os.close(self._initial)
