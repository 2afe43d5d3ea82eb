"""What a bundled workload says about its job: the line of JSON it leaves in its recording as a mark.

The mark is a write to descriptor -1 of `iotrace:result {...}`, made after the measured phase.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa

from tracer.analyze.memory import Memory
from tracer.wire import Kind

WORD: Final = "result "


@dataclass(frozen=True, slots=True)
class Job:
    """The job's outcome in the workload's own words. Times in ns, sizes in bytes."""

    clients: int
    expected: int
    """Messages that were to be received, of all clients together."""
    received: int
    payload_bytes: int
    ok: bool
    work_done: int
    latency_p50_ns: int | None
    latency_p99_ns: int | None


def job_of(batches: Iterable[pa.RecordBatch]) -> Job | None:
    """The outcome in the last result mark of a recording, None when there is none that can be read."""
    found = None
    for batch in batches:
        kinds = batch.column("kind").to_numpy()
        rows = np.flatnonzero(kinds == Kind.MARK).tolist()
        memory = Memory(batch) if rows else None
        for row in rows:
            label = memory.text(row) if memory else ""
            if label.startswith(WORD):
                found = _read(label.removeprefix(WORD)) or found
    return found


def _read(line: str) -> Job | None:
    try:
        words = json.loads(line)
        return job_from(words)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def job_from(words: Mapping[str, Any]) -> Job:
    """The outcome in a parsed result line. Raises KeyError, ValueError or TypeError for another document."""
    return Job(
        clients=int(words["clients"]),
        expected=int(words["clients"]) * int(words["messages"]),
        received=int(words["received"]),
        payload_bytes=int(words["payload_bytes"]),
        ok=words["ok"] is True,
        work_done=int(words["work_done"]),
        latency_p50_ns=_number(words["latency_p50_ns"]),
        latency_p99_ns=_number(words["latency_p99_ns"]),
    )


def _number(value: Any) -> int | None:
    return None if value is None else int(value)
