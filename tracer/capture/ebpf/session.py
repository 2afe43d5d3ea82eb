"""One capture by BPF from beginning to end; what `tracer.capture.session` is for ptrace.

Nothing is ever stopped and nobody wakes us: every few milliseconds the rings are emptied and sent on.
"""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import numpy as np

from tracer.capture.ebpf.bpf import BpfRefused
from tracer.capture.ebpf.loading import Limits, Loaded, compiled, load
from tracer.capture.ebpf.plans import kernel_plans
from tracer.capture.ebpf.reader import KernelReader
from tracer.capture.ebpf.rows import Records
from tracer.capture.ebpf.snapshot import take_snapshot
from tracer.capture.ebpf.waiting import Waiting, open_thread
from tracer.capture.inherited import inherited
from tracer.capture.options import CaptureOptions
from tracer.capture.outbox import Outbox
from tracer.capture.plan import PlanOptions
from tracer.capture.priority import Urgency
from tracer.capture.spawn import Waiting as Child
from tracer.capture.spawn import send_signal
from tracer.capture.subject import SAMPLES, Constants, Subject
from tracer.capture.threads import process_of, threads_of
from tracer.wire import Flag, Kind, Placement

_BUSY_S, _IDLE_S = 0.002, 0.01
_BUSY: Final = 0.25
"""A ring so full is looked at again soon. Otherwise waiting pays: a look costs as much as a thousand calls."""
_LATE: Final = 0.1
"""A ring so full when we come says that we come late: at a million calls a second it is half of that in time."""
_ANNOUNCE_NS: Final = 50_000_000
_LOOK_NS: Final = 1_000_000
"""To a thread's state in the kernel, on average: so seldom that many threads cost no more than few."""
_QUIET: Final = 50
"""Turns without a record after which it is checked who still lives: the record of an end may have been lost."""
_AS_ALWAYS: Final[Mapping[str, int]] = MappingProxyType({})


class KernelCapture:
    """One capture; obeys the recorder's lines as `tracer.capture.session.Capture` does."""

    _at_start: Mapping[str, int] = _AS_ALWAYS
    """What else is known of the program's thread before it begins, by fields of `layout.THREAD`."""

    def __init__(self, outbox: Outbox, options: CaptureOptions) -> None:
        """Load the programs. Raises BpfRefused, and OSError when there is no object for this machine."""
        self.outbox = outbox
        # Before the programs are there: it measures what its calls cost untraced.
        self._subject: Subject | None = Subject(SAMPLES[Placement.SHARED])
        try:
            self.loaded = self._load(options)
        except Exception:
            self._subject.release()
            os.waitpid(self._subject.pid, 0)
            raise
        self.waiting = Waiting(self.loaded.tasks, options.trace)
        self.statuses: dict[int, int] = {}
        self.detaching = self.wait_for_program = self.abandoned = self._wants_snapshot = False
        self._wire = options.wire
        self.root = 0
        self._inherited = b""
        self.reader: KernelReader | None = None

    def _load(self, options: CaptureOptions) -> Loaded:
        limits = Limits(
            options.capture_bytes, redact=options.redact, follow=options.follow, trace=options.trace,
            stacks=options.stacks,
        )  # fmt: skip
        return load(compiled(), limits, kernel_plans(PlanOptions(options.capture_bytes, options.redact)))

    def obey(self, line: str) -> None:
        """Carry out one line of the control pipe."""
        word, _, rest = line.partition(" ")
        if word == "snapshot":
            self._wants_snapshot = True
        elif word == "detach":
            self.detaching, self.wait_for_program = True, rest == "wait"
        elif word == "kill":
            self._signal_all(9)
        elif word == "signal" and rest.isdigit():
            living = {self.root} - self.statuses.keys()
            for pid in living or self._processes():
                send_signal(pid, int(rest))

    def abandon(self, started: bool) -> None:
        """The recorder is gone: end what we started, let go what we attached to."""
        self.abandoned = self.detaching = True
        if started:
            self._signal_all(9)
        self.outbox.discard()

    def _processes(self) -> set[int]:
        return set(self.reader.lives.live.values()) if self.reader else set()

    def _signal_all(self, number: int) -> None:
        for pid in self._processes() | ({self.root} - self.statuses.keys() - {0}):
            send_signal(pid, number)

    def calibrate(self) -> Constants:
        """What being counted costs: calls of a child of ours, whose untraced cost it has measured itself."""
        subject, self._subject = self._subject, None
        assert subject is not None
        reader = KernelReader(self.loaded, subject.outbox)
        self._follow(subject.pid, everything=True)
        subject.release()
        os.waitpid(subject.pid, 0)
        reader.pass_on()
        return subject.constants()

    def _follow(
        self, tid: int, attached: int = 0, *, everything: bool = False, state: Mapping[str, int] = _AS_ALWAYS
    ) -> None:
        descriptor = open_thread(tid)
        try:
            self.loaded.follow(descriptor, attached, everything=everything, more=state)
        finally:
            os.close(descriptor)

    def start(self, child: Child) -> None:
        """Follow the program from its first call on."""
        self.root = child.pid
        self.reader = KernelReader(self.loaded, self.outbox)
        self._inherited = inherited(child.pid)
        self._follow(child.pid, state=self._at_start)

    def attach(self, pid: int) -> None:
        """Follow a running process: all its threads, those included that are born meanwhile. Raises BpfRefused."""
        self.root = pid
        self.reader = KernelReader(self.loaded, self.outbox)
        seen: set[int] = set()
        found: set[int] = set()
        now = time.monotonic_ns()
        while fresh := [tid for tid in threads_of(pid) if tid not in seen]:
            seen.update(fresh)
            for tid in fresh:
                found |= self._join(pid, tid, now) if tid not in found else set()
        for tid in sorted(found):
            self.reader.lives.attached(tid, process_of(tid)[0], now, _name(tid))

    def _join(self, pid: int, tid: int, now: int) -> set[int]:
        """Follow a thread that runs already, and perhaps others with it: those that are followed now, but not since
        their birth. Raises BpfRefused."""
        try:
            self._follow(tid, now)
        except BpfRefused as refused:
            if refused.number not in (errno.ESRCH, errno.EEXIST):
                raise
            return set()
        except OSError as error:
            return self.waiting.walk().follow(pid, now) if error.errno == errno.EINVAL else set()
        return {tid}

    def run(self, *, begun: bool) -> None:
        """Read until nobody is traced any more. `begun`: the program runs already, it need not exec first.

        Raises BrokenPipeError: the recorder is gone."""
        reader = self.reader
        assert reader is not None
        kept: list[Records] = []
        urgency = Urgency()
        quiet = next_look = 0
        while not self.detaching:
            used = reader.used()
            time.sleep(_BUSY_S if used > _BUSY else _IDLE_S)
            urgency.told(late=reader.used() > _LATE)
            self._reap()
            over = self.root in self.statuses
            if not begun:
                kept.append(reader.take().copy())
                reader.give_back()
                begun = self._begin(np.concatenate(kept))
                kept = [] if begun else kept
                if begun or not over:
                    continue
                reader.send(kept[-1])
            records = reader.pass_on()
            if self._wants_snapshot:
                self._wants_snapshot = False
                take_snapshot(reader, self.waiting, self.outbox, self._wire)
            now = time.monotonic_ns()
            if now >= next_look:
                self._announce(reader)
                next_look = now + max(_ANNOUNCE_NS, len(reader.lives.live) * _LOOK_NS)
            self.outbox.flush()
            quiet = 0 if records else quiet + 1
            if quiet % _QUIET == _QUIET - 1:
                reader.lives.forget_the_gone()
            if over and not reader.lives.live and quiet:
                return
            if not over and quiet and not os.path.exists(f"/proc/{self.root}") and not reader.lives.live:
                return
        reader.pass_on()
        self._announce(reader, 0)
        self.outbox.flush()

    def _begin(self, records: Records) -> bool:
        """What the child did before its exec was our own doing; its life begins with the execve that succeeded."""
        own = records["tid"] == self.root
        execs = np.flatnonzero(own & (records["kind"] == Kind.EXEC))
        if not len(execs):
            return False
        calls = np.flatnonzero(own & (records["kind"] == Kind.CALL))
        calls = calls[calls > execs[0]]
        if not len(calls):
            return False
        assert self.reader is not None
        first = records[calls[0]]
        at = int(first["at"])
        first["since"], first["flags"] = at, first["flags"] | Flag.FIRST
        first["user_blocked"] = first["user_delay"] = first["user_switches"] = 0
        records[calls[0]] = first
        name = records[execs[0]]["args"][4:6].tobytes().partition(b"\0")[0]
        self.reader.lives.started(self.root, at, name, self._inherited)
        self.reader.send(records[execs[0] :])
        self.outbox.flush()
        return True

    def _announce(self, reader: KernelReader, older_than: int = _ANNOUNCE_NS) -> None:
        found = self.waiting.calls(list(reader.lives.live), time.monotonic_ns(), older_than)
        if len(found):
            reader.send(found)

    def _reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if not pid:
                return
            self.statuses[pid] = status

    def close(self) -> None:
        """Take the programs out of the kernel."""
        self.waiting.close()
        self.loaded.close()


def _name(tid: int) -> bytes:
    try:
        with open(f"/proc/{tid}/comm", "rb") as file:
            return file.read().rstrip(b"\n")
    except OSError:
        return b""
