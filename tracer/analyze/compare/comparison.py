"""One run of a comparison: the figures of its measured phase, ready to stand beside those of other runs.

Figures are over all threads of the program. What the job came to (messages, latencies, work) a bundled workload
says itself, in a mark of its recording; of any other program these are None.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tracer.analyze.compare.job import Job
from tracer.analyze.compare.parts import Part
from tracer.analyze.results import Report, SyscallRow


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of one run. Times in ns, sizes in bytes; None where there is no such number."""

    name: str
    messages: int | None = None
    """Messages received, of all clients together."""
    payload_bytes: int | None = None
    """Bytes of those messages, however often they were copied."""
    wall_ns: int | None = None
    user_ns: int | None = None
    kernel_ns: int | None = None
    blocked_ns: int | None = None
    runnable_ns: int | None = None
    cpu_percent: float | None = None
    """user + kernel: of the program's own time (all but the tracer's), or of wall where there are threads."""
    calls: int | None = None
    calls_per_message: float | None = None
    wasted: int | None = None
    wakeups: int | None = None
    useless_wakeups: int | None = None
    ready_per_wakeup: float | None = None
    copies_per_message: float | None = None
    payload_copied: int | None = None
    control_copied: int | None = None
    latency_p50_ns: int | None = None
    latency_p99_ns: int | None = None
    work_done: int | None = None
    ok: bool = False
    """The job was done: every message received intact, exit status 0, and the recording is complete."""


@dataclass(frozen=True, slots=True)
class Alone:
    """What a run without tracing says of itself (getrusage(2), RUSAGE_SELF), in ns."""

    rusage_user_ns: int
    rusage_system_ns: int
    wall_ns: int


@dataclass(frozen=True, slots=True)
class Run:
    """One model or recording of a comparison."""

    figures: Figures
    model: str = ""
    """The bundled workload's name; empty for any other program."""
    clients: int | None = None
    threads: int = 0
    signals: int = 0
    ready: int = 0
    """What the wake-ups reported, as far as that is known."""
    bounds: bool = False
    """Of some calls it is not known what they copied: the copies are lower bounds."""
    syscalls: tuple[SyscallRow, ...] = ()
    reason: str = ""
    """Why it is not ok, in a line."""
    ran: bool = True
    """False when it cannot run here, or could not be traced: there are no figures then."""
    spread: Mapping[str, float] = field(default_factory=dict)
    """With several repetitions: how far a figure got from its median."""
    alone: Alone | None = None
    parts: tuple[Part, ...] = ()
    """What can be found again in another run, for its differences."""
    repeats: int = 1
    """Of how many runs it is the median."""

    @property
    def name(self) -> str:
        """What it is called in the table."""
        return self.figures.name

    def syscall(self, *names: str) -> SyscallRow | None:
        """The first of `names` that was called."""
        found = {row.name: row for row in self.syscalls}
        return next((found[name] for name in names if name in found), None)


def run_of(name: str, report: Report, job: Job | None, *, model: str = "", lost: str = "") -> Run:
    """The run that `report` is about; `lost` says why its recording is not whole."""
    reason = lost or _trouble(report, job)
    return Run(
        figures=_figures(name, report, job, ok=not reason),
        model=model,
        clients=job.clients if job else None,
        threads=len(report.threads),
        signals=report.totals.signals,
        ready=report.totals.ready,
        bounds=report.totals.copies.unknown > 0,
        syscalls=report.syscalls,
        reason=reason,
    )


def absent(name: str, reason: str, *, model: str = "", clients: int | None = None) -> Run:
    """A run that could not be: `reason` says why."""
    return Run(Figures(name), model=model, clients=clients, reason=reason, ran=False)


def _trouble(report: Report, job: Job | None) -> str:
    ending = report.ending
    if ending.signal is not None:
        return f"it was killed by {ending.signal}"
    if not ending.complete:
        return ending.reason or "its recording has no end"
    if job is not None and not job.ok:
        return f"it received {job.received} of {job.expected} messages, or damaged ones"
    return f"it ended with exit status {ending.code}" if ending.code else ""


def _figures(name: str, report: Report, job: Job | None, *, ok: bool) -> Figures:
    totals = report.totals
    times, copies = totals.times, totals.copies
    messages = job.received if job else None
    return Figures(
        name=name,
        messages=messages,
        payload_bytes=job.payload_bytes if job else None,
        wall_ns=report.duration_ns,
        user_ns=times.user_ns,
        kernel_ns=times.kernel_ns,
        blocked_ns=times.blocked_ns,
        runnable_ns=times.runnable_ns,
        cpu_percent=cpu_percent(report),
        calls=totals.calls,
        calls_per_message=_share(totals.calls, messages),
        wasted=totals.wasted,
        wakeups=totals.wakeups,
        useless_wakeups=totals.useless_wakeups,
        ready_per_wakeup=_ready(report),
        copies_per_message=_share(copies.copies_in + copies.copies_out, messages),
        payload_copied=copies.payload_in + copies.payload_out,
        control_copied=copies.control_in + copies.control_out,
        latency_p50_ns=job.latency_p50_ns if job else None,
        latency_p99_ns=job.latency_p99_ns if job else None,
        work_done=job.work_done if job else None,
        ok=ok,
    )


def cpu_percent(report: Report) -> float | None:
    """How much of a CPU the program used: 100 = all of one. None when it had no time at all."""
    times = report.totals.times
    whole = times.own_ns if len(report.threads) <= 1 else report.duration_ns
    return round(100 * (times.user_ns + times.kernel_ns) / whole, 3) if whole > 0 else None


def _ready(report: Report) -> float | None:
    """None too when some wake-ups keep their number of completions to themselves (io_uring)."""
    totals = report.totals
    whole = totals.counted_wakeups == totals.wakeups
    return _share(totals.ready, totals.counted_wakeups) if whole else None


def _share(part: int, whole: int | None) -> float | None:
    return round(part / whole, 6) if whole else None
