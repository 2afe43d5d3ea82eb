"""The worker that follows the recording: one thread, which posts snapshots and touches no widget."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Event
from typing import Final

from textual.message import Message

from tracer.recording.errors import RecordingError
from tui.messages import Broken, Polled
from tui.snapshot import Snapshot, Source

PERIOD: Final = 0.1
"""Seconds from one look to the next: ten snapshots a second at most, whatever the event rate."""
_LEAST: Final = 0.02
"""Seconds left to the screen between two looks, however long a look takes."""


def follow(
    source: Source,
    post: Callable[[Message], object],
    stop: Event,
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Poll `source` until the recording has ended and is read to its end, or until `stop` is set."""
    shown: Snapshot | None = None
    while not stop.is_set():
        began = clock()
        try:
            snapshot = source.poll()
        except RecordingError as error:
            post(Broken(str(error)))
            return
        if snapshot is not None:
            if snapshot != shown:
                post(Polled(snapshot))
                shown = snapshot
            if not snapshot.live and snapshot.loading is None:
                return
            if snapshot.loading is not None:
                stop.wait(0.001)  # the source itself takes the time; the pause only lets the screen in
                continue
        stop.wait(max(_LEAST, PERIOD - (clock() - began)))
