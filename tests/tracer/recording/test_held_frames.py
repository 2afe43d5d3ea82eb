"""A frame that tells of a held thread is written at once: somebody waits to see it."""

from __future__ import annotations

import pytest

from tracer.recording.frames import Events
from tracer.recording.recorder import _tells_of_holding
from tracer.wire import RECORD, Kind


def frame(*kinds: Kind) -> Events:
    records = b"".join(RECORD.pack(kind, *(0,) * 28) for kind in kinds)
    return Events(len(kinds), records, b"", b"")


@pytest.mark.parametrize(
    ("kinds", "at_once"),
    [((Kind.CALL, Kind.HELD), True), ((Kind.HELD,), True), ((Kind.HELD, Kind.CALL), False), ((), False)],
)
def test_only_a_frame_that_ends_with_it(kinds: tuple[Kind, ...], *, at_once: bool) -> None:
    assert _tells_of_holding(frame(*kinds)) is at_once
