"""Calls that last: read from the kernel while their threads are still inside.

A record is written when a call returns. Of a thread that has been silent for a while, its state in task storage
tells what it is in, so that the screen shows it; /proc does, where it was in that already when we came. A thread
that computes and makes no call is told of again and again. At the last look everybody is told of: those in no call
have a row that says what they did since their last one.
"""

from __future__ import annotations

import ctypes
import errno
import os
from collections.abc import Collection
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tracer.capture.ebpf import bpf
from tracer.capture.ebpf.layout import RECORD, THREAD, THREAD_SIZE
from tracer.capture.ebpf.machines import here
from tracer.capture.ebpf.walk import Walk
from tracer.capture.inside import Inside, has_64_bits, inside_of, is_running
from tracer.capture.seccomp_filter import Wanted, traced_names
from tracer.capture.threads import process_of
from tracer.syscalls.names import name_of
from tracer.wire import Flag, Kind

_PIDFD_THREAD: Final = os.O_EXCL
"""pidfd_open(2), since Linux 6.9: of a thread that is not its group's leader."""
_PIDFD_OPEN: Final = 434
_SAME: Final = (
    "at", "since", "ip", "blocked", "delay", "user_blocked", "user_delay", "own", "user_own", "switches",
    "user_switches", "pid", "tid", "nr", "seq", "abi",
)  # fmt: skip
_TRIES: Final = 20
_AGAIN_NS: Final = 500_000_000
"""How often is told of a thread that computes, and for how long it must have made no call."""
_libc = ctypes.CDLL(None, use_errno=True)


def open_thread(tid: int) -> int:
    """A pidfd of a thread. Raises OSError: EINVAL when the kernel has them only for processes (then: `walk`)."""
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

    def __init__(self, tasks: int, wanted: Wanted | None = None) -> None:
        """`tasks`: the task storage map; `wanted`: the calls that are told of, None = all."""
        self._tasks = tasks
        self._wanted = wanted
        self._descriptors: dict[int, int] = {}
        self._walk: Walk | None = None
        self._walked: dict[int, dict[int, Any]] | None = None
        """States by process and thread, while all threads are looked at."""
        self._told: dict[int, int] = {}
        self._computed: dict[int, tuple[int, int]] = {}
        """Of threads that compute: when they were told of last, and their time on a CPU since their last row."""

    def calls(self, threads: Collection[int], now: int, older_than: int) -> NDArray[Any]:
        """Records of calls that began more than `older_than` ns ago and were not told of; of `layout.RECORD`.

        With `older_than` 0, the last look, of every thread: of calls told of already too, as nothing else says how
        long they have lasted, and of threads that are in none."""
        for tid in self._descriptors.keys() - set(threads):
            os.close(self._descriptors.pop(tid))
        for told in (self._told, self._computed):
            for tid in told.keys() - set(threads):
                del told[tid]
        self._walked = {}
        found = [record for tid in threads if (record := self._call(tid, now, older_than)) is not None]
        self._walked = None
        return np.array(found, RECORD) if found else np.empty(0, RECORD)

    def close(self) -> None:
        """Close every pidfd."""
        self.calls((), 0, 0)
        if self._walk is not None:
            self._walk.close()

    def walk(self) -> Walk:
        """The way to threads that have no pidfd. Raises BpfRefused, OSError."""
        if self._walk is None:
            self._walk = Walk(self._tasks)
        return self._walk

    def _call(self, tid: int, now: int, older_than: int) -> NDArray[Any] | None:
        state = self.state(tid)
        if state is None or state["ended"]:
            return None
        at, since = int(state["at"]), int(state["since"])
        inside = bool(state["in_call"]) and at >= since
        if not inside and (state["attached"] or not older_than):
            return self._since_we_came(tid, state, now, older_than)
        if not inside:
            return self._computes(tid, state, now)
        if now - at < older_than or (older_than and self._told.get(tid) == at):
            return None
        self._told[tid] = at
        return so_far(state, now)

    def _since_we_came(self, tid: int, state: Any, now: int, older_than: int) -> NDArray[Any] | None:
        """Of a thread whose state has it in no call: it may be in one since before we came."""
        at = int(state["since"])
        if older_than and (now - at < older_than or self._told.get(tid) == at):
            return None
        pid = process_of(tid)[0]
        found = inside_of(pid, tid) if state["attached"] else None
        away = found is not None or bool(state["attached"] and not state["off"] and not is_running(pid, tid))
        again = self.state(tid) if away else None
        if again is None or again.tobytes() != state.tobytes():  # it came back meanwhile
            found, away = None, False
        abi = here().native if has_64_bits(pid) else here().narrow
        tells = found is not None and self._is_wanted(abi, found.nr)
        if older_than and not tells:
            return None if away else self._computes(tid, state, now)
        record = so_far(state, now)
        record["pid"], record["tid"] = pid, tid
        if away and not state["off"]:  # it left its CPU before we could see it
            record["user_blocked"] = now - at - int(record["user_delay"])
            record["user_switches"] = 1
        if found is None or not tells:
            record["kind"] = Kind.LEFT
            return record
        self._told[tid] = at
        return from_before(record, at, found, abi)

    def _computes(self, tid: int, state: Any, now: int) -> NDArray[Any] | None:
        """The record of a thread that has been in no call for a while, if it has run since it was told of."""
        since = int(state["since"])
        told, ran = self._computed.get(tid, (0, 0))
        if told < since:
            ran = 0
        if now - max(told, since) < _AGAIN_NS:
            return None
        record = so_far(state, now)
        on_cpu = now - since - int(record["user_blocked"]) - int(record["user_delay"])
        if on_cpu <= ran:  # stopped, or asleep in a call that is not asked for
            return None
        self._computed[tid] = now, on_cpu
        record["pid"], record["tid"], record["kind"] = process_of(tid)[0], tid, Kind.LEFT
        return record

    def _is_wanted(self, abi: int, number: int) -> bool:
        return self._wanted is None or name_of(abi, number) in traced_names(abi, self._wanted)

    def state(self, tid: int) -> Any | None:
        """A thread's state, of `layout.THREAD`; None when it is gone, or changes faster than it can be read.

        The kernel copies it from its first byte to its last while the thread runs on. `seq`, near the end, is
        changed before anything else, and `part`, at the beginning, after it."""
        for _ in range(_TRIES):
            found = self._copied(tid)
            if found is None:
                return None
            state = np.frombuffer(found, THREAD)[0]
            if state["part"] == state["seq"]:
                return state
        return None

    def _copied(self, tid: int) -> bytes | None:
        try:
            if tid not in self._descriptors:
                self._descriptors[tid] = open_thread(tid)
            return bpf.lookup(self._tasks, self._descriptors[tid].to_bytes(4, "little"), THREAD_SIZE)
        except bpf.BpfRefused:
            return None
        except OSError as error:
            return self._by_walking(tid) if error.errno == errno.EINVAL else None

    def _by_walking(self, tid: int) -> bytes | None:
        pid = process_of(tid)[0]
        states = None if self._walked is None else self._walked.get(pid)
        try:
            states = self.walk().states(pid) if states is None else states
        except (OSError, bpf.BpfRefused):
            states = {}
        if self._walked is not None:
            self._walked[pid] = states
        return states[tid].tobytes() if tid in states else None


def so_far(state: Any, now: int) -> NDArray[Any]:
    """The part of a thread's life that is under way, up to `now`, as a record of the call it is in; of one that is
    in none the call begins and ends now."""
    record = np.zeros((), RECORD)
    for name in _SAME:
        record[name] = state[name]
    record["args"] = state["args"][:6]
    record["end"], record["kind"] = now, Kind.ENTERED
    record["flags"] = Flag.FIRST if state["first"] else 0
    inside = bool(state["in_call"]) and state["at"] >= state["since"]
    if not inside:
        record["at"] = now
    off, woken = int(state["off"]), int(state["woken"])
    if off and off <= now:  # away from its CPU just now
        slept = (max(woken, off) if woken else now) - off if state["asleep"] else 0
        record["switches" if inside else "user_switches"] += 1  # it will come back: what waits was not handed over
        record["blocked" if inside else "user_blocked"] += slept
        record["delay" if inside else "user_delay"] += max(now - off - slept, 0)
    return record


def from_before(record: NDArray[Any], came: int, inside: Inside, abi: int) -> NDArray[Any]:
    """`record` of a thread that was `inside` a call when we `came`, and is still: all it did since was in there."""
    record["at"] = came
    record["nr"], record["args"], record["ip"], record["abi"] = inside.nr, inside.args, inside.ip, abi
    record["flags"] = int(record["flags"]) | Flag.NO_ENTRY
    for name in ("blocked", "delay", "switches"):
        record[name], record[f"user_{name}"] = record[f"user_{name}"], 0
    return record
