"""The processes of a machine by what their calls cost in a stretch of time: what `iotrace top` shows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class TopCounts:
    """Sums over a stretch of time."""

    calls: int = 0
    """Calls that returned."""
    failed: int = 0
    wasted: int = 0
    """EAGAIN, or a wait with a timeout of 0 that found nothing ready."""
    kernel_ns: int = 0
    """On a CPU inside calls."""
    bytes_read: int = 0
    """Results of read, recv and their relatives."""
    bytes_written: int = 0
    """Results of write, send and their relatives."""


@dataclass(frozen=True, slots=True)
class TopProcess:
    """One process."""

    pid: int | None
    """None: all those that have no number in our pid namespace, together."""
    name: str
    command: str
    """Its command line; empty when it has none, or is gone."""
    ended: bool
    counts: TopCounts


@dataclass(frozen=True, slots=True)
class TopView:
    """All processes that called the kernel in a stretch of time."""

    span_ns: int
    processes: tuple[TopProcess, ...] = ()
    lost: int = 0
    """Calls that were made but not counted."""

    def per_second(self, amount: int) -> float:
        """`amount` in this stretch, as a rate."""
        return amount * 1e9 / self.span_ns if self.span_ns > 0 else 0.0

    def share(self, ns: int) -> float:
        """`ns` as a share of one CPU."""
        return ns / self.span_ns if self.span_ns > 0 else 0.0

    @property
    def totals(self) -> TopCounts:
        """All processes together."""
        each = [process.counts for process in self.processes]
        return TopCounts(
            calls=sum(counts.calls for counts in each),
            failed=sum(counts.failed for counts in each),
            wasted=sum(counts.wasted for counts in each),
            kernel_ns=sum(counts.kernel_ns for counts in each),
            bytes_read=sum(counts.bytes_read for counts in each),
            bytes_written=sum(counts.bytes_written for counts in each),
        )


SORTS: Final = ("pid", "calls", "wasted", "failed", "kernel", "read", "written", "command")
"""What processes can be put in order by."""
ASCENDING: Final = frozenset({"pid", "command"})
"""Of these the smallest come first, of numbers that grow the largest."""
_FIELDS: Final = {"kernel": "kernel_ns", "read": "bytes_read", "written": "bytes_written"}


def ordered(processes: Iterable[TopProcess], sort: str, *, ascending: bool) -> list[TopProcess]:
    """`processes` in the order of one of `SORTS`; equal ones by calls, then by pid."""
    steady = sorted(processes, key=lambda each: (-each.counts.calls, each.pid or 0))
    return sorted(steady, key=lambda each: _key(each, sort), reverse=not ascending)


def matching(processes: Iterable[TopProcess], words: str) -> list[TopProcess]:
    """Those that contain every one of `words`, whatever its case."""
    wanted = words.lower().split()
    return [each for each in processes if all(word in _text(each) for word in wanted)]


def _key(process: TopProcess, sort: str) -> tuple[int, str]:
    if sort == "pid":
        return process.pid or 0, ""
    if sort == "command":
        return 0, (process.command or process.name).lower()
    return int(getattr(process.counts, _FIELDS.get(sort, sort))), ""


def _text(process: TopProcess) -> str:
    return f"{process.pid or ''} {process.name} {process.command}".lower()
