"""Calls that last: read from the kernel while their threads are still inside.

A record is written when a call returns. Of a thread that has been silent for a while, its state in task storage
tells what it is in, so that the screen shows it.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Collection
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tracer.capture.ebpf import bpf
from tracer.capture.ebpf.layout import RECORD, THREAD, THREAD_SIZE
from tracer.wire import Flag, Kind

_PIDFD_THREAD: Final = os.O_EXCL
"""pidfd_open(2), since Linux 6.9: of a thread that is not its group's leader."""
_PIDFD_OPEN: Final = 434
_SAME: Final = (
    "at", "since", "ip", "blocked", "delay", "user_blocked", "user_delay", "switches", "user_switches",
    "pid", "tid", "nr", "seq", "abi",
)  # fmt: skip
_libc = ctypes.CDLL(None, use_errno=True)


def open_thread(tid: int) -> int:
    """A pidfd of a thread. Raises OSError."""
    try:
        return os.pidfd_open(tid)
    except OSError:
        descriptor = int(_libc.syscall(_PIDFD_OPEN, tid, _PIDFD_THREAD))
        if descriptor < 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno())) from None
        os.set_inheritable(descriptor, False)
        return descriptor


class Waiting:
    """The threads looked at, and which of their calls were told already."""

    def __init__(self, tasks: int) -> None:
        """`tasks`: the task storage map."""
        self._tasks = tasks
        self._descriptors: dict[int, int] = {}
        self._told: dict[int, int] = {}

    def calls(self, threads: Collection[int], now: int, older_than: int) -> NDArray[Any]:
        """Records of calls that began more than `older_than` ns ago and were not told of; of `layout.RECORD`."""
        for tid in self._descriptors.keys() - set(threads):
            os.close(self._descriptors.pop(tid))
            self._told.pop(tid, None)
        found = [record for tid in threads if (record := self._call(tid, now, older_than)) is not None]
        return np.array(found, RECORD) if found else np.empty(0, RECORD)

    def close(self) -> None:
        """Close every pidfd."""
        self.calls((), 0, 0)

    def _call(self, tid: int, now: int, older_than: int) -> NDArray[Any] | None:
        found = self._state(tid)
        if found is None:
            return None
        state = np.frombuffer(found, THREAD)[0]
        at = int(state["at"])
        if not state["in_call"] or now - at < older_than or self._told.get(tid) == at:
            return None
        self._told[tid] = at
        record = np.zeros((), RECORD)
        for name in _SAME:
            record[name] = state[name]
        record["args"] = state["args"][:6]
        record["end"], record["kind"] = now, Kind.ENTERED
        record["flags"] = Flag.FIRST if state["first"] else 0
        off, woken = int(state["off"]), int(state["woken"])
        if off and off <= now:  # away from its CPU just now
            slept = (max(woken, off) if woken else now) - off if state["asleep"] else 0
            record["blocked"] += slept
            record["delay"] += max(now - off - slept, 0)
        return record

    def _state(self, tid: int) -> bytes | None:
        try:
            if tid not in self._descriptors:
                self._descriptors[tid] = open_thread(tid)
            return bpf.lookup(self._tasks, self._descriptors[tid].to_bytes(4, "little"), THREAD_SIZE)
        except (OSError, bpf.BpfRefused):
            return None
