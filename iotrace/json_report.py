"""A report as the JSON document whose names are fixed: times in ns, sizes in bytes."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Final

from tracer.analyze import scope
from tracer.analyze.results import (
    Copies,
    DescriptorRow,
    Finding,
    Report,
    Scope,
    SyscallRow,
    ThreadRow,
    Times,
    Totals,
)

FORMAT: Final = 1
_COPIES: Final = tuple(name for name in Copies.__slots__ if name != "unknown")


def document(report: Report) -> dict[str, Any]:
    """The whole document; `scope` is there only when something of the run is left out."""
    single = report.scope.summary  # what needs single calls is not known
    return {
        "format": FORMAT,
        "command": list(report.command),
        "backend": report.backend,
        "source": report.source,
        "phase": report.phase,
        "duration_ns": report.duration_ns,
        "exit": {
            "code": report.ending.code,
            "signal": report.ending.signal,
            "complete": report.ending.complete,
        },
        **({"scope": scope.document(report.scope)} if report.scope != Scope() else {}),
        "totals": _totals(report.totals),
        "syscalls": [_syscall(row) for row in report.syscalls],
        "fds": None if single else [descriptor(row) for row in report.fds],
        "threads": [_thread(row) for row in report.threads],
        "models": None if single else [asdict(model) for model in report.models],
        "findings": None if single else [_finding(finding) for finding in report.findings or ()],
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "severity": finding.severity.value,
        "pid": finding.pid,
        "tid": finding.tid,
        "fd": finding.fd,
        "syscall": finding.syscall,
        "evidence": dict(finding.evidence),
        "text": finding.text,
        "advice": finding.advice,
        "rows": list(finding.lines),
    }


def _totals(totals: Totals) -> dict[str, Any]:
    return {
        "calls": totals.calls,
        "failed": totals.failed,
        "wasted": totals.wasted,
        **_times(totals.times),
        **_copies(totals.copies),
        "wakeups": totals.wakeups,
        "useless_wakeups": totals.useless_wakeups,
        "signals": totals.signals,
        "lost": totals.lost,
    }


def _syscall(row: SyscallRow) -> dict[str, Any]:
    times = _times(row.times)
    del times["tracer_ns"]
    return {
        "name": row.name,
        "calls": row.calls,
        "failed": row.failed,
        "wasted": row.wasted,
        "errors": row.errors,
        **times,
        "kernel_p50_ns": row.kernel_p50_ns,
        "kernel_p99_ns": row.kernel_p99_ns,
        "wall_p50_ns": row.wall_p50_ns,
        "wall_p99_ns": row.wall_p99_ns,
        **_copies(row.copies),
    }


def descriptor(row: DescriptorRow) -> dict[str, Any]:
    """One of `fds`."""
    return {
        "pid": row.pid,
        "fd": row.fd,
        "generation": row.generation,
        "what": row.what,
        "opened_by": row.opened_by,
        "nonblocking": row.nonblocking,
        "calls": row.calls,
        "wasted": row.wasted,
        **_copies(row.copies),
    }


def _thread(row: ThreadRow) -> dict[str, Any]:
    about = {"pid": row.pid, "tid": row.tid, "name": row.name, "lifetime_ns": row.lifetime_ns}
    return {**about, **_times(row.times)}


def _times(times: Times) -> dict[str, int]:
    return asdict(times)


def _copies(copies: Copies) -> dict[str, int]:
    return {name: getattr(copies, name) for name in _COPIES}  # `asdict` takes ten times as long
