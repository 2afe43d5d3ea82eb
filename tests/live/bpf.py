"""Whether BPF programs can be loaded here."""

from __future__ import annotations

from functools import cache

from tracer.capture.ebpf.bpf import BpfRefused
from tracer.capture.ebpf.loading import Limits, compiled, load


@cache
def bpf_refused() -> str:
    """Why not; empty when they can."""
    try:
        load(compiled(), Limits(ring_bytes=1 << 16), {}).close()
    except (BpfRefused, OSError, ValueError) as error:
        return str(error)
    return ""
