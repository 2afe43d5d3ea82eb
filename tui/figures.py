"""Figures of single messages of a recording, made when they are asked for, in a worker."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Lock
from time import monotonic, sleep

import pyarrow as pa

from tracer.analyze.figure.figure import Figure
from tracer.analyze.figure.messages import Messages
from tracer.analyze.row_places import RowPlaces
from tracer.recording.header import Header


@dataclass(frozen=True, slots=True)
class Drawn:
    """A message's figure."""

    figure: Figure | None
    """None when there is no message."""
    messages: int
    """How many there are so far."""
    line: int | None = None
    """The line of the message's first call."""


class Figures:
    """The messages of a recording; the batches already looked at are not looked at again."""

    def __init__(self, header: Header, batches: Sequence[pa.RecordBatch], places: RowPlaces) -> None:
        """`batches` may grow."""
        self._batches, self._places = batches, places
        self._messages = Messages(header)
        self._read = 0
        self._lock = Lock()

    def figure(
        self,
        number: int | None,
        stop: Callable[[], bool],
        tell: Callable[[float], object] = lambda _: None,
        *,
        resting: bool = False,
    ) -> Drawn | None:
        """The figure of message `number`, from 1, or of the nearest there is; of a typical one when None.

        `tell` is told which part of the recording was read, 0 to 1. None when `stop` said to stop. `resting`: read
        half of the time only, so that whoever follows a growing recording keeps up with it meanwhile."""
        with self._lock:
            until = len(self._batches)
            while self._read < until:
                if stop():
                    return None
                tell(self._read / until)
                began = monotonic()
                self._messages.add(self._batches[self._read])
                self._read += 1
                if resting:
                    sleep(monotonic() - began)
            count = len(self._messages)
            wanted = None if number is None else max(1, min(number, count))
            made = self._messages.figure(wanted) if count else None
        return Drawn(made, count, None if made is None else self._line(made))

    def _line(self, figure: Figure) -> int | None:
        rows = [step.row for step in figure.steps if step.row >= 0]
        return self._places.line_of(rows[0]) if rows else None
