"""What of a recording is kept, and what one that begins in the middle of a run says of what was before."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa

from tracer.recording.header import Header
from tracer.recording.rows import calls_in
from tracer.wire import Kind


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is kept; None = no such limit."""

    last_ns: int | None = None
    """At least the last so many ns of the run."""
    max_bytes: int | None = None
    """At most so many bytes on disk, at any time."""

    @property
    def any(self) -> bool:
        """Whether there is a limit at all."""
        return self.last_ns is not None or self.max_bytes is not None


class Passed:
    """What was recorded of the run so far, whatever became of it."""

    def __init__(self, header: Header) -> None:
        self._header = header
        self._calibration: Mapping[str, Any] = header.calibration
        self.rows = self.calls = self.batches = 0

    def add(self, batch: pa.RecordBatch) -> None:
        """One more batch."""
        kind = batch.column("kind").to_numpy()
        self.rows += batch.num_rows
        self.calls += calls_in(batch)
        self.batches += 1
        for row in np.flatnonzero(kind == Kind.CALIBRATION).tolist():
            text = b"".join(piece["bytes"] for piece in batch.column("memory")[row].as_py())
            with contextlib.suppress(ValueError):
                self._calibration = json.loads(text)

    def header(self, at_ns: int, *, snapshot: bool, part: int = 0) -> Header:
        """The header of a file that begins now, at `at_ns` (CLOCK_MONOTONIC)."""
        first = self._header
        earlier = {
            "rows": self.rows, "calls": self.calls, "batches": self.batches, "began_ns": first.began_ns,
            "part": part, "snapshot": int(snapshot),
        }  # fmt: skip
        unix = first.began_unix_ns + at_ns - first.began_ns
        return replace(first, began_ns=at_ns, began_unix_ns=unix, calibration=self._calibration, earlier=earlier)


def moment_of(snapshot: pa.RecordBatch) -> int:
    """When a snapshot was taken, CLOCK_MONOTONIC ns."""
    spawned = snapshot.column("kind").to_numpy() == Kind.SPAWN
    return int(snapshot.column("at_ns").to_numpy()[spawned].max())


def size_of(batch: pa.RecordBatch) -> int:
    """Bytes a batch takes in a file."""
    return int(pa.ipc.get_record_batch_size(batch))


def portions(batch: pa.RecordBatch, limit: int) -> Iterator[pa.RecordBatch]:
    """The batch in pieces of at most `limit` bytes, or of one row."""
    if batch.num_rows <= 1 or size_of(batch) <= limit:
        yield batch
        return
    half = batch.num_rows // 2
    yield from portions(batch.slice(0, half), limit)
    yield from portions(batch.slice(half), limit)
