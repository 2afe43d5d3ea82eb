"""What a capture process was asked to do."""

from __future__ import annotations

from dataclasses import dataclass

from tracer.capture.seccomp_filter import Wanted
from tracer.capture.spawn import Program
from tracer.capture.stack_choice import StackChoice


@dataclass(frozen=True, slots=True)
class CaptureOptions:
    """What the recorder asked for."""

    wire: int
    control: int
    pin: str
    capture_bytes: int
    redact: bool
    clock: str
    program: Program | None
    attach: int | None
    hold: bool = False
    """Hold the program at its first call."""
    follow: bool = True
    """Trace new processes too."""
    trace: Wanted | None = None
    """Only these calls, by a seccomp filter; None = all."""
    backend: str = "ptrace"
    """ptrace, ebpf, or auto: ebpf when it can be had."""
    stacks: StackChoice | None = None
    """Keep the user stack at these calls."""
    summary: bool = False
    """Sum calls up in the kernel, tell of none."""
    shielded: tuple[int, ...] = ()
    """Signals that were blocked when we were started, for our sake: the program is to find them as they were."""
