"""The worker that follows a recording."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from threading import Event

import pytest
from textual.message import Message

from tests.tui.fakes import FakeSource
from tracer.recording.errors import NotARecording
from tui import polling
from tui.messages import Broken, Polled
from tui.snapshot import Snapshot


class Waits(Event):
    """A stop flag whose waits take no time; they are counted, and the last of `most` sets it."""

    def __init__(self, most: int = 101) -> None:
        super().__init__()
        self.most = most
        self.waits: list[float | None] = []

    def wait(self, timeout: float | None = None) -> bool:
        """Noted."""
        self.waits.append(timeout)
        if len(self.waits) >= self.most:
            self.set()
        return self.is_set()


def followed(source: FakeSource, stop: Event, took: float = 0.0) -> list[Message]:
    """What was posted. Between two looks at the clock `took` seconds pass."""
    posted: list[Message] = []
    now = count(0.0, took)
    polling.follow(source, posted.append, stop, lambda: next(now))
    return posted


def test_a_finished_recording_is_shown_once() -> None:
    """And then the worker is done."""
    posted = followed(FakeSource(101), Waits())
    assert [type(message) for message in posted] == [Polled]


def test_a_growing_one_is_shown_until_it_has_ended() -> None:
    """One snapshot a look, ten looks a second, the last one not live."""
    stop = Waits()
    posted = followed(FakeSource(23, step=2), stop)
    snapshots = [message.snapshot for message in posted if isinstance(message, Polled)]
    assert [snapshot.report.totals.calls - 4 for snapshot in snapshots] == [*range(2, 23, 2), 23]
    assert [snapshot.live for snapshot in snapshots] == [True] * 11 + [False]
    assert stop.waits == [polling.PERIOD] * 11


def test_what_a_look_takes_is_part_of_its_tenth_of_a_second() -> None:
    """Ten looks a second, also when they are not free; the screen always gets a little time."""
    quick, slow = Waits(), Waits()
    followed(FakeSource(23, step=2), quick, took=0.0625)
    followed(FakeSource(23, step=2), slow, took=7.0)
    assert quick.waits == pytest.approx([polling.PERIOD - 0.0625] * 11)
    assert slow.waits == pytest.approx([0.02] * 11)


def test_nothing_new_is_not_posted_again() -> None:
    """A program that sleeps costs no repaint."""
    posted = followed(FakeSource(101, live=True), Waits(most=17))
    assert len(posted) == 1


class Late(FakeSource):
    """There is no recording before the third look."""

    def poll(self) -> Snapshot | None:  # type: ignore[override]
        """None twice."""
        shown = super().poll()
        return shown if self.polls > 2 else None


def test_a_recording_that_is_not_there_yet_is_waited_for() -> None:
    """The recorder needs a moment to begin."""
    source = Late(101)
    assert len(followed(source, Waits())) == 1
    assert source.polls == 3


class Damaged(FakeSource):
    """Not a recording."""

    def poll(self) -> Snapshot:
        """Refused."""
        raise NotARecording("x is not a recording")


def test_what_cannot_be_read_is_said() -> None:
    """Once, in the words of the error."""
    posted = followed(Damaged(101), Waits())
    assert [message.reason for message in posted if isinstance(message, Broken)] == ["x is not a recording"]


def test_a_newer_snapshot_replaces_one_still_queued() -> None:
    """A slow screen drops stale ones, and nothing else."""
    snapshot = FakeSource(101).snapshot()
    assert Polled(snapshot).can_replace(Polled(snapshot))
    assert not Polled(snapshot).can_replace(Broken("x"))


def test_a_long_file_is_read_without_pauses() -> None:
    """Only the screen is let in between."""
    source = Loading(101)
    stop = Waits()
    followed(source, stop)
    assert stop.waits == [0.001]


class Loading(FakeSource):
    """Read in two looks."""

    def poll(self) -> Snapshot:
        """Half, then all of it."""
        shown = super().poll()
        return replace(shown, loading=0.5) if self.polls == 1 else shown
