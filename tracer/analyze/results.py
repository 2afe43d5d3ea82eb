"""The frozen results every reader (report, TUI, compare, exports) works with. Times in ns, sizes in bytes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from enum import Enum
from typing import Self


@dataclass(frozen=True, slots=True)
class Times:
    """The five times of something: a call, a syscall, a thread, a run."""

    user_ns: int = 0
    kernel_ns: int = 0
    blocked_ns: int = 0
    runnable_ns: int = 0
    tracer_ns: int = 0

    @property
    def own_ns(self) -> int:
        """The program's own time: all but the tracer's."""
        return self.user_ns + self.kernel_ns + self.blocked_ns + self.runnable_ns


@dataclass(frozen=True, slots=True)
class Copies:
    """Copies across the boundary."""

    copies_in: int = 0
    copies_out: int = 0
    payload_in: int = 0
    payload_out: int = 0
    control_in: int = 0
    control_out: int = 0
    unknown: int = 0
    """Calls of which it is not known what they copied; the other numbers are then a lower bound."""

    def plus(self, other: Self) -> Self:
        """The sum, field by field."""
        return type(self)(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))


@dataclass(frozen=True, slots=True)
class Totals:
    """Everything about a run, or about one phase of it."""

    calls: int = 0
    """Calls that returned."""
    failed: int = 0
    wasted: int = 0
    times: Times = field(default_factory=Times)
    failed_kernel_ns: int = 0
    """Kernel time of the calls that failed."""
    copies: Copies = field(default_factory=Copies)
    wakeups: int = 0
    useless_wakeups: int | None = None
    """Wake-ups after which nothing was transferred on any ready descriptor (`tracer.analyze.wakeups`)."""
    ready: int = 0
    """Descriptors (or completions) reported by the wake-ups, as far as that is known."""
    counted_wakeups: int = 0
    """Wake-ups that `ready` is the sum of."""
    signals: int = 0
    lost: int = 0


@dataclass(frozen=True, slots=True)
class SyscallRow:
    """One system call's line in the summary."""

    name: str
    calls: int
    failed: int
    wasted: int
    errors: dict[str, int]
    times: Times
    """user_ns here is user time that led up to these calls; tracer_ns the tracer's cost on them."""
    kernel_p50_ns: int
    kernel_p99_ns: int
    wall_p50_ns: int
    wall_p99_ns: int
    """Percentiles of kernel + blocked + runnable of single calls."""
    copies: Copies


@dataclass(frozen=True, slots=True)
class DescriptorRow:
    """One descriptor's line: a generation of one fd of one process."""

    pid: int
    fd: int
    generation: int
    what: str
    opened_by: str
    nonblocking: bool | None
    calls: int
    wasted: int
    copies: Copies


@dataclass(frozen=True, slots=True)
class ThreadRow:
    """One thread's line. user + kernel + blocked + runnable + tracer = lifetime."""

    pid: int
    tid: int
    name: str
    lifetime_ns: int
    calls: int
    times: Times
    alive: bool


@dataclass(frozen=True, slots=True)
class PhaseRow:
    """One marked phase."""

    name: str
    begin_ns: int
    end_ns: int | None
    totals: Totals


@dataclass(frozen=True, slots=True)
class Ending:
    """How the program and its recording ended."""

    code: int | None = None
    signal: str | None = None
    complete: bool = False
    reason: str = ""
    """A sentence when the recording is not complete or did not end with the program."""


class Severity(Enum):
    """How much a finding matters."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule found, with the evidence for it and what to do about it."""

    rule: str
    severity: Severity
    pid: int
    text: str
    """What is the matter, in a sentence or two."""
    advice: str
    """What to do about it."""
    tid: int | None = None
    fd: int | None = None
    syscall: str | None = None
    evidence: Mapping[str, int | float | str] = field(default_factory=dict)
    """Figures by name."""
    lines: tuple[int, ...] = ()
    """Row numbers of the recording that show it."""


@dataclass(frozen=True, slots=True)
class Model:
    """The I/O model of one thread, and what shows it (`tracer.analyze.models`)."""

    pid: int
    tid: int
    model: str
    evidence: str


@dataclass(frozen=True, slots=True)
class Scope:
    """What of the run is not in the recording (`tracer.analyze.scope`)."""

    later_part: bool = False
    """It begins in the middle of the run."""
    calls_before: int = 0
    """Calls of the run that returned before it begins."""
    ns_before: int = 0
    """How long the run had been recorded then."""
    part: int = 0
    """Its number, of a run in several files; 0 for the first, and for the tail of a run."""
    state_known: bool = True
    """What was open at its beginning is known."""
    trace: str | None = None
    """The calls that were traced, None = all. Then "user" is user + untraced kernel."""
    follow: bool = True
    """Processes it started were traced too."""
    summary: bool = False
    """Calls were summed up in the kernel: of single ones nothing is known."""
    no_new_privs: bool = False
    """Set-uid programs ran without their privileges, for the sake of tracing."""


@dataclass(frozen=True, slots=True)
class Report:
    """All results of one recording, or of one phase of it."""

    command: tuple[str, ...]
    backend: str
    source: str
    """The on-CPU clock: schedstat, process-clock, ticks or none (or several, joined by +)."""
    phase: str | None
    duration_ns: int
    ending: Ending
    totals: Totals
    syscalls: tuple[SyscallRow, ...]
    fds: Sequence[DescriptorRow]
    threads: tuple[ThreadRow, ...]
    phases: tuple[PhaseRow, ...]
    uncertainty_ns: int = 0
    """± on user and on kernel of the totals: calls times the spread of the calibration."""
    findings: tuple[Finding, ...] | None = None
    """None when no rule has looked at it."""
    models: tuple[Model, ...] = ()
    """Empty when nobody asked."""
    scope: Scope = field(default_factory=Scope)
    older_calls: int = 0
    """Calls that threads were inside when they were attached to: their times count from then on."""
