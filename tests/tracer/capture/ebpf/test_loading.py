"""What was lost, as the loader adds it up."""

from __future__ import annotations

import pytest

from tracer.capture.ebpf import bpf, layout
from tracer.capture.ebpf.loading import Loaded


def test_calls_that_a_program_missed_are_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel leaves a program out that is running already; what it counts for that is in no map."""
    counters = dict(zip(layout.COUNTERS, (5, 3), strict=True))
    missed = {10: 2, 11: 1}

    def lookup(descriptor: int, key: bytes, size: int) -> bytes:
        return counters[layout.COUNTERS[int.from_bytes(key, "little")]].to_bytes(size, "little")

    monkeypatch.setattr(bpf, "lookup", lookup)
    monkeypatch.setattr(bpf, "misses", missed.__getitem__)
    assert Loaded(1, 2, 3, 4, 5, 4096, (10, 11), ()).lost() == (5 + 2 + 1, 3)
