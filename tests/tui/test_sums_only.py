"""A recording with --summary on the screen: the Summary tab has everything, the others say why they are empty."""

from __future__ import annotations

import errno
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.pilot import Pilot

from tests.tracer.rows import batch, row
from tests.tracer.summing import summed_up
from tests.tui.batches import BEGAN, PID, header
from tests.tui.test_screen import shown
from tracer.recording.writer import Writer, create
from tracer.wire import End
from tui.app import IotraceApp
from tui.source import RecordingSource

CALLS = [
    *(
        row("read", 3, 0x1000, 64, result=16, run_ns=300, wall_ns=300, span_ns=900, user_run_ns=600)
        for _ in range(40)
    ),
    *(row("read", 3, 0x1000, 64, result=-errno.EAGAIN, run_ns=90, wall_ns=90, span_ns=90) for _ in range(7)),
]


@asynccontextmanager
async def opened(path: Path) -> AsyncIterator[Pilot[int]]:
    """The screen with such a recording."""
    made = Writer(create(path), header(options={"summary": True}))
    rows = summed_up(CALLS, until_ns=BEGAN + 1_000_000)
    for each in rows:
        each.columns.update(pid=PID, tid=PID, at_ns=BEGAN + 1)
    made.write(batch(rows))
    made.end(End.EXITED, 0, "the program ended")
    app = IotraceApp(RecordingSource(path), None)
    async with app.run_test(size=(120, 40)) as pilot:
        for _ in range(100):
            await pilot.pause(0.02)
            if "p50 ~" in shown(pilot):
                break
        yield pilot


async def test_it_opens_with_the_summary(tmp_path: Path) -> None:
    """Its sums, errors and spreads; percentiles are marked as rough."""
    async with opened(tmp_path / "x.iotrace") as pilot:
        text = shown(pilot)
        assert "sums only" in text
        assert "calls 47" in text
        assert "EAGAIN 7" in text
        assert "p50 ~" in text
        assert "40 copies: 640 B payload" in text


@pytest.mark.parametrize("key", list("134567"))
async def test_other_tabs_say_why_they_are_empty(tmp_path: Path, key: str) -> None:
    """And what to do; nothing else is there."""
    async with opened(tmp_path / "x.iotrace") as pilot:
        await pilot.press(key)
        await pilot.pause()
        text = shown(pilot)
        assert "Recorded with --summary" in text
        assert "Record without it to see" in text
        await pilot.press("2")
        await pilot.pause()
        assert "EAGAIN 7" in shown(pilot)
