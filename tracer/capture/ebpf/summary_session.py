"""A capture with --summary: calls are summed up in the kernel, and only the sums are sent on."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import numpy as np

from tracer.capture.ebpf import summary_layout as layout
from tracer.capture.ebpf.loading import Limits, Loaded, compiled, load
from tracer.capture.ebpf.reader import KernelReader
from tracer.capture.ebpf.rows import Records
from tracer.capture.ebpf.session import KernelCapture
from tracer.capture.ebpf.summary_maps import SummaryMaps, make_maps
from tracer.capture.ebpf.summary_reading import SummaryReader
from tracer.capture.options import CaptureOptions
from tracer.capture.subject import Constants
from tracer.wire import RECORD_FIELDS, Abi, Kind, Placement, Source

_RING_BYTES: Final = 4 << 20
"""Only births, ends, signals and marks pass through."""
_LOOK_NS: Final = 100_000_000
_ANNOUNCE_NS: Final = 50_000_000
_NONE_YET: Final = 1 << 32
_CLOCKS: Final = ("wall", "run", "delay", "user_wall", "user_run", "user_delay")


class SummaryCapture(KernelCapture):
    """One capture; the sums are looked at ten times a second, and once more at the end."""

    _at_start: Mapping[str, int] = MappingProxyType({"quiet": 1})  # until its exec: that is our own doing
    _maps: SummaryMaps
    _next_look = 0

    def _load(self, options: CaptureOptions) -> Loaded:
        self._maps = make_maps()
        try:
            limits = Limits(options.capture_bytes, _RING_BYTES, follow=options.follow, trace=options.trace)
            loaded = load(compiled("summary"), limits, {}, others=self._maps.named)
        except BaseException:
            self._maps.close()
            raise
        self._sums = SummaryReader(self._maps)
        return loaded

    def calibrate(self) -> Constants:
        """What being counted costs: as always, but the child's calls are summed up and their clocks kept aside."""
        subject, self._subject = self._subject, None
        assert subject is not None
        reader = KernelReader(self.loaded, subject.outbox)
        self._follow(subject.pid, everything=True, state={"single": layout.MEASURED})
        subject.release()
        os.waitpid(subject.pid, 0)
        reader.pass_on()
        for _ in range(2):  # read, and then deleted as those of a thread that is gone
            self._sums.look(subject.outbox, time.monotonic_ns(), ())
        subject.outbox.drop()
        subject.outbox.records += self._measured()
        constants = subject.constants()
        self._maps.tell_cost(round(constants.get("run_ns", 0.0)))
        return constants

    def _measured(self) -> bytes:
        """The clocks that were kept, as rows of calls."""
        samples = self._maps.samples()
        rows = np.zeros(len(samples), np.dtype(list(RECORD_FIELDS)))
        rows["kind"], rows["placement"], rows["source"] = Kind.CALL, Placement.APART, Source.SWITCHES
        rows["abi"] = Abi.AARCH64 if os.uname().machine == "aarch64" else Abi.X86_64
        rows["nr"] = samples["nr"]
        for name in _CLOCKS:
            rows[f"{name}_ns"] = samples[name]
        return rows.tobytes()

    def run(self, *, begun: bool) -> None:
        """As always; what was counted since the last look follows. Raises BrokenPipeError."""
        super().run(begun=begun)
        if not self.detaching and self.reader is not None:
            self._look(self.reader)
            self.outbox.flush()

    def _begin(self, records: Records) -> bool:
        begun = super()._begin(records)
        if begun:
            execs = records[(records["tid"] == self.root) & (records["kind"] == Kind.EXEC)]
            self._sums.began_ns = int(execs["at"][0])
        return begun

    def attach(self, pid: int) -> None:
        """As always. Raises BpfRefused."""
        self._sums.began_ns = time.monotonic_ns()
        super().attach(pid)

    def _announce(self, reader: KernelReader, older_than: int = _ANNOUNCE_NS) -> None:
        """The sums first: a thread's row of a call that lasts is its last."""
        now = time.monotonic_ns()
        if now >= self._next_look or not older_than:
            self._look(reader)
            self._next_look = max(now + _LOOK_NS, time.monotonic_ns() + 10 * (time.monotonic_ns() - now))
        super()._announce(reader, older_than)

    def _look(self, reader: KernelReader) -> None:
        self._sums.look(self.outbox, time.monotonic_ns(), reader.lives.live, self._era_of)

    def _era_of(self, tid: int) -> int | None:
        state = self.waiting.state(tid)
        if state is None:
            return None
        return int(state["era"]) if state["in_call"] else _NONE_YET

    def close(self) -> None:
        """Take the programs out of the kernel."""
        super().close()
        self._maps.close()
