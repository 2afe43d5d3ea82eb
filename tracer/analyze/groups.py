"""The rows of a summary, one kind for every view of it: by system call, by thread, by phase, by error.

Sums come from the report, as fresh as it is; spreads and errors from `line_sums`, as far as those are made."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

from tracer.analyze.lines.sums import LineSums, Sums
from tracer.analyze.results import Copies, PhaseRow, Report, SyscallRow, ThreadRow, Times
from tracer.analyze.spread import NO_SPREAD, Spread


class View(Enum):
    """What the rows are sums of."""

    CALL = "call"
    THREAD = "thread"
    PHASE = "phase"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class GroupRow:
    """One row. Times in ns, sizes in bytes."""

    key: str
    """Names the row from one report to the next."""
    name: str
    filter: str
    """The filter that lets the row's calls through."""
    calls: int
    failed: int | None
    wasted: int | None
    """None where they are not counted (yet)."""
    breakdown: dict[str, int]
    """Failed calls by error; of an error, its calls by name."""
    times: Times
    bytes_in: int
    bytes_out: int
    copies: Copies | None = None
    """Where they are known apart: payload and control."""
    unknown: int = 0
    kernel: Spread = NO_SPREAD
    wall: Spread = NO_SPREAD


NO_SUMS: Final = Sums()


def group_rows(view: View, report: Report, sums: LineSums) -> list[GroupRow]:
    """The rows of `view`."""
    match view:
        case View.CALL:
            return [_call(row, sums.syscalls.get(row.name, NO_SUMS)) for row in report.syscalls]
        case View.THREAD:
            return [_thread(row, sums.threads.get((row.pid, row.tid), NO_SUMS)) for row in report.threads]
        case View.PHASE:
            return [_phase(row, sums.phases.get(row.name, NO_SUMS)) for row in report.phases]
        case View.ERROR:
            return [_error(name, each) for name, each in sums.errors.items()]


def _call(row: SyscallRow, sums: Sums) -> GroupRow:
    return GroupRow(
        row.name, row.name, row.name, row.calls, row.failed, row.wasted, row.errors, row.times,
        *_bytes(row.copies), row.copies, row.copies.unknown, sums.kernel, sums.wall,
    )  # fmt: skip


def _thread(row: ThreadRow, sums: Sums) -> GroupRow:
    made = bool(sums.calls)
    name = f"{row.tid} {row.name}" if row.tid != row.pid else f"{row.tid} {row.name} (process)"
    return GroupRow(
        f"{row.pid}/{row.tid}", name, f"tid:{row.tid}", row.calls, sums.failed if made else None,
        sums.wasted if made else None, sums.breakdown, row.times, sums.bytes_in, sums.bytes_out, None, sums.unknown,
        sums.kernel, sums.wall,
    )  # fmt: skip


def _phase(row: PhaseRow, sums: Sums) -> GroupRow:
    totals = row.totals
    return GroupRow(
        row.name, row.name, f"phase:{row.name}", totals.calls, totals.failed, totals.wasted, sums.breakdown,
        totals.times, *_bytes(totals.copies), totals.copies, totals.copies.unknown, sums.kernel, sums.wall,
    )  # fmt: skip


def _error(name: str, sums: Sums) -> GroupRow:
    return GroupRow(
        name, name, f"err:{name}", sums.calls, sums.failed, sums.wasted, sums.breakdown, sums.times,
        sums.bytes_in, sums.bytes_out, None, sums.unknown, sums.kernel, sums.wall,
    )  # fmt: skip


def _bytes(copies: Copies) -> tuple[int, int]:
    return copies.payload_in + copies.control_in, copies.payload_out + copies.control_out
