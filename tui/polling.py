"""The worker that follows the recording: one thread, which posts snapshots and touches no widget."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event
from typing import Final

from textual.message import Message

from tracer.recording.errors import RecordingError
from tui.messages import Broken, Polled
from tui.snapshot import Snapshot, Source

PERIOD: Final = 0.1
"""Seconds between two looks: the screen is repainted at most ten times a second, whatever the event rate."""


def follow(source: Source, post: Callable[[Message], object], stop: Event) -> None:
    """Poll `source` until the recording has ended and is read to its end, or until `stop` is set."""
    shown: Snapshot | None = None
    while not stop.is_set():
        try:
            snapshot = source.poll()
        except RecordingError as error:
            post(Broken(str(error)))
            return
        if snapshot is None:
            stop.wait(PERIOD)
            continue
        if snapshot != shown:
            post(Polled(snapshot))
            shown = snapshot
        if not snapshot.live and snapshot.loading is None:
            return
        # While a long file is being read the source itself takes the time; the pause only lets the screen in.
        stop.wait(PERIOD if snapshot.loading is None else 0.001)
