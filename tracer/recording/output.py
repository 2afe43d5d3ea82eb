"""What the recorder writes to, and how a recording went."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import pyarrow as pa

from tracer.wire import End


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a recording went."""

    reason: End
    wait_status: int | None
    """The program's, when it is known."""
    calls: int
    """Calls in the recording that returned."""
    lost: int
    complaint: str | None = None
    """What went wrong on our side, None when nothing did."""
    dropped_calls: int = 0
    """Calls that are no longer in the recording: only the end of the run was to be kept."""


class Output(Protocol):
    """Where batches go: one file, the tail of a run, several files (`writer`, `tail`, `parts`)."""

    @property
    def calls(self) -> int:
        """Calls that returned, in what is kept."""

    @property
    def lost(self) -> int:
        """Events that did not fit."""

    @property
    def full(self) -> str | None:
        """Why nothing more is written, None as long as all is well."""

    @property
    def dropped_calls(self) -> int:
        """Calls that were written and are gone again."""

    def write(self, batch: pa.RecordBatch) -> bool:
        """Take the next batch; False when it is lost."""

    def wants_cut(self) -> bool:
        """Whether capture is to say how things stand now. True only once until `cut`."""

    def cut(self, snapshot: pa.RecordBatch) -> None:
        """Another file may begin here, with this."""

    def end(self, reason: End, status: int | None, text: str) -> None:
        """Write how it ended, and close."""

    def abandon(self) -> None:
        """Close: there is nothing to record."""
