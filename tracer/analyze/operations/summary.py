"""Many operations as a table: a line for every kind and name on one descriptor of one process."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numpy as np

from tracer.analyze.histogram import Histograms, percentile
from tracer.analyze.operations.results import NO_COMPLETION, Kind, Operation, OperationRow

_AT_ONCE: Final = 1 << 12
"""Latencies that are counted together: counting costs by the call, not by the value."""
_MOST_NAMED: Final = 1 << 10
"""Workers of one line that are told apart."""


class _Key(NamedTuple):
    kind: Kind
    name: str
    pid: int
    fd: int | None


@dataclass(slots=True)
class _Sums:
    number: int
    """Its key in the histograms."""
    count: int = 0
    failed: int = 0
    pending: int = 0
    bytes: int = 0
    inline: int = 0
    caller_ns: int = 0
    handler_ns: int = 0
    workers: set[int] = field(default_factory=set)
    notified: set[str] = field(default_factory=set)
    flags: set[str] = field(default_factory=set)
    inferred: set[str] = field(default_factory=set)


class Summary:
    """Sums and latencies of the operations added so far."""

    def __init__(self) -> None:
        self._sums: dict[_Key, _Sums] = {}
        self._latencies = Histograms()
        self._waiting: list[tuple[int, int]] = []

    def add(self, operations: Iterable[Operation]) -> None:
        """Count operations."""
        for operation in operations:
            self._add(operation)

    def rows(self) -> tuple[OperationRow, ...]:
        """The table: most operations first."""
        self._count()
        ordered = sorted(self._sums.items(), key=lambda each: (-each[1].count, *map(str, each[0])))
        return tuple(self._row(key, sums) for key, sums in ordered)

    def _add(self, operation: Operation) -> None:
        key = _Key(operation.kind, operation.name, operation.pid, operation.fd)
        sums = self._sums.get(key)
        if sums is None:
            sums = self._sums[key] = _Sums(len(self._sums))
        sums.count += 1
        sums.failed += (operation.result or 0) < 0
        sums.pending += operation.completed_ns is None and NO_COMPLETION not in operation.flags
        sums.bytes += operation.bytes
        sums.inline += bool(operation.inline)
        sums.caller_ns += operation.caller_ns
        sums.handler_ns += operation.handler_ns or 0
        sums.flags.update(operation.flags)
        sums.inferred.update(operation.inferred)
        if operation.worker is not None and len(sums.workers) < _MOST_NAMED:
            sums.workers.add(operation.worker)
        if operation.notified:
            sums.notified.add(_way(operation.notified))
        if operation.latency_ns is not None:
            self._waiting.append((sums.number, operation.latency_ns))
            if len(self._waiting) >= _AT_ONCE:
                self._count()

    def _count(self) -> None:
        if self._waiting:
            numbers, latencies = np.array(self._waiting, dtype=np.int64).T
            self._latencies.add(numbers, latencies)
            self._waiting.clear()

    def _row(self, key: _Key, sums: _Sums) -> OperationRow:
        counts = self._latencies.of([sums.number])
        known = bool(counts.any())
        return OperationRow(
            *key, count=sums.count, failed=sums.failed, pending=sums.pending, bytes=sums.bytes,
            p50_ns=percentile(counts, 0.5) if known else None, p99_ns=percentile(counts, 0.99) if known else None,
            inline=sums.inline, workers=tuple(sorted(sums.workers)), notified=tuple(sorted(sums.notified)),
            caller_ns=sums.caller_ns, handler_ns=sums.handler_ns, flags=tuple(sorted(sums.flags)),
            inferred=tuple(sorted(sums.inferred)),
        )  # fmt: skip


def _way(notified: str) -> str:
    """A new thread for every completion is one way of telling."""
    return "a thread" if notified.startswith("thread ") else notified
